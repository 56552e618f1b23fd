/* Loss, duplicates, reordering, jitter, delay: what a receiver must say of known streams. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/tally.h"

/* xorshift64: the same draw everywhere. */
static uint64_t draw_from(uint64_t *state, uint64_t below)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state % below;
}

static const uint64_t second = SKT_NS_PER_SEC;

/* Sent 1 ms apart from second 1000 on, 5 ms on the way. */
static void hear(struct skt_tally *tally, uint64_t sequence)
{
	uint64_t sent = 1000 * second + sequence * SKT_NS_PER_MS;

	assert_int_equal(
		skt_tally_add_stamped(tally, sent + 5 * SKT_NS_PER_MS, 100, sequence, sent), 0);
}

static void expect(
	const struct skt_tally *tally, uint64_t lost, uint64_t duplicate, uint64_t reordered)
{
	assert_int_equal(skt_tally_lost(tally), lost);
	assert_int_equal(tally->counts.duplicate, duplicate);
	assert_int_equal(tally->counts.reordered, reordered);
}

static void test_whole(void **state)
{
	struct skt_tally tally = {0};

	(void)state;
	for (uint64_t i = 1; i <= 200000; i++)
		hear(&tally, i);
	expect(&tally, 0, 0, 0);
	assert_int_equal(tally.counts.unique, 200000);
	assert_int_equal(tally.counts.bytes, 20000000);
	assert_int_equal(skt_tally_jitter_ns(&tally), 0);
	assert_int_equal(tally.delay_min_ns, 5 * SKT_NS_PER_MS);
	assert_int_equal(tally.delay_max_ns, 5 * SKT_NS_PER_MS);
	assert_int_equal(skt_tally_delay_mean_ns(&tally), 5 * SKT_NS_PER_MS);
	assert_int_equal(tally.gaps.min, SKT_NS_PER_MS);
	skt_tally_fini(&tally);
}

static void test_each_kind(void **state)
{
	static const uint64_t heard[] = {1, 2, 4, 3, 5, 5, 8, 9, 7, 7, 10};
	struct skt_tally tally = {0};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(heard); i++)
		hear(&tally, heard[i]);
	expect(&tally, 1, 2, 2); /* 6 is lost; 5 and 7 came twice; 3 and 7 late */
	assert_int_equal(tally.counts.datagrams, 11);
	assert_int_equal(tally.counts.unique, 9);
	skt_tally_fini(&tally);
}

/* The model: every number of a stream is dropped, doubled, delayed as drawn. */
static void test_random(void **state)
{
	enum { STREAM = 20000 };
	uint64_t *order = calloc(2 * STREAM, sizeof(*order));
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < 10; round++) {
		uint64_t lost = 0, duplicate = 0, reordered = 0, highest = 0;
		struct skt_tally tally = {0};
		bool *seen = calloc(STREAM + 1, sizeof(*seen));
		size_t n = 0;

		for (uint64_t i = 1; i <= STREAM; i++) {
			uint64_t draw = draw_from(&seed, 100);

			if (draw < 5 && i != 1 && i != STREAM)
				continue;
			order[n++] = i;
			if (draw < 10)
				order[n++] = i;
			if (draw >= 90 && n > 50) {
				size_t back = (size_t)draw_from(&seed, 50) + 1;
				uint64_t other = order[n - back];

				order[n - back] = order[n - 1];
				order[n - 1] = other;
			}
		}
		for (size_t i = 0; i < n; i++) {
			hear(&tally, order[i]);
			if (seen[order[i]])
				duplicate++;
			else if (order[i] < highest)
				reordered++;
			seen[order[i]] = true;
			highest = order[i] > highest ? order[i] : highest;
		}
		for (uint64_t i = 1; i < highest; i++)
			lost += !seen[i];
		expect(&tally, lost, duplicate, reordered);
		skt_tally_fini(&tally);
		free(seen);
	}
	free(order);
}

static void test_edges_of_a_stream(void **state)
{
	struct skt_tally tally = {0};

	(void)state;
	hear(&tally, 4); /* 1 to 3 are lost */
	expect(&tally, 3, 0, 0);
	assert_int_equal(skt_tally_end(&tally, 11, 1001 * second), 0);
	expect(&tally, 9, 0, 0); /* and 5 to 10 */
	assert_int_equal(skt_tally_end(&tally, 12, 1001 * second), 0);
	expect(&tally, 9, 0, 0); /* a mark that is repeated counts on */
	hear(&tally, 10);
	expect(&tally, 8, 0, 0); /* the end overtook it */
	skt_tally_fini(&tally);

	memset(&tally, 0, sizeof(tally));
	assert_int_equal(skt_tally_end(&tally, 11, second), 0);
	expect(&tally, 10, 0, 0);
	assert_int_equal(tally.counts.datagrams, 0);
	skt_tally_fini(&tally);

	memset(&tally, 0, sizeof(tally));
	hear(&tally, 500000); /* joined in the middle */
	hear(&tally, 500002);
	expect(&tally, 1, 0, 0);
	skt_tally_fini(&tally);

	memset(&tally, 0, sizeof(tally));
	hear(&tally, 0); /* iperf before 2.0.14 begins at 0 */
	hear(&tally, 1);
	expect(&tally, 0, 0, 0);
	skt_tally_fini(&tally);
}

/* Sent PACE_NS apart from second 1000 on, listened to from SINCE_NS behind that. */
static void join_at(struct skt_tally *tally, uint64_t first, uint64_t last, uint64_t since_ns)
{
	*tally = (struct skt_tally){.since_ns = 1000 * second + since_ns};
	for (uint64_t i = first; i <= last; i++)
		hear(tally, i);
}

static void test_joined_midway(void **state)
{
	struct skt_tally tally;

	(void)state;
	join_at(&tally, 101, 200, 100 * SKT_NS_PER_MS); /* number 101 is sent at 101 ms */
	expect(&tally, 0, 0, 0);
	assert_int_equal(skt_tally_joined(&tally), 101);
	hear(&tally, 100); /* it was overtaken */
	expect(&tally, 0, 0, 1);
	assert_int_equal(skt_tally_joined(&tally), 100);
	skt_tally_fini(&tally);

	join_at(&tally, 4, 200, 0); /* nobody was late, three are lost */
	expect(&tally, 3, 0, 0);
	assert_int_equal(skt_tally_joined(&tally), 0);
	skt_tally_fini(&tally);

	join_at(&tally, 4, 4, 0); /* not known */
	expect(&tally, 0, 0, 0);
	hear(&tally, 5);
	expect(&tally, 3, 0, 0);
	skt_tally_fini(&tally);

	join_at(&tally, 500000, 500001, 0);
	assert_int_equal(skt_tally_joined(&tally), 500000);
	skt_tally_fini(&tally);

	join_at(&tally, 101, 102,
		100 * SKT_NS_PER_MS); /* the next stream is heard from its start */
	assert_int_equal(skt_tally_add_stamped(&tally, 1009 * second, 100, 2, 1009 * second), 0);
	assert_int_equal(skt_tally_add_stamped(&tally, 1009 * second, 100, 3, 1009 * second), 0);
	expect(&tally, 1, 0, 0);
	assert_int_equal(skt_tally_joined(&tally), 0);
	skt_tally_fini(&tally);
}

static void test_a_second_stream(void **state)
{
	struct skt_tally tally = {0};

	(void)state;
	for (uint64_t i = 1; i <= 10; i++)
		if (i != 5)
			hear(&tally, i);
	assert_int_equal(skt_tally_end(&tally, 11, 1000 * second + 11 * SKT_NS_PER_MS), 0);
	for (uint64_t i = 1; i <= 10; i++)
		assert_int_equal(
			skt_tally_add_stamped(&tally, 1002 * second, 100, i, 1002 * second), 0);
	expect(&tally, 1, 0, 0);
	assert_int_equal(tally.restarts, 1);
	/* The sender was killed, and begins once more. */
	assert_int_equal(skt_tally_add_stamped(&tally, 1009 * second, 100, 1, 1009 * second), 0);
	expect(&tally, 1, 0, 0);
	assert_int_equal(tally.restarts, 2);
	skt_tally_fini(&tally);
}

static void test_too_old_to_tell(void **state)
{
	struct skt_tally tally = {0};

	(void)state;
	hear(&tally, 1);
	for (uint64_t i = 3; i <= SKT_TALLY_WINDOW + 10; i++)
		hear(&tally, i);
	hear(&tally, 2);
	assert_int_equal(tally.counts.stale, 1);
	expect(&tally, 1, 0, 0);
	hear(&tally, 11); /* the oldest in the window */
	expect(&tally, 1, 1, 0);
	skt_tally_fini(&tally);
}

static void test_leaps(void **state)
{
	struct skt_tally tally = {0};

	(void)state;
	hear(&tally, 1);
	assert_int_equal(skt_tally_add_stamped(&tally, second, 1, UINT64_C(1) << 50, second), 0);
	expect(&tally, 0, 0, 0); /* that is no loss of 2^50 datagrams */
	assert_int_equal(skt_tally_add_stamped(&tally, second, 1, UINT64_MAX, second), 0);
	expect(&tally, 0, 0, 0);
	assert_int_equal(tally.counts.datagrams, 3);
	skt_tally_fini(&tally);
}

/* RFC 3550: J += (|D| - J) / 16, in arrival order. */
static void test_jitter(void **state)
{
	struct skt_tally tally = {0};
	double jitter = 0, transit = 0;
	uint64_t seed = 2;

	(void)state;
	for (uint64_t i = 1; i <= 1000; i++) {
		uint64_t sent = 1000 * second + i * SKT_NS_PER_MS;
		uint64_t way = SKT_NS_PER_MS + draw_from(&seed, SKT_NS_PER_MS);
		double d = (double)way - transit;

		assert_int_equal(skt_tally_add_stamped(&tally, sent + way, 1, i, sent), 0);
		transit = (double)way;
		if (i > 1)
			jitter += ((d < 0 ? -d : d) - jitter) / 16;
	}
	assert_in_range(skt_tally_jitter_ns(&tally), (uint64_t)jitter - 20, (uint64_t)jitter + 20);
	skt_tally_fini(&tally);
}

/* Clocks that disagree by more than the range of a number, and arrivals that go backwards. */
static void test_wild_times(void **state)
{
	static const uint64_t times[] = {0, UINT64_MAX, 1, INT64_MAX, UINT64_C(1) << 63, 5};
	struct skt_tally tally = {0};

	(void)state;
	for (uint64_t i = 0; i < 36; i++)
		assert_int_equal(
			skt_tally_add_stamped(&tally, times[i % 6], 1, i + 1, times[i / 6]), 0);
	assert_true(tally.delay_min_ns <= skt_tally_delay_mean_ns(&tally));
	assert_true(tally.delay_max_ns >= skt_tally_delay_mean_ns(&tally));
	skt_tally_fini(&tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_whole),
		unit_test(test_each_kind),
		unit_test(test_random),
		unit_test(test_edges_of_a_stream),
		unit_test(test_joined_midway),
		unit_test(test_a_second_stream),
		unit_test(test_too_old_to_tell),
		unit_test(test_leaps),
		unit_test(test_jitter),
		unit_test(test_wild_times),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
