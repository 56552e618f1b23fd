/* How wide columns are where a terminal is too narrow: by hand, and by rules that hold for any. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "out/fit.h"

/* One that is WIDTH wide, BRIEF in short, and at least LEAST. */
#define COLUMN(width_, brief_, least_) \
	{ \
		.width = (width_), .brief = (brief_), .least = (least_) \
	}

static void test_enough_room_changes_nothing(void **state)
{
	struct skt_fit columns[] = {COLUMN(10, 5, 8), COLUMN(20, 20, 8)};

	(void)state;
	assert_true(skt_fit(columns, 2, 2, 32));
	assert_int_equal(columns[0].width, 10);
	assert_int_equal(columns[1].width, 20);
	assert_false(columns[0].is_brief || columns[0].is_cut || columns[1].is_cut);
}

static void test_brief_comes_before_cut(void **state)
{
	struct skt_fit columns[] = {COLUMN(30, 30, 8), COLUMN(40, 12, 8)};

	(void)state;
	assert_true(skt_fit(columns, 2, 1, 50));
	assert_int_equal(columns[0].width, 30);
	assert_int_equal(columns[1].width, 12);
	assert_true(columns[1].is_brief);
	assert_false(columns[0].is_cut || columns[1].is_cut);
}

static void test_widest_is_cut_first(void **state)
{
	struct skt_fit columns[] = {
		COLUMN(5, 5, 5), COLUMN(20, 20, 8), COLUMN(50, 50, 8), COLUMN(21, 21, 8)};

	(void)state;
	assert_true(skt_fit(columns, 4, 1, 89));
	assert_int_equal(columns[2].width, 40);
	assert_false(columns[1].is_cut || columns[3].is_cut);
	/* Level with the next ones, then all by turns. */
	assert_true(skt_fit(columns, 4, 1, 5 + 3 + 45));
	assert_int_equal(columns[1].width + columns[2].width + columns[3].width, 45);
	assert_in_range(columns[1].width, 14, 16);
	assert_in_range(columns[2].width, 14, 16);
	assert_in_range(columns[3].width, 14, 16);
	assert_int_equal(columns[0].width, 5);
}

static void test_late_ones_are_cut_last(void **state)
{
	struct skt_fit columns[] = {{.width = 45, .brief = 45, .least = 15, .late = true},
		{.width = 20, .brief = 20, .least = 8}};

	(void)state;
	assert_true(skt_fit(columns, 2, 1, 55));
	assert_int_equal(columns[0].width, 45);
	assert_true(skt_fit(columns, 2, 1, 50));
	assert_int_equal(columns[0].width, 41);
	assert_int_equal(columns[1].width, 8);
}

static void test_too_narrow_is_said(void **state)
{
	struct skt_fit columns[] = {COLUMN(30, 30, 30), COLUMN(20, 20, 8)};

	(void)state;
	assert_false(skt_fit(columns, 2, 1, 20));
	assert_int_equal(columns[0].width, 30);
	assert_int_equal(columns[1].width, 8);
	assert_true(skt_fit(NULL, 0, 1, 0));
}

/* Nothing is cut that may not be, nothing more than it must: of whatever tables. */
static void test_any(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (int run = 0; run < 20000; run++) {
		struct skt_fit columns[12], before[12];
		size_t count = (size_t)rand_r(&seed) % SKT_COUNT(columns), line = 0, least = 0;
		size_t available = (size_t)rand_r(&seed) % 300;
		bool cut = false, fits;

		for (size_t i = 0; i < count; i++) {
			size_t width = (size_t)rand_r(&seed) % 60 + 1;

			columns[i] = (struct skt_fit){.width = width,
				.brief = (size_t)rand_r(&seed) % 70 + 1,
				.least = (size_t)rand_r(&seed) % 70 + 1,
				.late = rand_r(&seed) % 3 == 0};
		}
		memcpy(before, columns, sizeof(columns));
		fits = skt_fit(columns, count, 1, available);
		for (size_t i = 0; i < count; i++) {
			size_t full = columns[i].is_brief ? before[i].brief : before[i].width;

			assert_true(columns[i].width <= full);
			assert_int_equal(columns[i].is_cut, columns[i].width < full);
			if (columns[i].is_cut)
				assert_true(columns[i].width >= before[i].least);
			cut |= columns[i].is_cut;
			line += columns[i].width + (i ? 1 : 0);
			least += SKT_MIN(full, SKT_MAX(before[i].least, (size_t)1)) + (i ? 1 : 0);
		}
		assert_int_equal(fits, line <= available);
		if (cut && fits)
			assert_int_equal(line, available);
		if (!fits)
			assert_int_equal(line, least);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_enough_room_changes_nothing),
		unit_test(test_brief_comes_before_cut),
		unit_test(test_widest_is_cut_first),
		unit_test(test_late_ones_are_cut_last),
		unit_test(test_too_narrow_is_said),
		unit_test(test_any),
	};

	return cmocka_run_group_tests_name("fit", tests, NULL, NULL);
}
