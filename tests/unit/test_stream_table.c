/* Tables whose rows stream to a terminal: no row is waited for, and no line is longer than it. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/macros.h"
#include "out/output.h"
#include "out/text.h"

struct row {
	uint64_t present;
	const char *what;
	uint8_t state;
	uint16_t port;
	uint32_t size;
	struct skt_bytes data;
};

static const char *const states[] = {"up", "unreachable"};

static const struct skt_column table[] = {
	SKT_COLUMN(struct row, what),
	SKT_COLUMN(struct row, port),
	SKT_COLUMN_NAME(struct row, "state", state, states, .width = 5),
	SKT_COLUMN(struct row, size, .spare = 1, .width = 5, .tone = SKT_TONE_BAD),
	SKT_COLUMN(struct row, data, .spare = 0, .width = 10),
	SKT_COLUMN_END,
};

/* A port is told by what it belongs to. */
static size_t width_of(const struct skt_column *column, const void *arg)
{
	(void)arg;
	return strcmp(column->name, "port") == 0 ? SKT_WIDTH_TOLD : 0;
}

static bool color;

static void render(unsigned int width, bool exact, const struct row *rows, size_t count, char *text,
	size_t size)
{
	struct skt_selection selection;
	struct skt_output_config config = {.format = SKT_FORMAT_TABLE,
		.selection = &selection,
		.header = true,
		.row_size = sizeof(struct row),
		.flush_rows = true,
		.color = color,
		.exact = exact,
		.width_of = width_of,
		.width = width};
	struct skt_output *output;
	struct skt_sink sink;
	struct skt_err err;
	int fd = memfd_create("output", MFD_CLOEXEC);
	ssize_t n;

	assert_int_equal(skt_selection_parse(table, "all", 0, NULL, &selection, &err), 0);
	skt_sink_init(&sink, fd);
	assert_int_equal(skt_output_begin(&sink, &config, &output), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(skt_output_row(output, &rows[i]), 0);
	assert_int_equal(skt_output_end(output), 0);
	n = pread(fd, text, size - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	skt_sink_fini(&sink);
	skt_selection_fini(&selection);
	(void)close(fd);
}

static void expect(unsigned int width, bool exact, const struct row *row, const char *wanted)
{
	char text[1024];

	render(width, exact, row, row != NULL, text, sizeof(text));
	assert_string_equal(text, wanted);
}

static const struct row usual = {.what = "a:80", .port = 80, .size = 12, .data = {"hello", 5}};

/* The heading is there before any row. */
static void test_heading_comes_first(void **state)
{
	(void)state;
	expect(60, false, NULL, "WHAT             STATE   SIZE  DATA\n");
}

static void test_what_is_told_is_left_out(void **state)
{
	(void)state;
	expect(60, false, &usual,
		"WHAT             STATE   SIZE  DATA\n"
		"a:80             up        12  hello\n");
	expect(60, true, &usual,
		"WHAT             PORT  STATE   SIZE  DATA\n"
		"a:80               80  up        12  hello\n");
	/* In a pipe nothing is. */
	expect(0, false, &usual,
		"WHAT             PORT  STATE   SIZE  DATA\n"
		"a:80               80  up        12  hello\n");
}

static void test_what_can_be_spared_goes(void **state)
{
	(void)state;
	expect(34, false, &usual,
		"WHAT             STATE  DATA\n"
		"a:80             up     hello\n");
}

/* A longer cell takes the room that there is, and is cut only then. */
static void test_room_is_used_before_cells_are_cut(void **state)
{
	struct row row = usual;

	(void)state;
	row.what = "0123456789abcdefghij";
	row.data = (struct skt_bytes){"the first and the second", 24};
	expect(46, false, &row,
		"WHAT             STATE   SIZE  DATA\n"
		"0123456789abcdefghij  up        12  the first…\n");
	/* What must not be cut is at the cost of what may. */
	row.what = "a";
	row.state = 1;
	expect(41, false, &row,
		"WHAT             STATE   SIZE  DATA\n"
		"a                unreachable     12  the…\n");
}

static void test_no_line_is_longer(void **state)
{
	char text[4096], what[41];

	(void)state;
	for (unsigned int i = 0; i < 2000; i++) {
		const unsigned int width = 36 + i % 50, len = i % 41;
		struct row row = {.what = what,
			.state = i / 7 % 2,
			.size = i * 31,
			.data = {"\x1b[2J \xe6\xbc\xa2\xe5\xad\x97 and more", i % 20}};

		memset(what, 'x', len);
		what[len] = '\0';
		render(width, false, &row, 1, text, sizeof(text));
		for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
			assert_int_equal(
				skt_text_cut(line, (size_t)(end - line), width), end - line);
	}
}

/* A number that says of trouble is seen from afar, unless there is none. */
static void test_trouble_has_a_colour(void **state)
{
	struct row row = usual;

	(void)state;
	color = true;
	expect(60, false, &row,
		"\033[1mWHAT             STATE   SIZE  DATA\033[0m\n"
		"a:80             up        \033[31m12\033[0m  hello\n");
	row.size = 0;
	expect(60, false, &row,
		"\033[1mWHAT             STATE   SIZE  DATA\033[0m\n"
		"a:80             up         0  hello\n");
	color = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_heading_comes_first),
		unit_test(test_what_is_told_is_left_out),
		unit_test(test_what_can_be_spared_goes),
		unit_test(test_room_is_used_before_cells_are_cut),
		unit_test(test_no_line_is_longer),
		unit_test(test_trouble_has_a_colour),
	};

	return cmocka_run_group_tests_name("stream_table", tests, NULL, NULL);
}
