/* Rows that are kept, told apart, and shown as metrics. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/macros.h"
#include "out/output.h"
#include "out/row.h"
#include "unit.h"

static const char *const states[] = {NULL, "OPEN", "SHUT"};

struct part {
	uint32_t pid;
	const char *name;
};

struct row {
	uint64_t present;
	bool flag;
	uint8_t state;
	uint16_t port;
	uint64_t count;
	int64_t delta;
	const char *name, *other;
	struct skt_bytes bytes;
	struct skt_addr addr;
	struct skt_end end;
	struct skt_list parts;
};

static void part_text(struct skt_str *out, const void *item)
{
	skt_str_add_text(out, ((const struct part *)item)->name);
}

static const struct skt_column part_columns[] = {
	SKT_COLUMN(struct part, pid),
	SKT_COLUMN(struct part, name),
	SKT_COLUMN_END,
};

static const struct skt_column table[] = {
	SKT_COLUMN(struct row, flag),
	SKT_COLUMN_NAME(struct row, "state", state, states),
	SKT_COLUMN(struct row, port, .present = SKT_PRESENT(0)),
	SKT_COLUMN(struct row, delta),
	SKT_COLUMN(struct row, name),
	SKT_COLUMN(struct row, other),
	SKT_COLUMN(struct row, bytes),
	SKT_COLUMN(struct row, addr),
	SKT_COLUMN(struct row, end),
	SKT_COLUMN(struct row, parts, .items = part_columns, .item_size = sizeof(struct part),
		.item_text = part_text),
	SKT_COLUMN(struct row, count),
	SKT_COLUMN_END,
};

static struct skt_selection choose(const char *spec)
{
	struct skt_selection selection;

	assert_int_equal(skt_selection_parse(table, spec, 0, NULL, &selection, NULL), 0);
	return selection;
}

/* What a row points to is copied; the originals may go. */
static void test_keep(void **state)
{
	struct skt_selection all = choose("all");
	struct skt_arena arena = {0};
	char text[] = "text", host[] = "host", part_name[] = "part";
	struct part parts[] = {{1, part_name}, {2, NULL}};
	struct row row = {
		.name = text,
		.bytes = {text, 3},
		.end = {.host = host},
		.parts = {parts, 2},
	};
	const struct part *kept;

	(void)state;
	assert_int_equal(skt_row_keep(&all, &row, &arena), 0);
	memset(text, 'x', sizeof(text) - 1);
	memset(host, 'x', sizeof(host) - 1);
	memset(part_name, 'x', sizeof(part_name) - 1);
	memset(parts, 0xff, sizeof(parts));
	kept = row.parts.items;
	assert_string_equal(row.name, "text");
	assert_null(row.other);
	assert_memory_equal(row.bytes.data, "tex", 3);
	assert_string_equal(row.end.host, "host");
	assert_null(row.end.service);
	assert_int_equal(row.parts.count, 2);
	assert_int_equal(kept[1].pid, 2);
	assert_string_equal(kept[0].name, "part");
	assert_null(kept[1].name);
	skt_arena_fini(&arena);
	skt_selection_fini(&all);
}

static bool same(const char *spec, const struct row *a, const struct row *b)
{
	struct skt_selection selection = choose(spec);
	struct skt_str left = {0}, right = {0};
	bool equal;

	skt_row_add_key(&selection, a, &left);
	skt_row_add_key(&selection, b, &right);
	assert_false(left.failed || right.failed);
	equal = left.len == right.len && memcmp(left.data, right.data, left.len) == 0;
	skt_str_fini(&left);
	skt_str_fini(&right);
	skt_selection_fini(&selection);
	return equal;
}

/* Each pair differs in one column only, and looks much alike. */
static void test_key(void **state)
{
	static const struct part parts[] = {{1, "a"}, {2, "b"}}, others[] = {{1, "a"}, {3, "b"}};
	static const struct {
		const char *spec;
		struct row a, b;
	} pairs[] = {
		{"flag", {.flag = true}, {.flag = false}},
		{"state", {.state = 1}, {.state = 2}},
		{"port", {.present = 1}, {.present = 0}},
		{"port", {.present = 1, .port = 1}, {.present = 1, .port = 256}},
		{"delta", {.delta = -1}, {.delta = 1}},
		{"name", {.name = ""}, {.name = NULL}},
		{"name,other", {.name = "a", .other = "bc"}, {.name = "ab", .other = "c"}},
		{"name,other", {.name = "a"}, {.other = "a"}},
		{"bytes", {.bytes = {"a\0b", 3}}, {.bytes = {"a\0c", 3}}},
		{"addr", {.addr = {.family = AF_INET}}, {.addr = {.family = AF_INET6}}},
		{"addr", {.addr = {.family = AF_INET6, .scope_id = 1}},
			{.addr = {.family = AF_INET6, .scope_id = 2}}},
		{"end", {.end = {.port = 1}}, {.end = {.port = 2}}},
		{"end", {.end = {.host = "a"}}, {.end = {.service = "a"}}},
		{"end", {.end = {.host = "@a\0b", .host_len = 4}},
			{.end = {.host = "@a\0c", .host_len = 4}}},
		{"parts", {.parts = {parts, 2}}, {.parts = {parts, 1}}},
		{"parts", {.parts = {parts, 2}}, {.parts = {others, 2}}},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(pairs); i++) {
		struct row again = pairs[i].a;

		if (same(pairs[i].spec, &pairs[i].a, &pairs[i].b))
			fail_msg("pair %zu: the same by %s", i, pairs[i].spec);
		assert_true(same("all", &pairs[i].a, &again));
		/* What is not looked at makes no difference. */
		assert_true(same("count", &pairs[i].a, &pairs[i].b));
	}
	/* An unset port is none, whatever stands there; a name without a text is its number. */
	assert_true(same("port", &(struct row){.port = 1}, &(struct row){.port = 2}));
	assert_false(same("state", &(struct row){.state = 98}, &(struct row){.state = 99}));
}

static char *families_text(const char *spec, const struct skt_metric *families,
	size_t families_count, const struct row *rows, size_t count)
{
	struct skt_selection selection = choose(spec);
	int fd = memfd_create("rows", MFD_CLOEXEC);
	struct skt_output *output;
	struct skt_sink sink;
	off_t size;
	char *text;

	skt_sink_init(&sink, fd);
	assert_int_equal(skt_output_begin(&sink,
				 &(struct skt_output_config){
					 .format = SKT_FORMAT_OPENMETRICS,
					 .selection = &selection,
					 .row_size = sizeof(struct row),
					 .metrics = families,
					 .metrics_count = families_count,
				 },
				 &output),
		0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(skt_output_row(output, &rows[i]), 0);
	assert_int_equal(skt_output_end(output), 0);
	skt_sink_fini(&sink);
	skt_selection_fini(&selection);
	size = lseek(fd, 0, SEEK_END);
	text = calloc(1, (size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(pread(fd, text, (size_t)size, 0), size);
	(void)close(fd);
	return text;
}

static char *metrics(const char *spec, const struct row *rows, size_t count)
{
	struct skt_selection selection = choose(spec);
	const struct skt_metric families[] = {{"things", "Things.", selection.count - 1, 0}};

	skt_selection_fini(&selection);
	return families_text(spec, families, 1, rows, count);
}

#define HEAD "# TYPE things gauge\n# HELP things Things.\n"

static void expect_metrics(
	const char *spec, const struct row *rows, size_t count, const char *expected)
{
	char *text = metrics(spec, rows, count);

	assert_string_equal(text, expected);
	free(text);
}

static void test_metrics(void **state)
{
	static const struct part parts[] = {{1, "a\""}, {2, "\\b"}};
	const struct row rows[] = {
		{
			.present = 1,
			.flag = true,
			.state = 1,
			.port = 65535,
			.count = UINT64_MAX,
			.delta = -5,
			.name = "n",
			.bytes = {"\0\xff\n\t\x7f", 5},
			.addr = {.family = AF_INET6, .bytes = {[15] = 1}},
			.end = {.addr = {.family = AF_INET, .bytes = {127, 0, 0, 1}}, .port = 1},
			.parts = {parts, 2},
		},
		{.count = 0},
	};

	(void)state;
	expect_metrics("all", rows, 2,
		HEAD "things{flag=\"true\",state=\"OPEN\",port=\"65535\",delta=\"-5\",name=\"n\","
		     "other=\"\",bytes=\"\\\\x00\\\\xff\\\\n\\\\t\\\\x7f\",addr=\"::1\","
		     "end=\"127.0.0.1:1\",parts=\"a\\\",\\\\\\\\b\"} 18446744073709551615\n"
		     "things{flag=\"false\",state=\"\",port=\"\",delta=\"0\",name=\"\",other=\"\","
		     "bytes=\"\",addr=\"\",end=\"\",parts=\"\"} 0\n# EOF\n");
	expect_metrics("count", rows, 1, HEAD "things 18446744073709551615\n# EOF\n");
	expect_metrics("name,count", rows, 0, HEAD "# EOF\n");
}

/* The samples of a family stand together; what is absent is no sample. */
static void test_metrics_of_several_families(void **state)
{
	static const struct skt_metric families[] = {
		{"all", "All.", 1, 0}, {"wait_seconds", "Ports.", 0, 1000}};
	const struct row rows[] = {
		{.name = "a", .count = 1}, {.present = 1, .name = "b", .count = 2, .port = 7}};
	char *text = families_text("name,count,port", families, 2, rows, 2);

	(void)state;
	assert_string_equal(text,
		"# TYPE all gauge\n# HELP all All.\nall{name=\"a\"} 1\nall{name=\"b\"} 2\n"
		"# TYPE wait_seconds gauge\n# UNIT wait_seconds seconds\n# HELP wait_seconds Ports.\nwait_seconds 0.007\n# EOF\n");
	free(text);
}

/* Every byte in a label, before an unmapped page: no quote, newline or control byte gets out. */
static void test_metrics_of_any_bytes(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		const char pattern[] = {'a', (char)byte, 'b', (char)byte};
		const struct row row = {
			.bytes = {guard_copy(pattern, sizeof(pattern)), sizeof(pattern)}};
		char *text = metrics("bytes,count", &row, 1), *p = text + strlen(HEAD);

		assert_memory_equal(p, "things{bytes=\"a", 15);
		for (p += 14; *p != '"'; p++) {
			assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
			if (*p == '\\')
				assert_non_null(strchr("\\\"n", *++p));
		}
		assert_string_equal(p, "\"} 0\n# EOF\n");
		free(text);
	}
	guard_free_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_keep),
		unit_test(test_key),
		unit_test(test_metrics),
		unit_test(test_metrics_of_several_families),
		unit_test(test_metrics_of_any_bytes),
	};

	return cmocka_run_group_tests_name("row", tests, NULL, NULL);
}
