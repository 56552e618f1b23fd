/* Directions and other ends, told from recordings. */
#include "unit.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "diag/direction.h"
#include "diag/inet.h"
#include "diag/peers.h"
#include "recording.h"

enum { ESTABLISHED = 1, CLOSED = 7, LISTEN = 10 };

/* One socket of a recording; addresses as text. */
struct row {
	uint8_t proto;
	const char *local;
	uint16_t local_port;
	const char *remote;
	uint16_t remote_port;
	uint32_t inode;
	uint8_t state;
};

static uint8_t parse_addr(const char *text, __be32 words[4])
{
	const uint8_t family = strchr(text, ':') ? AF_INET6 : AF_INET;

	memset(words, 0, 16);
	assert_int_equal(inet_pton(family, text, words), 1);
	return family;
}

static struct inet_diag_msg message_of(const struct row *row)
{
	struct inet_diag_msg msg = {
		.idiag_state = row->state,
		.id.idiag_sport = htons(row->local_port),
		.id.idiag_dport = htons(row->remote_port),
		.id.idiag_cookie = {UINT32_MAX, UINT32_MAX},
		.idiag_inode = row->inode,
	};

	(void)parse_addr(row->remote, msg.id.idiag_dst);
	msg.idiag_family = parse_addr(row->local, msg.id.idiag_src);
	return msg;
}

static void put_rows(struct tape *tape, uint32_t seq, const struct row *rows, size_t count,
	int proto, int family)
{
	tape_begin(tape);
	for (size_t i = 0; i < count; i++) {
		const struct inet_diag_msg msg = message_of(&rows[i]);

		if (rows[i].proto == proto && (!family || msg.idiag_family == family))
			tape_message(
				tape, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, seq, 7, &msg, sizeof(msg));
	}
	tape_message(tape, NLMSG_DONE, NLM_F_MULTI, seq, 7, (int32_t[]){0}, sizeof(int32_t));
	tape_end(tape);
}

/* The answers to a dump of all of TCP and UDP (dump.c: TCP is one walk). */
static struct tape record(const struct row *rows, size_t count)
{
	struct tape tape = {0};

	put_rows(&tape, 1, rows, count, SKT_PROTO_TCP, 0);
	put_rows(&tape, 2, rows, count, SKT_PROTO_UDP, AF_INET);
	put_rows(&tape, 3, rows, count, SKT_PROTO_UDP, AF_INET6);
	return tape;
}

static const struct skt_dump_query both = {
	.protos = {[SKT_PROTO_TCP] = true, [SKT_PROTO_UDP] = true}};

static struct skt_peers *peers_of(const struct row *rows, size_t count)
{
	struct tape tape = record(rows, count);
	struct recording recording = tape_play(&tape);
	struct skt_netlink_source source = recording_source(&recording);
	const struct skt_dump_system system = {.proc_root = "/nonexistent", .netlink = &source};
	struct skt_peers *peers = NULL;
	struct skt_err err;

	assert_int_equal(skt_peers_read(&system, &both, &peers, &err), 0);
	free(tape.data);
	return peers;
}

static uint64_t peer_of(const struct skt_peers *peers, const struct row *row)
{
	const struct inet_diag_msg msg = message_of(row);
	struct skt_socket socket;

	assert_int_equal(skt_inet_parse(&msg, sizeof(msg), row->proto, &socket), 0);
	return skt_peers_inode(peers, &socket);
}

static void test_peers_of_connections(void **state)
{
	static const struct row rows[] = {
		{SKT_PROTO_TCP, "127.0.0.1", 5000, "127.0.0.1", 80, 1, ESTABLISHED},
		{SKT_PROTO_TCP, "127.0.0.1", 80, "127.0.0.1", 5000, 2, ESTABLISHED},
		/* The server's end is one of IPv6. */
		{SKT_PROTO_TCP, "127.0.0.1", 5001, "127.0.0.1", 81, 3, ESTABLISHED},
		{SKT_PROTO_TCP, "::ffff:127.0.0.1", 81, "::ffff:127.0.0.1", 5001, 4, ESTABLISHED},
		{SKT_PROTO_TCP, "::1", 5000, "::1", 80, 5, ESTABLISHED},
		{SKT_PROTO_TCP, "::1", 80, "::1", 5000, 6, ESTABLISHED},
		/* From an address of this host to itself. */
		{SKT_PROTO_TCP, "10.0.0.1", 5000, "10.0.0.1", 80, 7, ESTABLISHED},
		{SKT_PROTO_TCP, "10.0.0.1", 80, "10.0.0.1", 5000, 8, ESTABLISHED},
		/* Between two addresses of it. */
		{SKT_PROTO_TCP, "10.0.0.1", 5001, "192.0.2.7", 80, 9, ESTABLISHED},
		{SKT_PROTO_TCP, "192.0.2.7", 80, "10.0.0.1", 5001, 10, ESTABLISHED},
		{SKT_PROTO_UDP, "2001:db8::1", 5001, "::1", 53, 11, ESTABLISHED},
		{SKT_PROTO_UDP, "::1", 53, "2001:db8::1", 5001, 12, ESTABLISHED},
	};
	struct skt_peers *peers = peers_of(rows, SKT_COUNT(rows));

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(rows); i++)
		assert_int_equal(peer_of(peers, &rows[i]), rows[i ^ 1].inode);
	assert_int_equal(skt_peers_lost(peers), 0);
	skt_peers_free(peers);
}

static void test_no_peers(void **state)
{
	static const struct row rows[] = {
		/* To another host: whoever is bound to any address is not there. */
		{SKT_PROTO_UDP, "10.0.0.1", 5000, "10.0.0.2", 53, 1, ESTABLISHED},
		{SKT_PROTO_UDP, "0.0.0.0", 53, "0.0.0.0", 0, 2, CLOSED},
		/* The other end is gone; that somebody listens there is another matter. */
		{SKT_PROTO_TCP, "127.0.0.1", 5001, "127.0.0.1", 80, 3, ESTABLISHED},
		{SKT_PROTO_TCP, "0.0.0.0", 80, "0.0.0.0", 0, 4, LISTEN},
		/* The same ends in another protocol. */
		{SKT_PROTO_UDP, "127.0.0.1", 81, "127.0.0.1", 5001, 5, ESTABLISHED},
		{SKT_PROTO_TCP, "127.0.0.1", 5001, "127.0.0.1", 81, 6, ESTABLISHED},
		/* Merely bound. */
		{SKT_PROTO_TCP, "127.0.0.1", 82, "0.0.0.0", 0, 7, CLOSED},
	};
	struct skt_peers *peers = peers_of(rows, SKT_COUNT(rows));

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(rows); i++)
		assert_int_equal(peer_of(peers, &rows[i]), 0);
	skt_peers_free(peers);
}

static void test_peers_that_listen(void **state)
{
	static const struct row rows[] = {
		/* Not accepted yet: the exact address comes before the wildcard. */
		{SKT_PROTO_TCP, "127.0.0.1", 80, "0.0.0.0", 0, 1, LISTEN},
		{SKT_PROTO_TCP, "0.0.0.0", 80, "0.0.0.0", 0, 2, LISTEN},
		{SKT_PROTO_TCP, "127.0.0.1", 80, "127.0.0.1", 5000, 0, ESTABLISHED},
		{SKT_PROTO_TCP, "127.0.0.2", 80, "127.0.0.1", 5000, 0, ESTABLISHED},
		/* Two share an end: either may be it. */
		{SKT_PROTO_TCP, "0.0.0.0", 81, "0.0.0.0", 0, 3, LISTEN},
		{SKT_PROTO_TCP, "0.0.0.0", 81, "0.0.0.0", 0, 4, LISTEN},
		{SKT_PROTO_TCP, "127.0.0.1", 81, "127.0.0.1", 5000, 0, ESTABLISHED},
		/* Datagrams need no connection back; `::` takes those of IPv4 too. */
		{SKT_PROTO_UDP, "::", 53, "::", 0, 5, CLOSED},
		{SKT_PROTO_UDP, "0.0.0.0", 54, "0.0.0.0", 0, 6, CLOSED},
		{SKT_PROTO_TCP, "0.0.0.0", 83, "0.0.0.0", 0, 7, LISTEN},
		{SKT_PROTO_TCP, "192.0.2.7", 83, "127.0.0.1", 5000, 0, ESTABLISHED},
		{SKT_PROTO_UDP, "192.0.2.7", 55, "0.0.0.0", 0, 8, CLOSED},
	};
	static const struct {
		struct row socket;
		uint32_t peer;
	} asked[] = {
		{{SKT_PROTO_TCP, "127.0.0.1", 5000, "127.0.0.1", 80, 9, ESTABLISHED}, 1},
		{{SKT_PROTO_TCP, "127.0.0.1", 5000, "127.0.0.2", 80, 9, ESTABLISHED}, 2},
		{{SKT_PROTO_TCP, "127.0.0.1", 5000, "127.0.0.1", 81, 9, ESTABLISHED}, 0},
		{{SKT_PROTO_UDP, "127.0.0.1", 5000, "127.0.0.1", 53, 9, ESTABLISHED}, 5},
		{{SKT_PROTO_UDP, "::1", 5000, "::1", 53, 9, ESTABLISHED}, 5},
		{{SKT_PROTO_UDP, "127.0.0.1", 5000, "127.0.0.1", 54, 9, ESTABLISHED}, 6},
		{{SKT_PROTO_UDP, "::1", 5000, "::1", 54, 9, ESTABLISHED}, 0},
		/* Not accepted yet, at another address of this host; bound to just that address. */
		{{SKT_PROTO_TCP, "127.0.0.1", 5000, "192.0.2.7", 83, 9, ESTABLISHED}, 7},
		{{SKT_PROTO_UDP, "10.0.0.1", 5000, "192.0.2.7", 55, 9, ESTABLISHED}, 8},
	};
	struct skt_peers *peers = peers_of(rows, SKT_COUNT(rows));

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(asked); i++)
		assert_int_equal(peer_of(peers, &asked[i].socket), asked[i].peer);
	skt_peers_free(peers);
}

static void test_many_peers(void **state)
{
	enum { PAIRS = 20000 };
	struct row *rows = calloc(2 * PAIRS, sizeof(*rows));
	struct skt_peers *peers;

	(void)state;
	assert_non_null(rows);
	/* In frames that fit the receive buffer. */
	for (uint32_t i = 0; i < PAIRS; i++) {
		rows[2 * i] = (struct row){SKT_PROTO_TCP, "127.0.0.1", (uint16_t)(i + 1),
			"127.0.0.1", 65000, 2 * i + 1, ESTABLISHED};
		rows[2 * i + 1] = (struct row){SKT_PROTO_TCP, "127.0.0.1", 65000, "127.0.0.1",
			(uint16_t)(i + 1), 2 * i + 2, ESTABLISHED};
	}
	{
		struct tape tape = {0};
		struct recording recording;
		struct skt_netlink_source source;
		struct skt_dump_system system = {.proc_root = "/nonexistent", .netlink = &source};
		struct skt_dump_query tcp = {.protos = {[SKT_PROTO_TCP] = true}};
		struct skt_err err;

		for (size_t i = 0; i < 2 * PAIRS; i++) {
			const struct inet_diag_msg msg = message_of(&rows[i]);

			tape_begin(&tape);
			tape_message(
				&tape, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, 1, 7, &msg, sizeof(msg));
			tape_end(&tape);
		}
		tape_done(&tape, 1, 0);
		recording = tape_play(&tape);
		source = recording_source(&recording);
		assert_int_equal(skt_peers_read(&system, &tcp, &peers, &err), 0);
		free(tape.data);
	}
	for (size_t i = 0; i < 2 * PAIRS; i++)
		assert_int_equal(peer_of(peers, &rows[i]), rows[i ^ 1].inode);
	skt_peers_free(peers);
	free(rows);
}

static struct skt_addr addr_of(const char *text)
{
	struct skt_addr addr;

	assert_int_equal(skt_addr_parse(text, strlen(text), &addr), 0);
	return addr;
}

static void test_directions(void **state)
{
	static const struct row rows[] = {
		{SKT_PROTO_TCP, "::1", 80, "::", 0, 1, LISTEN},
		{SKT_PROTO_TCP, "::", 81, "::", 0, 2, LISTEN},
		{SKT_PROTO_TCP, "0.0.0.0", 82, "0.0.0.0", 0, 3, LISTEN},
		{SKT_PROTO_TCP, "127.0.0.1", 5000, "0.0.0.0", 0, 4, LISTEN},
		{SKT_PROTO_TCP, "127.0.0.1", 5000, "0.0.0.0", 0, 5, LISTEN},
		{SKT_PROTO_UDP, "0.0.0.0", 53, "0.0.0.0", 0, 6, CLOSED},
	};
	struct tape tape = record(rows, SKT_COUNT(rows));
	struct recording recording = tape_play(&tape);
	struct skt_netlink_source source = recording_source(&recording);
	const struct skt_dump_system system = {.proc_root = "/nonexistent", .netlink = &source};
	struct skt_listeners listeners = {0};
	struct skt_err err;
	const struct {
		uint8_t proto;
		enum skt_state state;
		const char *at;
		uint16_t local, remote;
		enum skt_direction wanted;
	} asked[] = {
		{SKT_PROTO_TCP, SKT_STATE_ESTABLISHED, "::1", 80, 5000, SKT_DIRECTION_IN},
		{SKT_PROTO_TCP, SKT_STATE_TIME_WAIT, "::1", 80, 5000, SKT_DIRECTION_IN},
		{SKT_PROTO_TCP, SKT_STATE_SYN_RECEIVED, "::1", 99, 5000, SKT_DIRECTION_IN},
		{SKT_PROTO_TCP, SKT_STATE_ESTABLISHED, "::1", 5000, 80, SKT_DIRECTION_OUT},
		{SKT_PROTO_TCP, SKT_STATE_SYN_SENT, "::1", 80, 5000, SKT_DIRECTION_OUT},
		{SKT_PROTO_TCP, SKT_STATE_ESTABLISHED, "::1", 53, 5000, SKT_DIRECTION_OUT},
		{SKT_PROTO_TCP, SKT_STATE_LISTEN, "::1", 80, 0, SKT_DIRECTION_NONE},
		{SKT_PROTO_TCP, SKT_STATE_BOUND, "::1", 80, 0, SKT_DIRECTION_NONE},
		{SKT_PROTO_UDP, SKT_STATE_CONNECTED, "10.0.0.1", 53, 5000, SKT_DIRECTION_IN},
		{SKT_PROTO_UDP, SKT_STATE_CONNECTED, "10.0.0.1", 80, 5000, SKT_DIRECTION_OUT},
		{SKT_PROTO_UDP, SKT_STATE_UNCONNECTED, "10.0.0.1", 53, 0, SKT_DIRECTION_NONE},
		/* A client whose ephemeral port is a listener's, elsewhere. */
		{SKT_PROTO_TCP, SKT_STATE_ESTABLISHED, "10.0.0.1", 5000, 443, SKT_DIRECTION_OUT},
		{SKT_PROTO_TCP, SKT_STATE_ESTABLISHED, "127.0.0.1", 5000, 443, SKT_DIRECTION_IN},
		{SKT_PROTO_TCP, SKT_STATE_ESTABLISHED, "::2", 80, 443, SKT_DIRECTION_OUT},
		{SKT_PROTO_TCP, SKT_STATE_ESTABLISHED, "::ffff:127.0.0.1", 5000, 443,
			SKT_DIRECTION_IN},
		/* Any address: `::` of IPv4 too, 0.0.0.0 of IPv4 only. */
		{SKT_PROTO_TCP, SKT_STATE_ESTABLISHED, "::2", 81, 443, SKT_DIRECTION_IN},
		{SKT_PROTO_TCP, SKT_STATE_ESTABLISHED, "::ffff:10.0.0.1", 81, 443,
			SKT_DIRECTION_IN},
		{SKT_PROTO_TCP, SKT_STATE_ESTABLISHED, "10.0.0.1", 82, 443, SKT_DIRECTION_IN},
		{SKT_PROTO_TCP, SKT_STATE_ESTABLISHED, "::2", 82, 443, SKT_DIRECTION_OUT},
	};

	(void)state;
	assert_int_equal(skt_listeners_read(&system, &both, &listeners, &err), 0);
	for (size_t i = 0; i < SKT_COUNT(asked); i++) {
		const struct skt_socket socket = {.proto = asked[i].proto,
			.state = (uint8_t)asked[i].state,
			.local = {.addr = addr_of(asked[i].at), .port = asked[i].local},
			.remote.port = asked[i].remote};

		if (skt_direction_of(&listeners, &socket) != asked[i].wanted)
			fail_msg("%s:%u", asked[i].at, asked[i].local);
	}
	skt_listeners_fini(&listeners);
	free(tape.data);
}

static void test_what_cannot_be_read(void **state)
{
	struct recording recording = {.send_error = -EACCES};
	struct skt_netlink_source source = recording_source(&recording);
	const struct skt_dump_system system = {.proc_root = "/nonexistent", .netlink = &source};
	struct skt_listeners listeners = {0};
	struct skt_peers *peers = NULL;
	struct skt_err err = {0};

	(void)state;
	assert_true(skt_peers_read(&system, &both, &peers, &err) < 0);
	assert_null(peers);
	assert_true(err.text[0]);
	assert_true(skt_listeners_read(&system, &both, &listeners, &err) < 0);
	assert_int_equal(listeners.list.len, 0);
	skt_listeners_fini(&listeners);
	skt_peers_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_peers_of_connections),
		unit_test(test_no_peers),
		unit_test(test_peers_that_listen),
		unit_test(test_many_peers),
		unit_test(test_directions),
		unit_test(test_what_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
