#include "unit.h"

#include "net/pace.h"

static const uint64_t start = 1000 * SKT_NS_PER_SEC;

/* A rate that no number of nanoseconds divides: no drift after a billion. */
static void test_no_rounding_adds_up(void **state)
{
	struct skt_pace pace;

	(void)state;
	skt_pace_init(&pace, 3, start);
	pace.units = 3000000000;
	assert_int_equal(skt_pace_due(&pace), start + 1000000000 * SKT_NS_PER_SEC);
	pace.units++;
	assert_int_equal(skt_pace_due(&pace), start + 1000000000 * SKT_NS_PER_SEC + 333333333);
}

static void test_on_time(void **state)
{
	struct skt_pace pace;

	(void)state;
	skt_pace_init(&pace, 10000, start);
	for (uint64_t i = 0; i < 100000; i++) {
		uint64_t due = skt_pace_due(&pace);

		assert_int_equal(due, start + i * 100000);
		skt_pace_sent(&pace, 1, due + 3000); /* always a little late */
	}
	assert_int_equal(pace.forgiven_ns, 0);
	assert_int_equal(skt_pace_late_ns(&pace, start), 0);
	assert_int_equal(skt_pace_late_ns(&pace, skt_pace_due(&pace)), 0);
	assert_int_equal(skt_pace_late_ns(&pace, skt_pace_due(&pace) + 7), 7);
}

/* 50 ms late: caught up, but never at more than four times the rate. */
static void test_catches_up_in_bounds(void **state)
{
	struct skt_pace pace;
	uint64_t now = start, late;

	(void)state;
	skt_pace_init(&pace, 1000, start);
	skt_pace_sent(&pace, 1, now);
	now += 51 * SKT_NS_PER_MS;
	skt_pace_sent(&pace, 1, now);
	for (int i = 0; i < 98; i++) {
		uint64_t due = skt_pace_due(&pace);

		assert_true(due >= now + SKT_NS_PER_MS / 4);
		now = due;
		skt_pace_sent(&pace, 1, now);
	}
	late = now - (start + 99 * SKT_NS_PER_MS);
	assert_true(late <= SKT_NS_PER_MS);
	skt_pace_sent(&pace, 1, skt_pace_due(&pace));
	skt_pace_sent(&pace, 1, skt_pace_due(&pace));
	skt_pace_sent(&pace, 1, skt_pace_due(&pace));
	assert_int_equal(skt_pace_due(&pace), start + 103 * SKT_NS_PER_MS);
}

static void test_forgives_long_stalls(void **state)
{
	struct skt_pace pace;

	(void)state;
	skt_pace_init(&pace, 100, start);
	skt_pace_sent(&pace, 1, start);
	skt_pace_sent(&pace, 1, start + 3600 * SKT_NS_PER_SEC);
	assert_true(pace.forgiven_ns > 3598 * SKT_NS_PER_SEC);
	for (int i = 0; i < 500; i++)
		skt_pace_sent(&pace, 1, skt_pace_due(&pace));
	assert_true(skt_pace_due(&pace) <= start + 3606 * SKT_NS_PER_SEC);
}

static void test_waits(void **state)
{
	struct skt_pace pace;
	volatile sig_atomic_t interrupted = 0;
	uint64_t deadline = skt_clock_ns() + 2 * SKT_NS_PER_MS;

	(void)state;
	skt_pace_init(&pace, 1, 0);
	assert_true(skt_pace_wait(&pace, deadline, &interrupted) >= deadline);
	interrupted = 1;
	assert_true(skt_pace_wait(&pace, UINT64_MAX, &interrupted) < UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_no_rounding_adds_up),
		unit_test(test_on_time),
		unit_test(test_catches_up_in_bounds),
		unit_test(test_forgives_long_stalls),
		unit_test(test_waits),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
