/* Events of closed sockets: what of them is known, at every length of the kernel's struct. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>

#include "base/macros.h"
#include "diag/ending.h"
#include "unit.h"

struct message {
	_Alignas(8) char bytes[1024];
	size_t len;
};

static struct message begin(uint8_t state, uint16_t remote_port)
{
	const struct inet_diag_msg msg = {
		.idiag_family = AF_INET,
		.idiag_state = state,
		.id = {.idiag_sport = htons(80),
			.idiag_dport = htons(remote_port),
			.idiag_cookie = {42, 0}},
	};
	struct message message = {.len = sizeof(msg)};

	memcpy(message.bytes, &msg, sizeof(msg));
	return message;
}

static void attribute(struct message *message, uint16_t type, const void *value, size_t len)
{
	struct nlattr attr = {.nla_len = (uint16_t)(sizeof(attr) + len), .nla_type = type};

	memcpy(message->bytes + message->len, &attr, sizeof(attr));
	memcpy(message->bytes + message->len + sizeof(attr), value, len);
	message->len += (sizeof(attr) + len + 3) & ~(size_t)3;
}

static int parse(const struct message *message, struct skt_ending *ret)
{
	int rc = skt_ending_parse(guard_copy(message->bytes, message->len), message->len, ret);

	guard_free_all();
	return rc;
}

static const struct tcp_info info = {
	.tcpi_rtt = 1000,
	.tcpi_min_rtt = 900,
	.tcpi_total_retrans = 3,
	.tcpi_bytes_acked = UINT64_C(1) << 40,
	.tcpi_bytes_received = 7,
};

static void test_tcp(void **state)
{
	struct message message = begin(7, 1234);
	struct skt_ending ending;

	(void)state;
	attribute(&message, 200, "unknown", 7);
	attribute(&message, INET_DIAG_PROTOCOL, (uint8_t[]){IPPROTO_TCP}, 1);
	attribute(&message, INET_DIAG_INFO, &info, sizeof(info));
	assert_int_equal(parse(&message, &ending), 0);
	assert_int_equal(ending.socket.proto, SKT_PROTO_TCP);
	assert_int_equal(ending.socket.state, SKT_STATE_CLOSED);
	assert_int_equal(ending.socket.cookie, 42);
	assert_true(
		ending.figures.has_rtt && ending.figures.has_bytes && ending.figures.has_min_rtt);
	assert_int_equal(ending.figures.rtt_us, 1000);
	assert_int_equal(ending.figures.min_rtt_us, 900);
	assert_int_equal(ending.figures.total_retrans, 3);
	assert_int_equal(ending.figures.bytes_acked, UINT64_C(1) << 40);
	assert_int_equal(ending.figures.bytes_received, 7);
}

/* Older kernels end the struct sooner: what is not wholly there is not known. */
static void test_every_length(void **state)
{
	(void)state;
	for (size_t len = 0; len <= sizeof(info); len++) {
		struct message message = begin(7, 1234);
		struct skt_ending ending;

		attribute(&message, INET_DIAG_PROTOCOL, (uint8_t[]){IPPROTO_TCP}, 1);
		attribute(&message, INET_DIAG_INFO, &info, len);
		assert_int_equal(parse(&message, &ending), 0);
		assert_int_equal(ending.figures.has_rtt,
			len >= offsetof(struct tcp_info, tcpi_total_retrans) + 4);
		assert_int_equal(ending.figures.has_bytes,
			len >= offsetof(struct tcp_info, tcpi_bytes_received) + 8);
		assert_int_equal(ending.figures.has_min_rtt,
			len >= offsetof(struct tcp_info, tcpi_min_rtt) + 4);
	}
}

static void test_listener_and_no_minimum(void **state)
{
	struct tcp_info fresh = {.tcpi_min_rtt = UINT32_MAX};
	struct message message = begin(7, 0);
	struct skt_ending ending;

	(void)state;
	attribute(&message, INET_DIAG_INFO, &info, sizeof(info));
	assert_int_equal(parse(&message, &ending), 0);
	assert_false(
		ending.figures.has_rtt || ending.figures.has_bytes || ending.figures.has_min_rtt);
	message = begin(7, 1);
	attribute(&message, INET_DIAG_INFO, &fresh, sizeof(fresh));
	assert_int_equal(parse(&message, &ending), 0);
	assert_true(
		ending.figures.has_rtt && ending.figures.has_bytes && !ending.figures.has_min_rtt);
}

static void test_udp(void **state)
{
	struct message message = begin(7, 0);
	struct skt_ending ending;

	(void)state;
	/* Without a word of the protocol: TCP alone says how it was. */
	assert_int_equal(parse(&message, &ending), 0);
	assert_int_equal(ending.socket.proto, SKT_PROTO_UDP);
	attribute(&message, INET_DIAG_PROTOCOL, (uint8_t[]){IPPROTO_UDP}, 1);
	assert_int_equal(parse(&message, &ending), 0);
	assert_int_equal(ending.socket.proto, SKT_PROTO_UDP);
	assert_int_equal(ending.socket.state, SKT_STATE_UNCONNECTED);
}

/* Cut anywhere, it is read as far as it is sound, or not at all; never beyond its end. */
static void test_every_prefix(void **state)
{
	struct message whole = begin(1, 5);

	(void)state;
	attribute(&whole, INET_DIAG_INFO, &info, 20);
	attribute(&whole, INET_DIAG_PROTOCOL, (uint8_t[]){IPPROTO_TCP}, 1);
	for (size_t len = 0; len <= whole.len; len++) {
		struct message cut = whole;
		struct skt_ending ending;
		int rc;

		cut.len = len;
		rc = parse(&cut, &ending);
		assert_true(rc == 0 || rc == -EBADMSG);
		if (len < sizeof(struct inet_diag_msg))
			assert_int_equal(rc, -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_tcp),
		unit_test(test_every_length),
		unit_test(test_listener_and_no_minimum),
		unit_test(test_udp),
		unit_test(test_every_prefix),
	};

	return cmocka_run_group_tests_name("ending", tests, NULL, NULL);
}
