/* Columns of bytes: NULs, newlines and what is no text, in every format and in order. */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/macros.h"
#include "out/output.h"

struct row {
	uint64_t present;
	struct skt_bytes data;
};

static const struct skt_column table[] = {
	SKT_COLUMN(struct row, data, .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN_END,
};

static const struct row rows[] = {
	{.data = {"b\0a", 3}},
	{.data = {"b", 1}},
	{.data = {NULL, 0}},
	{.data = {"", 0}},
	{.data = {"\n\x1b\xff", 3}},
};

static void expect(enum skt_format format, const char *sort_text, const char *wanted)
{
	struct skt_selection selection;
	struct skt_sort sort = {0};
	struct skt_output_config config = {.format = format,
		.selection = &selection,
		.sort = &sort,
		.row_size = sizeof(struct row)};
	struct skt_output *output;
	struct skt_sink sink;
	struct skt_err err;
	char text[256];
	int fd = memfd_create("output", MFD_CLOEXEC);
	ssize_t n;

	assert_int_equal(skt_selection_parse(table, "data", 0, NULL, &selection, &err), 0);
	if (sort_text)
		assert_int_equal(skt_sort_parse(table, sort_text, &sort, &err), 0);
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
	skt_sort_fini(&sort);
	skt_selection_fini(&selection);
	(void)close(fd);
}

static void test_formats(void **state)
{
	(void)state;
	expect(SKT_FORMAT_JSONL, NULL,
		"{\"data\":\"b\\u0000a\"}\n{\"data\":\"b\"}\n{\"data\":null}\n{\"data\":\"\"}\n"
		"{\"data\":\"\\n\\u001b\xef\xbf\xbd\"}\n");
	expect(SKT_FORMAT_TABLE, NULL, "b\\x00a\nb\n-\n\n\\n\\e\\xff\n");
}

/* Bytewise, the beginning of another first, absent ones last. */
static void test_order(void **state)
{
	(void)state;
	expect(SKT_FORMAT_TABLE, "data", "\n\\n\\e\\xff\nb\nb\\x00a\n-\n");
	expect(SKT_FORMAT_TABLE, "-data", "b\\x00a\nb\n\\n\\e\\xff\n\n-\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {unit_test(test_formats), unit_test(test_order)};

	return cmocka_run_group_tests_name("output_bytes", tests, NULL, NULL);
}
