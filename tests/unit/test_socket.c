#include "unit.h"

#include <string.h>

#include "base/macros.h"
#include "diag/socket.h"

static uint32_t named(const char *name)
{
	return skt_states_named(guard_text(name), strlen(name));
}

#define BIT SKT_STATE_BIT

static void test_every_state_has_its_name(void **state)
{
	(void)state;
	for (unsigned int i = 1; i < SKT_STATE_COUNT; i++) {
		assert_non_null(skt_state_names[i]);
		assert_true(named(skt_state_names[i]) & BIT(i));
	}
	assert_int_equal(named("LISTEN"), BIT(SKT_STATE_LISTEN));
	assert_int_equal(named("SYN-SENT"), BIT(SKT_STATE_SYN_SENT));
	assert_int_equal(named("TIME-WAIT"), BIT(SKT_STATE_TIME_WAIT));
	assert_int_equal(named("BOUND"), BIT(SKT_STATE_BOUND));
	/* And what may be. */
	assert_int_equal(named("UNBOUND"), BIT(SKT_STATE_UNBOUND) | BIT(SKT_STATE_UNKNOWN));
}

static void test_spelling(void **state)
{
	static const char *const same[][2] = {
		{"listen", "listening"},
		{"syn-recv", "SYN_RECEIVED"},
		{"syn-rcv", "Syn-Recv"},
		{"time_wait", "time-wait"},
		{"FIN_WAIT1", "fin-wait-1"},
		{"fin_wait_2", "FIN-WAIT-2"},
		{"bound", "bound-inactive"},
		{"new", "UNBOUND"},
		{"unconnected", "closed"},
		{"unconn", "close"},
		{"ESTAB", "established"},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(same); i++) {
		assert_true(named(same[i][0]));
		assert_int_equal(named(same[i][0]), named(same[i][1]));
	}
	assert_int_equal(named(""), 0);
	assert_int_equal(named("liste"), 0);
	assert_int_equal(named("listenx"), 0);
	assert_int_equal(named("syn sent"), 0);
	assert_int_equal(named("unknown"), 0);
	assert_int_equal(skt_states_named("listen\0", 7), 0);
	assert_int_equal(named("new-syn-recv"), 0);
}

/* ss(8)'s masks: what its scan_state() returns, for TCP and for the two states of UDP. */
static void test_groups_are_those_of_ss(void **state)
{
	enum { CLOSE = 1 << 7, LISTEN = 1 << 10, SYN_SENT = 1 << 2, ALL = 0xfff };
	static const struct {
		const char *name;
		uint32_t mask; /* bits 1..11 */
	} groups[] = {
		{"all", ALL},
		{"connected", ALL & ~(CLOSE | LISTEN)},
		{"synchronized", ALL & ~(CLOSE | LISTEN | SYN_SENT)},
		{"bucket", 1 << 3 | 1 << 6},
		{"big", ALL & ~(1 << 3 | 1 << 6)},
		{"established", 1 << 1},
		{"unconnected", CLOSE},
		{"closed", CLOSE},
		{"listening", LISTEN},
		{"syn-recv", 1 << 3},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(groups); i++) {
		uint32_t set = named(groups[i].name);

		assert_int_equal(set & ALL & ~1U, groups[i].mask & ~1U);
		assert_int_equal(!!(set & BIT(SKT_STATE_CONNECTED)), !!(groups[i].mask & 1 << 1));
		assert_int_equal(!!(set & BIT(SKT_STATE_UNCONNECTED)), !!(groups[i].mask & CLOSE));
		assert_int_equal(
			!!(set & BIT(SKT_STATE_NEW_SYN_RECEIVED)), !!(groups[i].mask & 1 << 3));
		assert_int_equal(set & ~SKT_STATES_ALL, 0);
	}
	assert_true(named("all") & BIT(SKT_STATE_BOUND));
	assert_true(named("big") & BIT(SKT_STATE_BOUND));
	assert_false(named("connected") & BIT(SKT_STATE_BOUND));
	assert_false(named("closed") & BIT(SKT_STATE_BOUND));
}

static void offer(const char *name, void *ctx)
{
	assert_true(skt_states_named(name, strlen(name)));
	++*(size_t *)ctx;
}

static void test_each_name_is_taken(void **state)
{
	size_t count = 0;

	(void)state;
	skt_states_each_name(offer, &count);
	assert_true(count >= 20);
}

static void test_numbers_of_the_kernel(void **state)
{
	(void)state;
	assert_int_equal(skt_state_of_kernel(SKT_PROTO_TCP, 1), SKT_STATE_ESTABLISHED);
	assert_int_equal(skt_state_of_kernel(SKT_PROTO_TCP, 12), SKT_STATE_SYN_RECEIVED);
	assert_int_equal(skt_state_of_kernel(SKT_PROTO_TCP, 13), SKT_STATE_BOUND);
	assert_int_equal(skt_state_of_kernel(SKT_PROTO_TCP, 14), SKT_STATE_UNKNOWN);
	assert_int_equal(skt_state_of_kernel(SKT_PROTO_TCP, 0), SKT_STATE_UNKNOWN);
	assert_int_equal(skt_state_of_kernel(SKT_PROTO_TCP, 255), SKT_STATE_UNKNOWN);
	assert_int_equal(skt_state_of_kernel(SKT_PROTO_UDP, 1), SKT_STATE_CONNECTED);
	assert_int_equal(skt_state_of_kernel(SKT_PROTO_UDP, 7), SKT_STATE_UNCONNECTED);
	assert_int_equal(skt_state_of_kernel(SKT_PROTO_UDP, 10), SKT_STATE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_every_state_has_its_name),
		unit_test(test_spelling),
		unit_test(test_groups_are_those_of_ss),
		unit_test(test_each_name_is_taken),
		unit_test(test_numbers_of_the_kernel),
	};

	return cmocka_run_group_tests_name("socket", tests, NULL, NULL);
}
