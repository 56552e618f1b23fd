#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "net/histogram.h"

static void test_empty(void **state)
{
	const struct skt_histogram histogram = {0};

	(void)state;
	assert_int_equal(skt_histogram_at(&histogram, 500), 0);
	assert_int_equal(skt_histogram_mean(&histogram), 0);
}

static void test_buckets_have_no_gap(void **state)
{
	struct skt_histogram histogram;

	(void)state;
	for (size_t i = 0; i < SKT_HISTOGRAM_BUCKETS; i++) {
		uint64_t floor = skt_histogram_floor(i);

		assert_true(i == 0 || floor > skt_histogram_floor(i - 1));
		memset(&histogram, 0, sizeof(histogram));
		skt_histogram_add(&histogram, floor);
		skt_histogram_add(&histogram, skt_histogram_floor(i + 1) - 1);
		assert_int_equal(histogram.buckets[i], 2);
	}
}

static void test_percentiles(void **state)
{
	struct skt_histogram histogram = {0};

	(void)state;
	for (uint64_t i = 1; i <= 100000; i++)
		skt_histogram_add(&histogram, i * 1000);
	assert_in_range(skt_histogram_at(&histogram, 500), 49900000, 51700000);
	assert_in_range(skt_histogram_at(&histogram, 990), 98900000, 102200000);
	assert_int_equal(skt_histogram_at(&histogram, 1000), 100000000);
	assert_in_range(skt_histogram_at(&histogram, 0), 1000, 1040);
	assert_int_equal(skt_histogram_mean(&histogram), 50000500);
}

static void test_one_value_is_exact(void **state)
{
	struct skt_histogram histogram = {0};

	(void)state;
	skt_histogram_add(&histogram, 123456789);
	assert_int_equal(skt_histogram_at(&histogram, 1), 123456789);
	assert_int_equal(skt_histogram_at(&histogram, 999), 123456789);
}

static void test_beyond_the_range(void **state)
{
	struct skt_histogram histogram = {0};

	(void)state;
	skt_histogram_add(&histogram, UINT64_MAX);
	skt_histogram_add(&histogram, UINT64_MAX);
	skt_histogram_add(&histogram, 7);
	assert_int_equal(skt_histogram_at(&histogram, 990), UINT64_MAX);
	assert_int_equal(skt_histogram_at(&histogram, 100), 7);
	assert_int_equal(histogram.sum, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_empty),
		unit_test(test_buckets_have_no_gap),
		unit_test(test_percentiles),
		unit_test(test_one_value_is_exact),
		unit_test(test_beyond_the_range),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
