/* Which sockets are one: what tells them apart, and what must not. */
#include "unit.h"

#include <netinet/in.h>
#include <string.h>

#include "base/macros.h"
#include "diag/socket_id.h"

static const uint64_t key[2] = {1, 2};

static struct skt_socket socket_of(uint8_t proto, uint8_t family, uint64_t cookie)
{
	struct skt_socket socket = {.proto = proto,
		.family = family,
		.cookie = cookie,
		.inode = 9,
		.local = {.port = 80},
		.remote = {.port = 1024}};

	socket.local.addr.family = socket.remote.addr.family = family;
	socket.local.addr.bytes[0] = socket.remote.addr.bytes[0] = 127;
	return socket;
}

static bool same(const struct skt_socket *x, const struct skt_socket *y)
{
	struct skt_socket_id a, b;
	bool equal;

	memset(&a, 0x55, sizeof(a));
	memset(&b, 0xaa, sizeof(b));
	assert_true(skt_socket_id_of(x, 0, &a));
	assert_true(skt_socket_id_of(y, 0, &b));
	equal = skt_socket_id_equal(&a, &b);
	assert_int_equal(skt_socket_id_hash(&a, key) == skt_socket_id_hash(&b, key), equal);
	assert_int_equal(skt_socket_id_compare(&a, &b) == 0, equal);
	assert_int_equal(skt_socket_id_compare(&a, &b) < 0, skt_socket_id_compare(&b, &a) > 0);
	return equal;
}

enum change { STATE, SCOPE, HOST, INODE, LOCAL, REMOTE, LOCAL_PORT, REMOTE_PORT, COOKIE, CHANGES };

static void change(struct skt_socket *socket, enum change what)
{
	switch (what) {
	case STATE:
		socket->state = SKT_STATE_TIME_WAIT;
		break;
	case SCOPE:
		socket->local.addr.scope_id = 3;
		break;
	case HOST:
		socket->local.host = "name";
		break;
	case INODE:
		socket->inode = 0;
		break;
	case LOCAL:
		socket->local.addr.bytes[15] = 1;
		break;
	case REMOTE:
		socket->remote.addr.bytes[15] = 1;
		break;
	case LOCAL_PORT:
		socket->local.port++;
		break;
	case REMOTE_PORT:
		socket->remote.port = 0;
		break;
	case COOKIE:
		socket->cookie++;
		break;
	case CHANGES:
		break;
	}
}

/* By protocol: what makes another socket of one. */
static void test_what_tells(void **state)
{
	static const struct {
		uint8_t proto, family;
		uint64_t cookie;
		unsigned int telling;
	} cases[] = {
#define BIT(what) (1U << (what))
#define ENDS (BIT(LOCAL) | BIT(REMOTE) | BIT(LOCAL_PORT) | BIT(REMOTE_PORT))
		{SKT_PROTO_TCP, AF_INET6, 7, BIT(COOKIE)},
		{SKT_PROTO_UNIX, AF_UNIX, 7, BIT(COOKIE)},
		{SKT_PROTO_MPTCP, AF_INET, 7, BIT(COOKIE) | ENDS},
		{SKT_PROTO_SCTP, AF_INET6, 7, BIT(COOKIE) | ENDS},
		/* Of /proc/net. */
		{SKT_PROTO_TCP, AF_INET, 0, BIT(COOKIE) | BIT(INODE) | ENDS},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		for (enum change what = STATE; what < CHANGES; what++) {
			struct skt_socket x =
				socket_of(cases[i].proto, cases[i].family, cases[i].cookie);
			struct skt_socket y = x;

			assert_true(same(&x, &y));
			change(&y, what);
			if (same(&x, &y) != !(cases[i].telling >> what & 1))
				fail_msg("case %zu, change %d", i, (int)what);
		}
	}
}

/* Before Linux 5.10 each namespace counted for itself. */
static void test_namespaces(void **state)
{
	const struct skt_socket tcp = socket_of(SKT_PROTO_TCP, AF_INET, 7);
	const struct skt_socket udp = socket_of(SKT_PROTO_UDP, AF_INET, 7);
	struct skt_socket_id here, there, other;

	(void)state;
	assert_true(skt_socket_id_of(&tcp, 1, &here));
	assert_true(skt_socket_id_of(&tcp, 2, &there));
	assert_true(skt_socket_id_of(&udp, 1, &other));
	assert_false(skt_socket_id_equal(&here, &there));
	assert_false(skt_socket_id_equal(&here, &other));
}

/* A line of /proc/net/unix without an inode could be any. */
static void test_nothing_tells(void **state)
{
	struct skt_socket socket = socket_of(SKT_PROTO_UNIX, AF_UNIX, 0);
	struct skt_socket_id id;

	(void)state;
	assert_true(skt_socket_id_of(&socket, 0, &id));
	socket.inode = 0;
	assert_false(skt_socket_id_of(&socket, 0, &id));
	/* With an internet address no other has these ends. */
	socket.family = AF_INET;
	assert_true(skt_socket_id_of(&socket, 0, &id));
}

/* Who does not know the key finds no two ends of one hash: half of the bits change with any bit. */
static void test_hash(void **state)
{
	struct skt_socket socket = socket_of(SKT_PROTO_MPTCP, AF_INET6, 7);
	struct skt_socket_id id, other;
	uint64_t hash, sum = 0;

	(void)state;
	assert_true(skt_socket_id_of(&socket, 0, &id));
	hash = skt_socket_id_hash(&id, key);
	assert_true(hash != skt_socket_id_hash(&id, (const uint64_t[]){1, 3}));
	for (unsigned int bit = 0; bit < 128; bit++) {
		other = id;
		other.remote[bit / 8] ^= (uint8_t)(1 << bit % 8);
		sum += (uint64_t)__builtin_popcountll(hash ^ skt_socket_id_hash(&other, key));
	}
	assert_in_range(sum / 128, 28, 36);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_what_tells),
		unit_test(test_namespaces),
		unit_test(test_nothing_tells),
		unit_test(test_hash),
	};

	return cmocka_run_group_tests_name("socket_id", tests, NULL, NULL);
}
