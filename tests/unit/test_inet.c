#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <string.h>

#include "base/macros.h"
#include "diag/inet.h"
#include "recording.h"

#define PRESENT(field) (UINT64_C(1) << (field))

/* A message as the kernel makes it, in pieces. */
struct message {
	char bytes[512];
	size_t len;
};

static struct message message_of(const struct inet_diag_msg *msg)
{
	struct message message = {.len = sizeof(*msg)};

	memcpy(message.bytes, msg, sizeof(*msg));
	return message;
}

static void attribute(struct message *message, uint16_t type, const void *value, size_t len)
{
	struct nlattr attr = {.nla_len = (uint16_t)(sizeof(attr) + len), .nla_type = type};

	memcpy(message->bytes + message->len, &attr, sizeof(attr));
	memcpy(message->bytes + message->len + sizeof(attr), value, len);
	message->len += (sizeof(attr) + len + 3) & ~(size_t)3;
}

static struct inet_diag_msg established(void)
{
	struct inet_diag_msg msg = {.idiag_family = AF_INET,
		.idiag_state = 1,
		.idiag_timer = 2,
		.idiag_retrans = 3,
		.idiag_expires = 4567,
		.idiag_rqueue = 11,
		.idiag_wqueue = 22,
		.idiag_uid = 1000,
		.idiag_inode = 424242,
		.id = {.idiag_sport = htons(22),
			.idiag_dport = htons(51000),
			.idiag_if = 3,
			.idiag_cookie = {0x11, 0x22}}};

	memcpy(msg.id.idiag_src, (uint8_t[]){192, 0, 2, 1}, 4);
	memcpy(msg.id.idiag_dst, (uint8_t[]){198, 51, 100, 7}, 4);
	return msg;
}

static int parse(const struct message *message, uint8_t proto, struct skt_socket *ret)
{
	return skt_inet_parse(guard_copy(message->bytes, message->len), message->len, proto, ret);
}

static void test_all_fields(void **state)
{
	const struct inet_diag_msg msg = established();
	struct message message = message_of(&msg);
	struct skt_socket socket;

	(void)state;
	attribute(&message, INET_DIAG_SHUTDOWN, (uint8_t[]){2}, 1);
	attribute(&message, INET_DIAG_MARK, (uint32_t[]){0xabcd}, 4);
	attribute(&message, INET_DIAG_CGROUP_ID, (uint64_t[]){77}, 8);
	attribute(&message, 200, "unknown", 7);
	attribute(&message, INET_DIAG_SKV6ONLY, (uint8_t[]){1}, 1);
	assert_int_equal(parse(&message, SKT_PROTO_TCP, &socket), 0);
	assert_int_equal(socket.proto, SKT_PROTO_TCP);
	assert_int_equal(socket.family, AF_INET);
	assert_int_equal(socket.state, SKT_STATE_ESTABLISHED);
	assert_int_equal(socket.local.addr.family, AF_INET);
	assert_memory_equal(socket.local.addr.bytes, ((uint8_t[16]){192, 0, 2, 1}), 16);
	assert_memory_equal(socket.remote.addr.bytes, ((uint8_t[16]){198, 51, 100, 7}), 16);
	assert_int_equal(socket.local.port, 22);
	assert_int_equal(socket.remote.port, 51000);
	assert_int_equal(socket.timer, SKT_TIMER_KEEPALIVE);
	assert_int_equal(socket.retransmits, 3);
	assert_int_equal(socket.timer_ms, 4567);
	assert_int_equal(socket.recv_queue, 11);
	assert_int_equal(socket.send_queue, 22);
	assert_int_equal(socket.uid, 1000);
	assert_int_equal(socket.inode, 424242);
	assert_int_equal(socket.ifindex, 3);
	assert_int_equal(socket.cookie, UINT64_C(0x2200000011));
	assert_int_equal(socket.shutdown, 2);
	assert_int_equal(socket.mark, 0xabcd);
	assert_int_equal(socket.cgroup_id, 77);
	assert_true(socket.v6only);
	assert_int_equal(
		socket.present, PRESENT(SKT_SOCKET_PEER_INODE) - 1 - PRESENT(SKT_SOCKET_BACKLOG));
}

static void test_nothing_known_is_absent(void **state)
{
	const struct inet_diag_msg msg = {.idiag_family = AF_INET, .idiag_state = 7};
	struct message message = message_of(&msg);
	struct skt_socket socket;

	(void)state;
	memset(&socket, 0xff, sizeof(socket));
	assert_int_equal(parse(&message, SKT_PROTO_TCP, &socket), 0);
	assert_int_equal(
		socket.present, PRESENT(SKT_SOCKET_RECV_QUEUE) | PRESENT(SKT_SOCKET_SEND_QUEUE));
	assert_int_equal(socket.state, SKT_STATE_CLOSED);
	assert_int_equal(socket.local.addr.family, AF_INET);
	assert_int_equal(socket.remote.addr.family, AF_UNSPEC);
	assert_null(socket.local.host);
	assert_null(socket.remote.service);
	assert_int_equal(parse(&message, SKT_PROTO_UDP, &socket), 0);
	assert_int_equal(socket.state, SKT_STATE_UNCONNECTED);
}

static void test_owner_and_cookie(void **state)
{
	struct inet_diag_msg msg = established();
	struct message message;
	struct skt_socket socket;
	static const uint8_t ownerless[] = {
		SKT_STATE_TIME_WAIT, SKT_STATE_SYN_RECEIVED, SKT_STATE_NEW_SYN_RECEIVED};
	const uint64_t both = PRESENT(SKT_SOCKET_UID) | PRESENT(SKT_SOCKET_INODE);

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(ownerless); i++) {
		msg.idiag_state = ownerless[i];
		message = message_of(&msg);
		assert_int_equal(parse(&message, SKT_PROTO_TCP, &socket), 0);
		assert_int_equal(socket.present & both, 0);
	}
	/* Orphans: newer kernels remember who made them, older ones say 0. */
	msg.idiag_state = SKT_STATE_FIN_WAIT_1;
	msg.idiag_inode = 0;
	message = message_of(&msg);
	assert_int_equal(parse(&message, SKT_PROTO_TCP, &socket), 0);
	assert_int_equal(socket.present & both, PRESENT(SKT_SOCKET_UID));
	msg.idiag_uid = 0;
	msg.id.idiag_cookie[0] = msg.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	message = message_of(&msg);
	assert_int_equal(parse(&message, SKT_PROTO_TCP, &socket), 0);
	assert_int_equal(socket.present & both, 0);
	assert_int_equal(socket.present & PRESENT(SKT_SOCKET_COOKIE), 0);
	assert_int_equal(socket.cookie, 0);
	/* root's own socket is root's. */
	msg.idiag_inode = 5;
	message = message_of(&msg);
	assert_int_equal(parse(&message, SKT_PROTO_TCP, &socket), 0);
	assert_int_equal(socket.present & both, both);
}

static void test_listener_and_timer(void **state)
{
	struct inet_diag_msg msg = {
		.idiag_family = AF_INET6, .idiag_state = 10, .id.idiag_sport = htons(80)};
	struct message message = message_of(&msg);
	struct skt_socket socket;

	(void)state;
	assert_int_equal(parse(&message, SKT_PROTO_TCP, &socket), 0);
	assert_true(socket.present & PRESENT(SKT_SOCKET_BACKLOG));
	assert_true(socket.present & PRESENT(SKT_SOCKET_LOCAL_PORT));
	assert_false(socket.present & PRESENT(SKT_SOCKET_REMOTE_PORT));
	assert_false(socket.present & PRESENT(SKT_SOCKET_TIMER));
	assert_int_equal(socket.remote.addr.family, AF_UNSPEC);
	for (unsigned int timer = 0; timer < 256; timer++) {
		msg.idiag_timer = (uint8_t)timer;
		message = message_of(&msg);
		assert_int_equal(parse(&message, SKT_PROTO_TCP, &socket), 0);
		assert_int_equal(!!(socket.present & PRESENT(SKT_SOCKET_TIMER)), timer >= 1);
		assert_int_equal(socket.timer, timer);
	}
}

static void test_scope_of_link_local(void **state)
{
	struct inet_diag_msg msg = {.idiag_family = AF_INET6,
		.idiag_state = 1,
		.id = {.idiag_if = 9, .idiag_sport = 1, .idiag_dport = 1}};
	struct message message;
	struct skt_socket socket;

	(void)state;
	memcpy(msg.id.idiag_src, (uint8_t[]){0xfe, 0x80}, 2);
	memcpy(msg.id.idiag_dst, (uint8_t[]){0x20, 0x01}, 2);
	message = message_of(&msg);
	assert_int_equal(parse(&message, SKT_PROTO_TCP, &socket), 0);
	assert_int_equal(socket.local.addr.scope_id, 9);
	assert_int_equal(socket.remote.addr.scope_id, 0);
	memcpy(msg.id.idiag_src, (uint8_t[]){0xff, 0x02}, 2);
	message = message_of(&msg);
	assert_int_equal(parse(&message, SKT_PROTO_TCP, &socket), 0);
	assert_int_equal(socket.local.addr.scope_id, 9);
	memcpy(msg.id.idiag_src,
		(uint8_t[16]){[10] = 0xff, [11] = 0xff, [12] = 169, [13] = 254, [15] = 1}, 16);
	message = message_of(&msg);
	assert_int_equal(parse(&message, SKT_PROTO_TCP, &socket), 0);
	assert_int_equal(socket.local.addr.scope_id, 0);
	msg.idiag_family = AF_INET;
	memcpy(msg.id.idiag_src, (uint8_t[]){169, 254, 1, 1}, 4);
	message = message_of(&msg);
	assert_int_equal(parse(&message, SKT_PROTO_TCP, &socket), 0);
	assert_int_equal(socket.local.addr.scope_id, 0);
}

static void test_every_prefix(void **state)
{
	const struct inet_diag_msg msg = established();
	struct message message = message_of(&msg);
	struct skt_socket socket;
	size_t full;

	(void)state;
	attribute(&message, INET_DIAG_SHUTDOWN, (uint8_t[]){2}, 1);
	attribute(&message, INET_DIAG_MARK, (uint32_t[]){1}, 4);
	attribute(&message, INET_DIAG_CGROUP_ID, (uint64_t[]){77}, 8);
	full = message.len;
	for (size_t len = 0; len <= full; len++) {
		/* Whole: the message alone, or up to the end of an attribute, padded or not. */
		size_t into = len < 72 ? 0 : len - 72;
		bool whole = len >= 72 &&
			(into == 0 || (into >= 5 && into <= 8) || into == 16 || into == 28);

		message.len = len;
		assert_int_equal(parse(&message, SKT_PROTO_TCP, &socket), whole ? 0 : -EBADMSG);
		guard_free_all();
	}
}

static void test_bad_attribute_lengths(void **state)
{
	static const struct {
		uint16_t type;
		uint16_t size;
	} wanted[] = {
		{INET_DIAG_SHUTDOWN, 1},
		{INET_DIAG_MARK, 4},
		{INET_DIAG_CGROUP_ID, 8},
		{INET_DIAG_SKV6ONLY, 1},
	};
	const struct inet_diag_msg msg = established();
	struct skt_socket socket;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(wanted); i++)
		for (uint16_t size = 0; size < 16; size++) {
			struct message message = message_of(&msg);
			uint64_t zeros[2] = {0};

			attribute(&message, wanted[i].type, zeros, size);
			assert_int_equal(parse(&message, SKT_PROTO_TCP, &socket),
				size >= wanted[i].size ? 0 : -EBADMSG);
			guard_free_all();
		}
	for (unsigned int nla_len = 0; nla_len < 0x10000; nla_len += nla_len < 64 ? 1 : 977) {
		struct message message = message_of(&msg);
		uint16_t lie = (uint16_t)nla_len;

		attribute(&message, 200, "abcdefgh", 8);
		memcpy(message.bytes + 72, &lie, sizeof(lie));
		/* Shorter ones leave bytes that must themselves be attributes: "abcd" is none. */
		assert_int_equal(parse(&message, SKT_PROTO_TCP, &socket),
			nla_len >= 9 && nla_len <= 12 ? 0 : -EBADMSG);
		guard_free_all();
	}
}

static void test_bad_family(void **state)
{
	struct inet_diag_msg msg = established();
	struct message message;
	struct skt_socket socket;

	(void)state;
	msg.idiag_family = AF_UNIX;
	message = message_of(&msg);
	assert_int_equal(parse(&message, SKT_PROTO_TCP, &socket), -EBADMSG);
}

struct rows {
	size_t count;
	struct skt_socket last;
};

static int keep(const struct skt_socket *socket, void *ctx)
{
	struct rows *rows = ctx;

	rows->count++;
	rows->last = *socket;
	return 0;
}

/* Dumps QUERY from a recording that answers with MSG alone. */
static size_t dump_one(const struct inet_diag_msg *msg, size_t len,
	const struct skt_inet_query *query, struct rows *rows, unsigned int *flags,
	struct recording *ret_recording)
{
	struct tape tape = {0};
	struct recording recording;
	struct skt_netlink_source source;
	struct skt_netlink *netlink;

	tape_begin(&tape);
	tape_message(&tape, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, 1, 7, msg, len);
	tape_end(&tape);
	tape_done(&tape, 1, 0);
	recording = tape_play(&tape);
	source = recording_source(&recording);
	*rows = (struct rows){0};
	assert_int_equal(skt_netlink_open_source(&source, &netlink, NULL), 0);
	assert_int_equal(skt_inet_dump(netlink, query, keep, rows, flags, NULL), 0);
	skt_netlink_close(netlink);
	*ret_recording = recording;
	free(tape.data);
	return rows->count;
}

static void test_bound_is_told_from_closed(void **state)
{
	struct inet_diag_msg msg = {
		.idiag_family = AF_INET, .idiag_state = 7, .id.idiag_sport = htons(80)};
	struct skt_inet_query query = {.family = AF_INET,
		.states = SKT_STATE_BIT(SKT_STATE_BOUND) | SKT_STATE_BIT(SKT_STATE_CLOSED)};
	struct recording recording;
	struct rows rows;
	unsigned int flags;

	(void)state;
	assert_int_equal(dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording), 1);
	assert_int_equal(rows.last.state, SKT_STATE_BOUND);
	query.states = SKT_STATE_BIT(SKT_STATE_CLOSED);
	assert_int_equal(dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording), 0);
	query.states = SKT_STATE_BIT(SKT_STATE_BOUND);
	msg.id.idiag_sport = 0;
	assert_int_equal(dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording), 0);
	/* A connection that has ended, as a recording has it, or one that keeps its port. */
	query.states = SKT_STATES_ALL;
	msg.id.idiag_sport = htons(80);
	msg.id.idiag_dport = htons(81);
	assert_int_equal(dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording), 1);
	assert_int_equal(rows.last.state, SKT_STATE_CLOSED);
}

static void test_rows_that_were_not_asked_for(void **state)
{
	struct inet_diag_msg msg = established();
	struct skt_inet_query query = {.family = AF_INET, .states = SKT_STATES_ALL};
	struct recording recording;
	struct rows rows;
	unsigned int flags;

	(void)state;
	assert_int_equal(dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording), 1);
	assert_int_equal(flags, 0);
	query.local_port = 22;
	query.remote_port = 51000;
	assert_int_equal(dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording), 1);
	query.remote_port = 51001;
	assert_int_equal(dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording), 0);
	query.remote_port = 0;
	query.local_port = 23;
	assert_int_equal(dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording), 0);
	query.local_port = 0;
	query.states = SKT_STATE_BIT(SKT_STATE_LISTEN);
	assert_int_equal(dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording), 0);
	assert_int_equal(flags, 0);
	query.states = SKT_STATES_ALL;
	query.family = AF_INET6;
	assert_int_equal(dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording), 0);
	assert_int_equal(flags, SKT_DUMP_TRUNCATED);
	query.family = AF_INET;
	assert_int_equal(dump_one(&msg, sizeof(msg) - 1, &query, &rows, &flags, &recording), 0);
	assert_int_equal(flags, SKT_DUMP_TRUNCATED);
}

static void test_requests(void **state)
{
	const struct inet_diag_msg msg = established();
	struct skt_inet_query query = {.family = AF_INET6,
		.proto = SKT_PROTO_UDP,
		.states = SKT_STATE_BIT(SKT_STATE_UNCONNECTED) | SKT_STATE_BIT(SKT_STATE_LISTEN),
		.local_port = 53,
		.remote_port = 1024};
	struct inet_diag_req_v2 request;
	struct inet_diag_req both;
	struct recording recording;
	struct nlmsghdr header;
	struct rows rows;
	unsigned int flags;

	(void)state;
	(void)dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording);
	assert_int_equal(recording.request_len, sizeof(header) + sizeof(request));
	memcpy(&header, recording.request, sizeof(header));
	memcpy(&request, recording.request + sizeof(header), sizeof(request));
	assert_int_equal(header.nlmsg_len, recording.request_len);
	assert_int_equal(header.nlmsg_type, SOCK_DIAG_BY_FAMILY);
	assert_int_equal(header.nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
	assert_int_equal(request.sdiag_family, AF_INET6);
	assert_int_equal(request.sdiag_protocol, IPPROTO_UDP);
	assert_int_equal(request.idiag_ext, 0);
	assert_null(rows.last.detail);
	assert_int_equal(request.idiag_states, 1 << 7);
	assert_int_equal(request.id.idiag_sport, htons(53));
	assert_int_equal(request.id.idiag_dport, htons(1024));

	query.family = AF_UNSPEC;
	query.proto = SKT_PROTO_TCP;
	query.states = SKT_STATE_BIT(SKT_STATE_SYN_RECEIVED) | SKT_STATE_BIT(SKT_STATE_BOUND);
	(void)dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording);
	assert_int_equal(recording.request_len, sizeof(header) + sizeof(both));
	memcpy(&header, recording.request, sizeof(header));
	memcpy(&both, recording.request + sizeof(header), sizeof(both));
	assert_int_equal(header.nlmsg_type, TCPDIAG_GETSOCK);
	assert_int_equal(both.idiag_states, 1 << 3 | 1 << 12 | 1 << 13);
	assert_int_equal(both.id.idiag_sport, htons(53));
	assert_int_equal(both.idiag_ext, 0);

	/* Both ways of asking carry what is wanted besides. */
	query.detail = SKT_DETAIL_TCP | SKT_DETAIL_MEMORY;
	(void)dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording);
	memcpy(&both, recording.request + sizeof(header), sizeof(both));
	assert_int_equal(
		both.idiag_ext, 1 << (INET_DIAG_INFO - 1) | 1 << (INET_DIAG_SKMEMINFO - 1));
	query.family = AF_INET;
	(void)dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording);
	memcpy(&request, recording.request + sizeof(header), sizeof(request));
	assert_int_equal(request.idiag_ext, both.idiag_ext);
	query.states = SKT_STATES_ALL;
	query.local_port = query.remote_port = 0;
	assert_int_equal(dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording), 1);
	assert_non_null(rows.last.detail);
	query.detail = 0;

	/* Nothing that this protocol could be in: nothing is asked. */
	query.family = AF_INET;
	query.proto = SKT_PROTO_UDP;
	query.states = SKT_STATE_BIT(SKT_STATE_LISTEN);
	assert_int_equal(dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording), 0);
	assert_int_equal(recording.requests, 0);
}

/* A dump with a program, which the kernel answers with ERROR; *ret_rc is what it comes to. */
static struct recording dump_refused(int error, struct rows *rows, int *ret_rc, struct skt_err *err)
{
	static const unsigned char code[8] = {1, 4, 4};
	const struct skt_inet_query query = {.family = AF_INET,
		.proto = SKT_PROTO_TCP,
		.states = SKT_STATES_TCP,
		.code = code,
		.code_len = sizeof(code)};
	const struct nlmsgerr refusal = {.error = error};
	const struct inet_diag_msg msg = established();
	struct skt_netlink_source source;
	struct skt_netlink *netlink;
	struct tape tape = {0};
	struct recording recording;
	unsigned int flags;

	tape_begin(&tape);
	tape_message(&tape, NLMSG_ERROR, 0, 1, 7, &refusal, sizeof(refusal));
	tape_end(&tape);
	tape_begin(&tape);
	tape_message(&tape, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, 2, 7, &msg, sizeof(msg));
	tape_end(&tape);
	tape_done(&tape, 2, 0);
	recording = tape_play(&tape);
	source = recording_source(&recording);
	*rows = (struct rows){0};
	assert_int_equal(skt_netlink_open_source(&source, &netlink, NULL), 0);
	*ret_rc = skt_inet_dump(netlink, &query, keep, rows, &flags, err);
	skt_netlink_close(netlink);
	free(tape.data);
	return recording;
}

/* An older kernel, or one without CAP_NET_ADMIN for a mark, is asked again without a program. */
static void test_programs(void **state)
{
	static const int refusals[] = {-EINVAL, -EPERM, -EOPNOTSUPP};
	const struct inet_diag_msg msg = established();
	unsigned char code[SKT_INET_CODE_MAX] = {1, 4, 4};
	struct skt_inet_query query = {.family = AF_INET,
		.proto = SKT_PROTO_TCP,
		.states = SKT_STATES_TCP,
		.code = code,
		.code_len = 8};
	const size_t bare = sizeof(struct nlmsghdr) + sizeof(struct inet_diag_req_v2);
	struct recording recording;
	struct nlattr attr;
	struct rows rows;
	unsigned int flags;
	struct skt_err err;
	int rc;

	(void)state;
	assert_int_equal(dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording), 1);
	assert_int_equal(recording.request_len, bare + sizeof(attr) + 8);
	memcpy(&attr, recording.request + bare, sizeof(attr));
	assert_int_equal(attr.nla_type, INET_DIAG_REQ_BYTECODE);
	assert_int_equal(attr.nla_len, sizeof(attr) + 8);
	assert_memory_equal(recording.request + bare + sizeof(attr), code, 8);

	/* As long as it may be, and longer. */
	query.code_len = sizeof(code);
	assert_int_equal(dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording), 1);
	assert_true(recording.request_len > bare);
	query.code_len++;
	assert_int_equal(dump_one(&msg, sizeof(msg), &query, &rows, &flags, &recording), 1);
	assert_int_equal(recording.request_len, bare);

	for (size_t i = 0; i < SKT_COUNT(refusals); i++) {
		err = (struct skt_err){0};
		recording = dump_refused(refusals[i], &rows, &rc, &err);
		assert_int_equal(rc, 0);
		assert_int_equal(rows.count, 1);
		assert_int_equal(recording.requests, 2);
		assert_int_equal(recording.request_len, bare);
		assert_string_equal(err.text, "");
	}
	recording = dump_refused(-ENOENT, &rows, &rc, &err);
	assert_int_equal(rc, -ENOENT);
	assert_int_equal(recording.requests, 1);
	assert_true(err.text[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_all_fields),
		unit_test(test_nothing_known_is_absent),
		unit_test(test_owner_and_cookie),
		unit_test(test_listener_and_timer),
		unit_test(test_scope_of_link_local),
		unit_test(test_every_prefix),
		unit_test(test_bad_attribute_lengths),
		unit_test(test_bad_family),
		unit_test(test_bound_is_told_from_closed),
		unit_test(test_rows_that_were_not_asked_for),
		unit_test(test_requests),
		unit_test(test_programs),
	};

	return cmocka_run_group_tests_name("inet", tests, NULL, NULL);
}
