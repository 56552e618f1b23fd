/* What can be destroyed, and what is asked of the kernel for it. */
#include "unit.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "diag/destroy.h"
#include "diag/socket_detail.h"
#include "recording.h"

static struct skt_socket socket_of(enum skt_proto proto, enum skt_state state, uint16_t remote)
{
	return (struct skt_socket){.proto = (uint8_t)proto,
		.family = AF_INET,
		.state = (uint8_t)state,
		.cookie = 0x500000003,
		.present = UINT64_C(1) << SKT_SOCKET_COOKIE,
		.local = {.addr = {.bytes = {127, 0, 0, 1}, .family = AF_INET}, .port = 254},
		.remote = {.port = remote}};
}

static void what_is_refused(void **state)
{
	(void)state;
	for (int proto = 0; proto < SKT_PROTO_COUNT; proto++) {
		const bool itself =
			proto == SKT_PROTO_TCP || proto == SKT_PROTO_UDP || proto == SKT_PROTO_RAW;
		/* By its subflows; but not what nobody holds. */
		const bool can = itself || proto == SKT_PROTO_MPTCP;
		struct skt_socket socket =
			socket_of((enum skt_proto)proto, SKT_STATE_ESTABLISHED, 9);
		struct recording recording = {.len = 0};
		struct skt_netlink_source source = recording_source(&recording);
		struct skt_netlink *netlink;
		struct skt_err err;

		socket.present |= UINT64_C(1) << SKT_SOCKET_INODE;
		if (can != !skt_destroy_refusal(&socket))
			fail_msg("%s", skt_proto_names[proto]);
		socket.state = SKT_STATE_BOUND;
		assert_non_null(skt_destroy_refusal(&socket));
		socket.state = SKT_STATE_ESTABLISHED;
		socket.present = 0;
		assert_non_null(skt_destroy_refusal(&socket));
		/* Nothing is asked of the kernel then. */
		assert_int_equal(skt_netlink_open_source(&source, &netlink, &err), 0);
		assert_int_equal(skt_destroy(netlink, &socket, &err), -EOPNOTSUPP);
		assert_int_equal(recording.requests, 0);
		skt_netlink_close(netlink);
	}
}

static void what_listens_for_mptcp(void **state)
{
	struct skt_socket_detail detail = {.ulp = "tls"};
	struct skt_socket socket = socket_of(SKT_PROTO_TCP, SKT_STATE_LISTEN, 0);

	(void)state;
	assert_null(skt_destroy_refusal(&socket));
	socket.detail = &detail;
	assert_null(skt_destroy_refusal(&socket));
	memcpy(detail.ulp, "mptcp", sizeof("mptcp"));
	assert_non_null(skt_destroy_refusal(&socket));
	socket.state = SKT_STATE_ESTABLISHED;
	assert_null(skt_destroy_refusal(&socket));
	socket = socket_of(SKT_PROTO_MPTCP, SKT_STATE_LISTEN, 0);
	socket.present |= UINT64_C(1) << SKT_SOCKET_INODE;
	assert_non_null(skt_destroy_refusal(&socket));
}

static void put_answer(struct tape *tape, uint32_t seq, int error)
{
	const struct nlmsgerr answer = {.error = error};

	tape_begin(tape);
	tape_message(tape, NLMSG_ERROR, 0, seq, 7, &answer, sizeof(answer));
	tape_end(tape);
}

/* The kernel compares no cookies of raw sockets: another one in front is left alone. */
static void raw_sockets(void **state)
{
	const struct skt_socket socket = socket_of(SKT_PROTO_RAW, SKT_STATE_UNCONNECTED, 0);

	(void)state;
	for (uint32_t cookie = 2; cookie <= 3; cookie++) {
		struct inet_diag_msg msg = {.id.idiag_cookie = {cookie, 5}};
		struct inet_diag_req_v2 request;
		struct tape tape = {0};
		struct recording recording;
		struct skt_netlink_source source;
		struct skt_netlink *netlink;
		struct skt_err err;

		tape_begin(&tape);
		tape_message(&tape, SOCK_DIAG_BY_FAMILY, 0, 1, 7, &msg, sizeof(msg));
		tape_end(&tape);
		put_answer(&tape, 1, 0);
		put_answer(&tape, 2, 0);
		recording = tape_play(&tape);
		source = recording_source(&recording);
		assert_int_equal(skt_netlink_open_source(&source, &netlink, &err), 0);
		assert_int_equal(skt_destroy(netlink, &socket, &err), cookie == 3 ? 0 : -ENOENT);
		assert_int_equal(recording.requests, cookie == 3 ? 2 : 1);
		memcpy(&request, recording.request + NLMSG_HDRLEN, sizeof(request));
		assert_int_equal(((struct nlmsghdr *)(void *)recording.request)->nlmsg_type,
			cookie == 3 ? SOCK_DESTROY : SOCK_DIAG_BY_FAMILY);
		assert_int_equal(request.sdiag_protocol, IPPROTO_RAW);
		assert_int_equal(request.pad, 254);
		skt_netlink_close(netlink);
		free(tape.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(what_is_refused),
		unit_test(what_listens_for_mptcp),
		unit_test(raw_sockets),
	};

	return cmocka_run_group_tests_name("destroy", tests, NULL, NULL);
}
