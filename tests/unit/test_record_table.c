/* Which table of sockets a request asks for, and which of its sockets an answer is. */
#include "unit.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/smc_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <linux/vm_sockets_diag.h>
#include <linux/xdp_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "record/look.h"
#include "record/table.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static const uint64_t key[2] = {1, 2};

/* Puts an attribute behind the LEN bytes at BYTES, and returns how many there are then. */
static size_t put(char *bytes, size_t len, uint16_t type, const void *value, size_t size)
{
	const struct nlattr attr = {.nla_len = (uint16_t)(sizeof(attr) + size), .nla_type = type};

	memcpy(bytes + len, &attr, sizeof(attr));
	if (size)
		memcpy(bytes + len + sizeof(attr), value, size);
	return len + sizeof(attr) + (size + 3) / 4 * 4;
}

static void assert_request(
	uint16_t type, const char *payload, size_t len, uint32_t kind, uint8_t family)
{
	struct skt_record_request request =
		skt_record_request_of(type, guard_copy(payload, len), len);

	assert_int_equal(request.kind, kind);
	assert_int_equal(request.family, family);
	guard_free_all();
}

static void requests_are_of_a_table(void **state)
{
	const uint32_t tcp = skt_fact_table(AF_INET, IPPROTO_TCP), wide = IPPROTO_MPTCP;
	char payload[256] = {AF_INET6, IPPROTO_TCP};
	size_t head = sizeof(struct inet_diag_req_v2), len;

	(void)state;
	assert_request(TCPDIAG_GETSOCK, "", 0, tcp, AF_UNSPEC);
	assert_request(SOCK_DIAG_BY_FAMILY + 1, payload, 2, 0, AF_UNSPEC);
	assert_request(SOCK_DIAG_BY_FAMILY, payload, 1, 0, AF_UNSPEC);
	assert_request(SOCK_DIAG_BY_FAMILY, payload, 2, tcp, AF_INET6);
	assert_request(SOCK_DIAG_BY_FAMILY, payload, head, tcp, AF_INET6);
	payload[0] = AF_INET;
	assert_request(SOCK_DIAG_BY_FAMILY, payload, head, tcp, AF_INET);
	/* A protocol that eight bits do not hold stands behind the head; others stand there too. */
	len = put(payload, head, INET_DIAG_REQ_BYTECODE, &wide, sizeof(wide));
	assert_request(SOCK_DIAG_BY_FAMILY, payload, len, tcp, AF_INET);
	len = put(payload, len, INET_DIAG_REQ_PROTOCOL, &wide, 2);
	assert_request(SOCK_DIAG_BY_FAMILY, payload, len, tcp, AF_INET);
	len = put(payload, len, INET_DIAG_REQ_PROTOCOL, &wide, sizeof(wide));
	assert_request(
		SOCK_DIAG_BY_FAMILY, payload, len, skt_fact_table(AF_INET, IPPROTO_MPTCP), AF_INET);
	payload[0] = AF_UNIX;
	assert_request(SOCK_DIAG_BY_FAMILY, payload, 2, skt_fact_table(AF_UNIX, 0), AF_UNSPEC);
}

/* The cookie of each family is where its header has it. */
static void cookies_are_numbers(void **state)
{
	static const struct {
		uint8_t family;
		size_t at;
	} families[] = {
		{AF_INET, offsetof(struct inet_diag_msg, id.idiag_cookie)},
		{AF_SMC, offsetof(struct smc_diag_msg, id.idiag_cookie)},
		{AF_UNIX, offsetof(struct unix_diag_msg, udiag_cookie)},
		{AF_NETLINK, offsetof(struct netlink_diag_msg, ndiag_cookie)},
		{AF_PACKET, offsetof(struct packet_diag_msg, pdiag_cookie)},
		{AF_VSOCK, offsetof(struct vsock_diag_msg, vdiag_cookie)},
		{AF_XDP, offsetof(struct xdp_diag_msg, xdiag_cookie)},
	};
	const uint32_t cookie[] = {7, 9};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(families); i++) {
		const uint32_t kind = skt_fact_table(families[i].family, 0);
		char answer[256] = "";
		size_t len = families[i].at + sizeof(cookie);

		memcpy(answer + families[i].at, cookie, sizeof(cookie));
		assert_true(skt_record_number_of(kind, guard_copy(answer, len), len, key) ==
			(UINT64_C(9) << 32 | 7));
		/* Cut short, or of a kernel that gives none, it is told from others by all it says.
		 */
		assert_true(skt_record_number_of(kind, guard_copy(answer, len - 1), len - 1, key) !=
			(UINT64_C(9) << 32 | 7));
		memset(answer + families[i].at, 0, sizeof(cookie));
		assert_true(skt_record_number_of(kind, answer, len, key) != 0);
		guard_free_all();
	}
}

/* Of SCTP and MPTCP several sockets have one cookie, and of TIPC none is known. */
static void others_are_told_by_what_they_say(void **state)
{
	static const uint16_t shared[] = {IPPROTO_SCTP, IPPROTO_MPTCP};
	struct inet_diag_msg a = {.id.idiag_cookie = {7, 9}}, b = a;

	(void)state;
	b.idiag_rqueue = 1;
	for (size_t i = 0; i < SKT_COUNT(shared); i++) {
		const uint32_t kind = skt_fact_table(AF_INET, shared[i]);
		const uint64_t number = skt_record_number_of(kind, &a, sizeof(a), key);

		/* One that waits for more is the same, one on another port another. */
		assert_true(skt_record_number_of(kind, &b, sizeof(b), key) == number);
		b.id.idiag_sport = 1;
		assert_true(skt_record_number_of(kind, &b, sizeof(b), key) != number);
		b.id.idiag_sport = 0;
		assert_true(skt_record_number_of(kind, guard_copy(&a, 8), 8, key) != number);
		guard_free_all();
	}
	assert_true(skt_record_number_of(skt_fact_table(AF_TIPC, 0), "a", 1, key) !=
		skt_record_number_of(skt_fact_table(AF_TIPC, 0), "b", 1, key));
}

static void assert_end(const char *answer, size_t len, uint32_t table)
{
	assert_int_equal(skt_record_table_of_end(guard_copy(answer, len), len), table);
	guard_free_all();
}

/* An end tells its protocol in an attribute; where that is not there, TCP is what has struct
 * tcp_info. */
static void ends_are_of_a_table(void **state)
{
	const size_t head = sizeof(struct inet_diag_msg);
	char answer[sizeof(struct inet_diag_msg) + 64] = "";
	size_t len;

	(void)state;
	assert_end(answer, head - 1, 0);
	assert_end(answer, head, skt_fact_table(AF_INET, IPPROTO_UDP));
	len = put(answer, head, INET_DIAG_INFO, "", 0);
	assert_end(answer, len, skt_fact_table(AF_INET, IPPROTO_TCP));
	len = put(answer, len, INET_DIAG_PROTOCOL, "", 0);
	assert_end(answer, len, skt_fact_table(AF_INET, IPPROTO_TCP));
	len = put(answer, len, INET_DIAG_PROTOCOL, &(uint8_t){IPPROTO_SCTP}, 1);
	assert_end(answer, len, skt_fact_table(AF_INET, IPPROTO_SCTP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(requests_are_of_a_table),
		unit_test(cookies_are_numbers),
		unit_test(others_are_told_by_what_they_say),
		unit_test(ends_are_of_a_table),
	};

	return cmocka_run_group_tests_name("record_table", tests, NULL, NULL);
}
