/* Which listener a connection waits at. */
#include "unit.h"

#include <string.h>

#include "base/macros.h"
#include "diag/listeners.h"

static struct skt_addr address(const char *text)
{
	struct skt_addr addr;

	assert_int_equal(skt_addr_parse(text, strlen(text), &addr), 0);
	return addr;
}

static uint64_t listener_of(
	const struct skt_listeners *at, const char *local, uint16_t port, uint8_t state)
{
	const struct skt_socket socket = {.proto = SKT_PROTO_TCP,
		.state = state,
		.local = {.addr = address(local), .port = port}};

	return skt_listeners_waited_at(at, &socket);
}

static void the_nearest_listener(void **state)
{
	const struct {
		const char *local;
		uint16_t port;
		bool v6only, waiting;
		uint64_t inode;
	} listeners[] = {
		{"0.0.0.0", 80, false, true, 1},
		{"127.0.0.1", 80, false, false, 2},
		{"::", 80, true, true, 3},
		{"::", 81, false, true, 4},
		{"::1", 81, false, true, 5},
		{"0.0.0.0", 82, false, false, 6}, /* a group of SO_REUSEPORT */
		{"0.0.0.0", 82, false, true, 7},
		{"0.0.0.0", 82, false, false, 8},
		{"0.0.0.0", 83, false, true, 9},
		{"0.0.0.0", 83, false, true, 10},
		{"::", 84, true, true, 11},
	};
	const struct {
		const char *local;
		uint16_t port;
		uint8_t state;
		uint64_t inode;
	} cases[] = {
		{"10.0.0.1", 80, SKT_STATE_ESTABLISHED, 1},
		{"127.0.0.1", 80, SKT_STATE_ESTABLISHED, 2},
		{"::ffff:127.0.0.1", 80, SKT_STATE_ESTABLISHED, 2},
		{"::ffff:10.0.0.1", 80, SKT_STATE_ESTABLISHED, 1},
		{"2001:db8::1", 80, SKT_STATE_ESTABLISHED, 3},
		{"::ffff:10.0.0.1", 81, SKT_STATE_ESTABLISHED, 4},
		{"10.0.0.1", 81, SKT_STATE_ESTABLISHED, 4},
		{"::1", 81, SKT_STATE_CLOSE_WAIT, 5},
		{"::2", 81, SKT_STATE_CLOSE_WAIT, 4},
		{"10.0.0.1", 82, SKT_STATE_ESTABLISHED, 7},
		{"10.0.0.1", 82, SKT_STATE_SYN_RECEIVED, 0},
		{"10.0.0.1", 83, SKT_STATE_ESTABLISHED, 0},
		{"10.0.0.1", 84, SKT_STATE_ESTABLISHED, 0},
		{"10.0.0.1", 85, SKT_STATE_ESTABLISHED, 0},
	};
	struct skt_listeners at = {0};

	(void)state;
	assert_int_equal(listener_of(&at, "10.0.0.1", 80, SKT_STATE_ESTABLISHED), 0);
	for (size_t i = 0; i < SKT_COUNT(listeners); i++)
		assert_int_equal(skt_listeners_add(&at,
					 &(struct skt_socket){.proto = SKT_PROTO_TCP,
						 .local = {.addr = address(listeners[i].local),
							 .port = listeners[i].port},
						 .v6only = listeners[i].v6only,
						 .recv_queue = listeners[i].waiting,
						 .inode = listeners[i].inode}),
			0);
	skt_listeners_settle(&at);
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		uint64_t inode = listener_of(&at, cases[i].local, cases[i].port, cases[i].state);

		if (inode != cases[i].inode)
			fail_msg("case %zu: %u", i, (unsigned int)inode);
	}
	skt_listeners_fini(&at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(the_nearest_listener),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
