/* Durations as a line of bars: what is high, what is low, and what did not come to be. */
#include "unit.h"

#include "base/macros.h"
#include "cmd/sparkline.h"

static void expect(const uint32_t *values, size_t count, const char *wanted)
{
	struct skt_str out = {0};

	skt_sparkline_add(&out, values, count);
	skt_str_add_char(&out, '\0');
	assert_false(out.failed);
	assert_string_equal(out.data, wanted);
	skt_str_fini(&out);
}

#define EXPECT(wanted, ...) \
	expect((const uint32_t[]){__VA_ARGS__}, SKT_COUNT(((const uint32_t[]){__VA_ARGS__})), \
		wanted)

/* Each doubling is as high as the one before. */
static void test_scale_is_logarithmic(void **state)
{
	(void)state;
	EXPECT("▁▂▃▄▅▆▇█", 1, 2, 4, 8, 16, 32, 64, 128);
	EXPECT("▁█▁", 100, 100000, 100);
	EXPECT("▁▁▁▁▁▁▁█", 100, 101, 102, 101, 100, 100, 101, 4000000000);
}

static void test_what_is_alike_looks_so(void **state)
{
	(void)state;
	EXPECT("▁▁▁", 500, 500, 500);
	EXPECT("▁▂▁", 1000, 1100, 1000);
	EXPECT("▁", 0);
	EXPECT("▁▁█", 0, 1, UINT32_MAX - 1);
}

static void test_lost_ones_are_marked(void **state)
{
	(void)state;
	EXPECT("▁x█", 10, SKT_SPARKLINE_NONE, 1000);
	EXPECT("xx", SKT_SPARKLINE_NONE, SKT_SPARKLINE_NONE);
	expect(NULL, 0, "");
}

/* Half of the most is half as high, whatever the least is. */
static void test_amounts_are_in_proportion(void **state)
{
	const uint32_t values[] = {0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 6990};
	const uint32_t nothing[] = {0, 0}, same[] = {UINT32_MAX - 1, UINT32_MAX - 1};
	struct skt_str out = {0};

	(void)state;
	skt_sparkline_add_amounts(&out, values, SKT_COUNT(values));
	skt_sparkline_add_amounts(&out, nothing, SKT_COUNT(nothing));
	skt_sparkline_add_amounts(&out, same, SKT_COUNT(same));
	skt_str_add_char(&out, '\0');
	assert_string_equal(out.data, "▁▂▃▄▅▆▇██▁▁██");
	skt_str_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_scale_is_logarithmic),
		unit_test(test_what_is_alike_looks_so),
		unit_test(test_lost_ones_are_marked),
		unit_test(test_amounts_are_in_proportion),
	};

	return cmocka_run_group_tests_name("sparkline", tests, NULL, NULL);
}
