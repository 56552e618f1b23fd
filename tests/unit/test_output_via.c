/* Values that stand in a struct which a row points to: absent, present, ordered, in every format.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/macros.h"
#include "out/output.h"
#include "unit.h"

static const char *const flag_names[] = {"one", "two", NULL, "eight"};
static const char *const kinds[] = {NULL, "good"};

struct apart {
	uint64_t present;
	uint16_t length; /* how much of a and b is told */
	uint32_t a;
	uint64_t b;
	uint32_t flags;
	uint8_t kind;
	char word[8];
};

struct row {
	uint64_t present;
	uint32_t id;
	const struct apart *apart;
};

#define APART(title, type, field, ...) \
	SKT_COLUMN_VIA(struct row, apart, struct apart, title, type, field, __VA_ARGS__)
#define TOLD(bytes) .length_at = offsetof(struct apart, length), .least = (bytes)

static const struct skt_column table[] = {
	SKT_COLUMN(struct row, id),
	APART("a", SKT_TYPE_U32, a, TOLD(4), .needs = 1),
	APART("b", SKT_TYPE_U64, b, TOLD(12), .present = SKT_PRESENT(3), .needs = 2,
		.unit = SKT_UNIT_BYTES_PER_S),
	APART("flags", SKT_TYPE_FLAGS, flags, .needs = 4, .names = flag_names,
		.names_count = SKT_COUNT(flag_names)),
	APART("kind", SKT_TYPE_NAME, kind, .names = kinds, .names_count = SKT_COUNT(kinds)),
	APART("word", SKT_TYPE_OF(((struct apart *)0)->word), word, .needs = 8),
	SKT_COLUMN_END,
};

static char *render(enum skt_format format, const struct row *rows, size_t count)
{
	int fd = memfd_create("rows", MFD_CLOEXEC);
	struct skt_output_config config = {
		.format = format, .row_size = sizeof(struct row), .header = true};
	struct skt_selection selection;
	struct skt_output *output;
	struct skt_sink sink;
	ssize_t n;
	char *text = calloc(1, 4096);

	assert_non_null(text);
	assert_int_equal(skt_selection_parse(table, "all", 0, NULL, &selection, NULL), 0);
	config.selection = &selection;
	skt_sink_init(&sink, fd);
	assert_int_equal(skt_output_begin(&sink, &config, &output), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(skt_output_row(output, &rows[i]), 0);
	assert_int_equal(skt_output_end(output), 0);
	skt_sink_fini(&sink);
	skt_selection_fini(&selection);
	n = pread(fd, text, 4095, 0);
	assert_true(n > 0);
	(void)close(fd);
	return text;
}

static void assert_renders(
	enum skt_format format, const struct row *rows, size_t count, const char *expected)
{
	char *text = render(format, rows, count);

	assert_string_equal(text, expected);
	free(text);
}

static const struct apart full = {.present = 8,
	.length = 12,
	.a = 1,
	.b = 1234567,
	.flags = 1 | 2 | 4 | 8 | UINT32_C(1) << 31,
	.kind = 1,
	.word = "a\"\x1b"};
static const struct apart none = {.length = 3, .a = 77, .b = 77};
static const struct apart half = {.length = 11, .present = 8, .a = 2, .b = 77, .flags = 2};
static const struct apart unset = {.length = UINT16_MAX, .a = 3, .b = 77};
static const struct row rows[] = {{.id = 1, .apart = &full}, {.id = 2, .apart = &none},
	{.id = 3, .apart = &half}, {.id = 4, .apart = &unset}, {.id = 5, .apart = NULL}};

static void renders_every_format(void **state)
{
	(void)state;
	assert_renders(SKT_FORMAT_JSONL, rows, SKT_COUNT(rows),
		"{\"id\":1,\"a\":1,\"b\":1234567,"
		"\"flags\":[\"one\",\"two\",\"bit2\",\"eight\",\"bit31\"],"
		"\"kind\":\"good\",\"word\":\"a\\\"\\u001b\"}\n"
		"{\"id\":2,\"a\":null,\"b\":null,\"flags\":[],\"kind\":null,\"word\":null}\n"
		"{\"id\":3,\"a\":2,\"b\":null,\"flags\":[\"two\"],\"kind\":null,\"word\":null}\n"
		"{\"id\":4,\"a\":3,\"b\":null,\"flags\":[],\"kind\":null,\"word\":null}\n"
		"{\"id\":5,\"a\":null,\"b\":null,\"flags\":null,\"kind\":null,\"word\":null}\n");
	assert_renders(SKT_FORMAT_CSV, rows, SKT_COUNT(rows),
		"id,a,b,flags,kind,word\n"
		"1,1,1234567,\"one,two,bit2,eight,bit31\",good,\"a\"\"\\e\"\n"
		"2,,,,,\n3,2,,two,,\n4,3,,,,\n5,,,,,\n");
	assert_renders(SKT_FORMAT_TABLE, rows, SKT_COUNT(rows),
		"ID  A         B  FLAGS                     KIND  WORD\n"
		" 1  1  1.23MB/s  one,two,bit2,eight,bit31  good  a\"\\e\n"
		" 2  -         -  -                         -     -\n"
		" 3  2         -  two                       -     -\n"
		" 4  3         -  -                         -     -\n"
		" 5  -         -  -                         -     -\n");
}

static void humanises_rates(void **state)
{
	static const struct {
		uint64_t rate;
		const char *text;
	} cases[] = {
		{0, "0B/s"},
		{999, "999B/s"},
		{1000, "1kB/s"},
		{1999, "1.99kB/s"},
		{999999, "999kB/s"},
		{1000000, "1MB/s"},
		{12345678, "12.3MB/s"},
		{UINT64_C(125000000000), "125GB/s"},
		{UINT64_MAX, "18.4EB/s"},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		const struct apart apart = {.present = 8, .length = 12, .b = cases[i].rate};
		const struct row row = {.apart = &apart};
		char *text = render(SKT_FORMAT_TABLE, &row, 1);

		assert_non_null(strstr(text, cases[i].text));
		free(text);
	}
}

static void sorts_absent_last(void **state)
{
	static const char *const specs[] = {"a,id", "-a,id", "b,id", "-flags,id", "word,id"};
	static const uint32_t first[] = {1, 4, 1, 1, 1}, last[] = {5, 5, 5, 5, 5};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(specs); i++) {
		struct skt_sort sort;
		size_t lowest = 0, highest = 0;

		assert_int_equal(skt_sort_parse(table, specs[i], &sort, NULL), 0);
		for (size_t j = 1; j < SKT_COUNT(rows); j++) {
			if (skt_sort_compare(&sort, &rows[j], &rows[lowest]) < 0)
				lowest = j;
			if (skt_sort_compare(&sort, &rows[j], &rows[highest]) > 0)
				highest = j;
		}
		assert_int_equal(rows[lowest].id, first[i]);
		assert_int_equal(rows[highest].id, last[i]);
		skt_sort_fini(&sort);
	}
}

static void tells_what_is_needed(void **state)
{
	struct skt_selection selection;
	struct skt_sort sort;

	(void)state;
	assert_int_equal(
		skt_selection_parse(table, "id,a,kind,word", 0, NULL, &selection, NULL), 0);
	assert_int_equal(skt_selection_needs(&selection, NULL), 1 | 8);
	assert_int_equal(skt_sort_parse(table, "-b,id", &sort, NULL), 0);
	assert_int_equal(skt_selection_needs(&selection, &sort), 1 | 2 | 8);
	skt_selection_fini(&selection);
	skt_sort_fini(&sort);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(renders_every_format),
		unit_test(humanises_rates),
		unit_test(sorts_absent_last),
		unit_test(tells_what_is_needed),
	};

	return cmocka_run_group_tests_name("output_via", tests, NULL, NULL);
}
