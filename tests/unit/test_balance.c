/* Who of several servers is asked next. */
#include "tests/unit/unit.h"

#include "base/clock.h"
#include "net/balance.h"

enum { SERVERS = 3 };

static struct skt_balance new_balance(enum skt_balance_policy policy)
{
	return (struct skt_balance){.policy = policy, .count = SERVERS};
}

static void the_first_that_is_up(void **state)
{
	struct skt_balance balance = new_balance(SKT_BALANCE_FIRST);

	(void)state;
	assert_int_equal(skt_balance_choose(&balance, 0), 0);
	assert_int_equal(skt_balance_choose(&balance, 0), 0);
	assert_true(skt_balance_failed(&balance.servers[0], 7));
	assert_false(skt_balance_failed(&balance.servers[0], 8));
	assert_int_equal(skt_balance_choose(&balance, 0), 1);
	assert_int_equal(skt_balance_choose(&balance, 1 << 1), 2);
	assert_int_equal(skt_balance_answered(&balance.servers[0], 10), 3);
	assert_int_equal(skt_balance_answered(&balance.servers[0], 11), 0);
	assert_int_equal(skt_balance_choose(&balance, 0), 0);
}

static void who_is_down_is_the_last_resort(void **state)
{
	static const enum skt_balance_policy policies[] = {
		SKT_BALANCE_FIRST, SKT_BALANCE_ROUND_ROBIN, SKT_BALANCE_LEASTCONN};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct skt_balance balance = new_balance(policies[i]);
		uint64_t tried = 0;

		balance.servers[2].connections = 1000;
		(void)skt_balance_failed(&balance.servers[0], 0);
		(void)skt_balance_failed(&balance.servers[1], 1);
		assert_int_equal(skt_balance_choose(&balance, 0), 2);
		tried = 1 << 2;
		for (int left = 2; left; left--) {
			size_t at = skt_balance_choose(&balance, tried);

			assert_true(at < 2);
			tried |= UINT64_C(1) << at;
		}
		assert_int_equal(tried, 7);
		assert_int_equal(skt_balance_choose(&balance, tried), SERVERS);
	}
}

static void in_turn(void **state)
{
	struct skt_balance balance = new_balance(SKT_BALANCE_ROUND_ROBIN);

	(void)state;
	for (size_t i = 0; i < 2 * SERVERS; i++)
		assert_int_equal(skt_balance_choose(&balance, 0), i % SERVERS);
	(void)skt_balance_failed(&balance.servers[1], 1);
	assert_int_equal(skt_balance_choose(&balance, 0), 0);
	assert_int_equal(skt_balance_choose(&balance, 0), 2);
	assert_int_equal(skt_balance_choose(&balance, 0), 0);
}

static void the_fewest_connections(void **state)
{
	struct skt_balance balance = new_balance(SKT_BALANCE_LEASTCONN);

	(void)state;
	for (size_t i = 0; i < 2 * SERVERS; i++) {
		size_t at = skt_balance_choose(&balance, 0);

		assert_int_equal(at, i % SERVERS);
		balance.servers[at].connections++;
	}
	balance.servers[1].connections--;
	assert_int_equal(skt_balance_choose(&balance, 0), 1);
	assert_int_equal(skt_balance_choose(&balance, 1 << 1), 2);
}

static void as_many_as_there_may_be(void **state)
{
	struct skt_balance balance = {.policy = SKT_BALANCE_ROUND_ROBIN, .count = SKT_BALANCE_MAX};
	uint64_t tried = 0;

	(void)state;
	for (size_t i = 0; i < SKT_BALANCE_MAX; i++)
		tried |= UINT64_C(1) << skt_balance_choose(&balance, tried);
	assert_true(tried == UINT64_MAX);
	assert_int_equal(skt_balance_choose(&balance, tried), SKT_BALANCE_MAX);
}

static void pauses_grow(void **state)
{
	struct skt_balance_server server = {0};

	(void)state;
	(void)skt_balance_failed(&server, 1);
	for (uint64_t s = 1; s < 60; s *= 2)
		assert_true(skt_balance_pause(&server, 0) == s * SKT_NS_PER_SEC);
	assert_true(skt_balance_pause(&server, 0) == 60 * SKT_NS_PER_SEC);
	assert_true(skt_balance_pause(&server, 0) == 60 * SKT_NS_PER_SEC);
	/* One that was up in between begins anew. */
	(void)skt_balance_answered(&server, 2);
	(void)skt_balance_failed(&server, 3);
	assert_true(skt_balance_pause(&server, 1000) == 1000);
	assert_true(skt_balance_pause(&server, 1500) == 1500);
	assert_true(skt_balance_pause(&server, 0) == 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(the_first_that_is_up),
		unit_test(who_is_down_is_the_last_resort),
		unit_test(in_turn),
		unit_test(the_fewest_connections),
		unit_test(as_many_as_there_may_be),
		unit_test(pauses_grow),
	};

	return cmocka_run_group_tests_name("balance", tests, NULL, NULL);
}
