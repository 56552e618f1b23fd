/* Numbers as bars: by themselves, and behind the rows of a table. */
#include "unit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/macros.h"
#include "out/bar.h"
#include "out/output.h"

static void expect(uint64_t value, uint64_t most, size_t width, const char *wanted)
{
	struct skt_str out = {0};

	skt_bar_add(&out, value, most, width);
	skt_str_add_char(&out, '\0');
	assert_false(out.failed);
	assert_string_equal(out.data, wanted);
	skt_str_fini(&out);
}

static void test_lengths(void **state)
{
	(void)state;
	expect(8, 8, 4, "████");
	expect(4, 8, 4, "██");
	expect(3, 16, 2, "▍");
	expect(UINT64_MAX, UINT64_MAX, 2, "██");
	/* What there is is seen; what there is not is not; more than the most is the most. */
	expect(1, UINT64_MAX, 2, "▏");
	expect(0, 8, 4, "");
	expect(0, 0, 4, "");
	expect(9, 8, 1, "█");
	expect(5, 8, 0, "");
}

struct row {
	uint64_t present;
	const char *what;
	uint32_t count;
};

static const struct skt_column table[] = {
	SKT_COLUMN(struct row, what),
	SKT_COLUMN(struct row, count, .present = SKT_PRESENT(0)),
	SKT_COLUMN_END,
};

static const struct row rows[] = {{1, "most", 400}, {1, "half", 200}, {0, "unknown", 7}};

static void expect_table(struct skt_output_config config, const char *wanted)
{
	struct skt_selection selection;
	struct skt_output *output;
	struct skt_sink sink;
	struct skt_err err;
	char text[512];
	int fd = memfd_create("output", MFD_CLOEXEC);
	ssize_t n;

	assert_int_equal(skt_selection_parse(table, "all", 0, NULL, &selection, &err), 0);
	config.selection = &selection;
	config.bar = &table[1];
	config.row_size = sizeof(struct row);
	skt_sink_init(&sink, fd);
	assert_int_equal(skt_output_begin(&sink, &config, &output), 0);
	for (size_t i = 0; i < SKT_COUNT(rows); i++)
		assert_int_equal(skt_output_row(output, &rows[i]), 0);
	assert_int_equal(skt_output_end(output), 0);
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, wanted);
	skt_sink_fini(&sink);
	skt_selection_fini(&selection);
	(void)close(fd);
}

static void test_bars_stand_behind_rows(void **state)
{
	(void)state;
	expect_table((struct skt_output_config){.width = 24},
		"most     400  ██████████\n"
		"half     200  █████\n"
		"unknown    -\n");
	/* A bar is not worth a shorter line, and nothing for a program that reads. */
	expect_table((struct skt_output_config){.width = 21},
		"most     400\nhalf     200\nunknown    -\n");
	expect_table((struct skt_output_config){.width = 0},
		"most     400\nhalf     200\nunknown    -\n");
	expect_table((struct skt_output_config){.width = 80, .exact = true},
		"most     400\nhalf     200\nunknown    -\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_lengths), unit_test(test_bars_stand_behind_rows)};

	return cmocka_run_group_tests_name("bar", tests, NULL, NULL);
}
