/* Rows in every format, and what happens when they cannot be written. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "out/output.h"
#include "unit.h"

static const char *const states[] = {NULL, "OPEN", "WEIRD,\"\n"};
static const uint8_t tones[] = {SKT_TONE_PLAIN, SKT_TONE_GOOD, SKT_TONE_BAD};

struct part {
	uint32_t pid;
	const char *name;
};

struct row {
	uint64_t present;
	bool flag;
	uint8_t state, small;
	uint16_t port;
	uint32_t wait_ms;
	uint64_t big, queue;
	int64_t delta;
	const char *name;
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

static enum skt_tone port_tone(const void *row)
{
	return ((const struct row *)row)->port == 7 ? SKT_TONE_BAD : SKT_TONE_PLAIN;
}

static const struct skt_column table[] = {
	SKT_COLUMN(struct row, flag),
	SKT_COLUMN_NAME(struct row, "state", state, states, .tones = tones),
	SKT_COLUMN(struct row, small),
	SKT_COLUMN(struct row, port, .present = SKT_PRESENT(0), .tone_of = port_tone),
	SKT_COLUMN(struct row, wait_ms, .unit = SKT_UNIT_MS),
	SKT_COLUMN(struct row, big, .present = SKT_PRESENT(63)),
	SKT_COLUMN(struct row, queue, .unit = SKT_UNIT_BYTES),
	SKT_COLUMN(struct row, delta),
	SKT_COLUMN(struct row, name),
	SKT_COLUMN(struct row, addr),
	SKT_COLUMN(struct row, end),
	SKT_COLUMN_AS(struct row, "end_address", end, .flags = SKT_COLUMN_BARE),
	SKT_COLUMN(struct row, parts, .items = part_columns, .item_size = sizeof(struct part),
		.item_text = part_text, .item_brief = part_text),
	SKT_COLUMN_AS(struct row, "titled", small, .title = "T", .flags = SKT_COLUMN_LEFT),
	SKT_COLUMN_END,
};

#define ALL (UINT64_MAX)
#define V4(a, b, c, d) \
	{ \
		.family = AF_INET, .bytes = { a, b, c, d } \
	}
#define ROW(...) \
	(struct row) \
	{ \
		__VA_ARGS__ \
	}

/* How rows are rendered in a test; the rest of the configuration is usual. */
struct shape {
	enum skt_format format;
	const char *columns, *sort;
	bool no_header, color, flush_rows, exact, blocks;
	const struct skt_column *table; /* NULL: the usual one */
	unsigned int width;
};

#define AS(name, spec) .format = SKT_FORMAT_##name, .columns = (spec)

static int render_to(
	int fd, const struct shape *shape, const struct row *rows, size_t count, size_t repeat)
{
	struct skt_selection selection;
	struct skt_sort sort = {0};
	struct skt_output *output;
	struct skt_sink sink;
	int rc = 0, row_rc = 0, end_rc;

	assert_int_equal(skt_selection_parse(shape->table ? shape->table : table, shape->columns, 0,
				 NULL, &selection, NULL),
		0);
	if (shape->sort)
		assert_int_equal(skt_sort_parse(table, shape->sort, &sort, NULL), 0);
	skt_sink_init(&sink, fd);
	assert_int_equal(skt_output_begin(&sink,
				 &(struct skt_output_config){
					 .format = shape->format,
					 .selection = &selection,
					 .sort = shape->sort ? &sort : NULL,
					 .row_size = sizeof(struct row),
					 .header = !shape->no_header,
					 .color = shape->color,
					 .width = shape->width,
					 .exact = shape->exact,
					 .blocks = shape->blocks,
					 .flush_rows = shape->flush_rows,
				 },
				 &output),
		0);
	for (size_t i = 0; i < count * repeat; i++) {
		rc = skt_output_row(output, &rows[i % count]);
		if (row_rc)
			assert_int_equal(rc, row_rc); /* the first failure stays */
		row_rc = rc;
	}
	assert_int_equal(skt_output_count(output), count * repeat);
	end_rc = skt_output_end(output);
	if (row_rc)
		assert_int_equal(end_rc, row_rc);
	skt_sink_fini(&sink);
	skt_sort_fini(&sort);
	skt_selection_fini(&selection);
	return end_rc;
}

/* The rendered text, NUL-terminated; freed by the caller. */
static char *render(const struct shape *shape, const struct row *rows, size_t count, size_t repeat)
{
	int fd = memfd_create("rows", MFD_CLOEXEC);
	off_t size;
	char *text;

	assert_true(fd >= 0);
	assert_int_equal(render_to(fd, shape, rows, count, repeat), 0);
	size = lseek(fd, 0, SEEK_END);
	text = malloc((size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(pread(fd, text, (size_t)size, 0), size);
	text[size] = '\0';
	assert_int_equal(strlen(text), size);
	(void)close(fd);
	return text;
}

static void assert_renders(
	const struct shape *shape, const struct row *rows, size_t count, const char *expected)
{
	char *text = render(shape, rows, count, 1);

	assert_string_equal(text, expected);
	free(text);
}

/* A validator of JSON (RFC 8259), small and strict; returns what follows the value, or NULL. */
static const char *json_value(const char *p);

static const char *json_string(const char *p)
{
	if (*p++ != '"')
		return NULL;
	while (*p != '"') {
		uint32_t code;
		size_t n;

		if ((unsigned char)*p < 0x20)
			return NULL;
		if (*p == '\\') {
			p++;
			if (!*p || !strchr("\"\\/bfnrtu", *p))
				return NULL;
			if (*p == 'u' && strspn(p + 1, "0123456789abcdefABCDEF") < 4)
				return NULL;
			p += *p == 'u' ? 5 : 1;
			continue;
		}
		n = skt_utf8_decode(p, strlen(p), &code);
		if (!n)
			return NULL;
		p += n;
	}
	return p + 1;
}

static const char *json_space(const char *p)
{
	return p ? p + strspn(p, " \t\r\n") : NULL;
}

static const char *json_sequence(const char *p, char close, bool keys)
{
	p = json_space(p + 1);
	if (p && *p == close)
		return p + 1;
	while (p) {
		if (keys) {
			p = json_space(json_string(p));
			if (!p || *p++ != ':')
				return NULL;
		}
		p = json_space(json_value(json_space(p)));
		if (p && *p == close)
			return p + 1;
		if (!p || *p++ != ',')
			return NULL;
		p = json_space(p);
	}
	return NULL;
}

static const char *json_value(const char *p)
{
	static const char *const words[] = {"true", "false", "null"};
	char *end;

	if (*p == '"')
		return json_string(p);
	if (*p == '{')
		return json_sequence(p, '}', true);
	if (*p == '[')
		return json_sequence(p, ']', false);
	for (size_t i = 0; i < SKT_COUNT(words); i++)
		if (strncmp(p, words[i], strlen(words[i])) == 0)
			return p + strlen(words[i]);
	if (*p != '-' && (*p < '0' || *p > '9'))
		return NULL;
	(void)strtod(p, &end);
	return end > p ? end : NULL;
}

static void assert_json(const char *text)
{
	const char *end = json_space(json_value(json_space(text)));

	assert_non_null(end);
	assert_int_equal(*end, '\0');
}

static const struct part parts[] = {{1, "init"}, {4000000000, "a,\"\033"}};

/* One row with everything, one with nothing. */
static const struct row samples[] = {
	{
		.present = ALL,
		.flag = true,
		.state = 1,
		.small = 255,
		.port = 65535,
		.wait_ms = 65000,
		.big = UINT64_MAX,
		.queue = 1536,
		.delta = INT64_MIN,
		.name = "x \"y\"",
		.addr = {.family = AF_INET6, .bytes = {0xfe, 0x80, [15] = 1}, .scope_id = 2},
		.end = {.addr = V4(127, 0, 0, 1), .port = 22},
		.parts = {parts, 2},
	},
	{0},
};

static void renders_json(void **state)
{
	static const char full[] =
		"{\"flag\":true,\"state\":\"OPEN\",\"small\":255,\"port\":65535,\"wait_ms\":65000,"
		"\"big\":18446744073709551615,\"queue\":1536,\"delta\":-9223372036854775808,"
		"\"name\":\"x \\\"y\\\"\",\"addr\":\"fe80::1%2\",\"end\":\"127.0.0.1:22\","
		"\"end_address\":\"127.0.0.1\",\"parts\":[{\"pid\":1,\"name\":\"init\"},"
		"{\"pid\":4000000000,\"name\":\"a,\\\"\\u001b\"}],\"titled\":255}";
	static const char none[] =
		"{\"flag\":false,\"state\":null,\"small\":0,\"port\":null,\"wait_ms\":0,"
		"\"big\":null,\"queue\":0,\"delta\":0,\"name\":null,\"addr\":null,\"end\":null,"
		"\"end_address\":null,\"parts\":[],\"titled\":0}";
	char expected[2048];

	(void)state;
	(void)snprintf(expected, sizeof(expected), "%s\n%s\n", full, none);
	assert_renders(&(struct shape){AS(JSONL, "all")}, samples, 2, expected);
	(void)snprintf(expected, sizeof(expected), "[\n%s,\n%s\n]\n", full, none);
	assert_renders(&(struct shape){AS(JSON, "all")}, samples, 2, expected);
	assert_json(expected);
	(void)snprintf(expected, sizeof(expected), "[\n%s\n]\n", full);
	assert_renders(&(struct shape){AS(JSON, "all")}, samples, 1, expected);
}

static void renders_csv(void **state)
{
	(void)state;
	assert_renders(&(struct shape){AS(CSV, "all")}, samples, 2,
		"flag,state,small,port,wait_ms,big,queue,delta,name,addr,end,end_address,parts,"
		"titled\n"
		"true,OPEN,255,65535,65000,18446744073709551615,1536,-9223372036854775808,"
		"\"x \"\"y\"\"\",fe80::1%2,127.0.0.1:22,127.0.0.1,\"init,a,\"\"\\e\",255\n"
		"false,,0,,0,,0,0,,,,,,0\n");
	assert_renders(
		&(struct shape){AS(CSV, "name"), .no_header = true}, samples + 1, 1, "\"\"\n");
	assert_renders(&(struct shape){AS(CSV, "state"), .no_header = true}, &ROW(.state = 2), 1,
		"\"WEIRD,\"\"\\n\"\n");
}

static void renders_table(void **state)
{
	(void)state;
	assert_renders(&(struct shape){AS(TABLE, "all")}, samples, 2,
		"FLAG  STATE  SMALL   PORT  WAIT-MS                   BIG  QUEUE"
		"                 DELTA  NAME   ADDR       END           END-ADDRESS  PARTS"
		"       T\n"
		"yes   OPEN     255  65535   1min5s  18446744073709551615   1.5K"
		"  -9223372036854775808  x \"y\"  fe80::1%2  127.0.0.1:22  127.0.0.1"
		"    init,a,\"\\e  255\n"
		"no    -          0      -       0s                     -      0"
		"                     0  -      -          *:*           *            -"
		"           0\n");
}

static const struct skt_column prose[] = {
	SKT_COLUMN(struct row, small),
	SKT_COLUMN_AS(struct row, "prose", name, .flags = SKT_COLUMN_PROSE),
	SKT_COLUMN_END,
};

static const struct skt_column unfolded[] = {
	SKT_COLUMN_NAME(struct row, "state", state, states, .flags = SKT_COLUMN_TABLE),
	SKT_COLUMN(struct row, name, .flags = SKT_COLUMN_TABLE),
	SKT_COLUMN(struct row, port, .flags = SKT_COLUMN_TABLE, .present = SKT_PRESENT(0)),
	SKT_COLUMN(struct row, big, .group = "numbers"),
	SKT_COLUMN(struct row, queue, .unit = SKT_UNIT_BYTES, .group = "numbers"),
	SKT_COLUMN(struct row, delta, .group = "numbers"),
	SKT_COLUMN_END,
};

static const struct skt_column spread[] = {
	SKT_COLUMN_NAME(struct row, "state", state, states, .flags = SKT_COLUMN_TABLE),
	SKT_COLUMN(struct row, name, .flags = SKT_COLUMN_TABLE),
	SKT_COLUMN(struct row, addr, .flags = SKT_COLUMN_TABLE),
	SKT_COLUMN(struct row, port, .flags = SKT_COLUMN_TABLE, .present = SKT_PRESENT(0)),
	SKT_COLUMN_AS(struct row, "a_number_with_a_long_name", big),
	SKT_COLUMN_END,
};

/* On a terminal: nothing wraps, what nobody has is left out, numbers and ports are whole. */
static void fits_terminals(void **state)
{
	const struct part three[] = {{1, "init"}, {2, "a"}, {3, "b"}};
	const struct row rows[] = {
		{.name = "/usr/lib/something/very-long",
			.big = 12345678901234,
			.present = ALL,
			.end = {.addr = V4(192, 168, 100, 200), .port = 65535},
			.parts = {three, 3}},
		{.name = "ö", .end = {.host = "a-host.of-a-domain.example", .port = 80}},
	};
	const struct row said = {.small = 1,
		.name = "What a long sentence: it goes on in lines of its own, "
			"and averyveryveryverylongwordofmanyletters is broken"};

	(void)state;
	assert_renders(&(struct shape){AS(TABLE, "name,addr,big,end,parts"), .width = 200}, rows, 2,
		"NAME                                     BIG  END                            PARTS\n"
		"/usr/lib/something/very-long  12345678901234  192.168.100.200:65535          init,a,b\n"
		"ö                                          -  a-host.of-a-domain.example:80  -\n");
	assert_renders(&(struct shape){AS(TABLE, "name,addr,big,end,parts"), .width = 60}, rows, 2,
		"NAME                BIG END                           PARTS\n"
		"/usr/li… 12345678901234 192.168.100.200:65535         init+2\n"
		"ö                     - a-host.of-a-domain.example:80 -\n");
	assert_renders(&(struct shape){AS(TABLE, "small,prose"), .width = 40, .table = prose},
		&said, 1,
		"SMALL PROSE\n"
		"    1 What a long sentence: it goes on\n"
		"      in lines of its own, and\n"
		"      averyveryveryverylongwordofmanylet\n"
		"      ters is broken\n");
	assert_renders(&(struct shape){AS(TABLE, "addr,small"), .width = 60, .exact = true}, rows,
		1, "ADDR  SMALL\n-         0\n");
	assert_renders(&(struct shape){AS(TABLE, "addr,name"), .width = 60}, rows + 1, 0, "");
}

/* What no line has room for, and what is asked for: blocks. */
static void unfolds(void **state)
{
	const struct row row = {.present = ALL,
		.state = 1,
		.port = 7,
		.big = UINT64_MAX,
		.queue = 1536,
		.name = "x",
		.delta = -1};
	const struct row wide = {.name = "a-text-without-any-blank-that-no-line-takes,"
					 "and,then,a,list,of,words,that,goes,on"};
	const struct shape all = {.table = unfolded, .columns = "all", .width = 40};
	struct shape few = {.table = unfolded, .columns = "name,queue", .width = 40};

	(void)state;
	assert_renders(&all, &row, 1,
		"OPEN  x\n"
		"             port 7\n"
		"numbers      big 18446744073709551615\n"
		"             queue 1.5K\n"
		"             delta -1\n");
	assert_renders(&few, &row, 1, "NAME  QUEUE\nx      1.5K\n");
	few.blocks = true;
	assert_renders(&few, &row, 1, "x\nnumbers      queue 1.5K\n");
	assert_renders(&few, &row, 0, "");
	assert_renders(&few, &wide, 1,
		"a-text-without-any-blank-that-no-line-ta\n"
		"             kes,and,then,a,list,of,\n"
		"             words,that,goes,on\n"
		"numbers      queue 0\n");
	few.color = true;
	few.columns = "queue";
	assert_renders(&few, &row, 1, "-\n\033[2mnumbers\033[0m      \033[2mqueue\033[0m 1.5K\n");
}

/* The texts of several rows stand below each other, as far as a line has room for them. */
static void unfolds_in_columns(void **state)
{
	const struct row rows[] = {
		{.present = ALL,
			.state = 1,
			.port = 7,
			.name = "a-long-one",
			.addr = V4(192, 168, 100, 200)},
		{.present = ALL, .state = 1, .addr = V4(10, 0, 0, 1)},
		{.name = "x", .addr = V4(10, 0, 0, 2)},
	};
	struct row longer[2] = {rows[0], rows[1]};
	struct shape shape = {.table = spread, .columns = "all", .width = 45};

	(void)state;
	assert_renders(&shape, rows, 3,
		"OPEN  a-long-one  192.168.100.200\n"
		"             port 7\n"
		"             a_number_with_a_long_name 0\n"
		"OPEN              10.0.0.1\n"
		"             port 0\n"
		"             a_number_with_a_long_name 0\n"
		"      x           10.0.0.2\n"
		"             a_number_with_a_long_name 0\n");
	/* One blank between them where two are too many; what does not fit then goes on below. */
	longer[0].name = "eighteen-letters-x";
	shape.width = 40;
	assert_renders(&shape, longer, 2,
		"OPEN eighteen-letters-x 192.168.100.200\n"
		"             port 7\n"
		"             a_number_with_a_long_name 0\n"
		"OPEN                    10.0.0.1\n"
		"             port 0\n"
		"             a_number_with_a_long_name 0\n");
	longer[0].name = "twenty-four-letters-of-it";
	assert_renders(&shape, longer, 1,
		"OPEN twenty-four-letters-of-it\n"
		"             192.168.100.200\n"
		"             port 7\n"
		"             a_number_with_a_long_name 0\n");
}

static void renders_no_rows(void **state)
{
	(void)state;
	assert_renders(&(struct shape){AS(TABLE, "port,name")}, NULL, 0, "PORT  NAME\n");
	assert_renders(&(struct shape){AS(TABLE, "port"), .no_header = true}, NULL, 0, "");
	assert_renders(&(struct shape){AS(TABLE, "port"), .flush_rows = true}, NULL, 0, " PORT\n");
	assert_renders(&(struct shape){AS(JSON, "port")}, NULL, 0, "[]\n");
	assert_renders(&(struct shape){AS(JSON, "port"), .sort = "port"}, NULL, 0, "[]\n");
	assert_renders(&(struct shape){AS(JSONL, "port")}, NULL, 0, "");
	assert_renders(&(struct shape){AS(CSV, "port,name")}, NULL, 0, "port,name\n");
	assert_renders(&(struct shape){AS(CSV, "port"), .no_header = true}, NULL, 0, "");
}

static void renders_ends(void **state)
{
	static const struct {
		struct skt_end end;
		const char *csv, *json, *cell;
	} ends[] = {
		{.end = {.addr = V4(0, 0, 0, 0), .port = 22},
			.csv = "0.0.0.0:22",
			"\"0.0.0.0:22\"",
			"0.0.0.0:22"},
		{.end = {.addr = V4(0, 0, 0, 0)}, .csv = "0.0.0.0:*", "\"0.0.0.0:*\"", "0.0.0.0:*"},
		{.end = {.addr = {.family = AF_INET6}, .port = 22},
			.csv = "[::]:22",
			"\"[::]:22\"",
			"[::]:22"},
		{.end = {.addr = {.family = AF_INET6, .bytes = {[15] = 1}}, .port = 65535},
			.csv = "[::1]:65535",
			"\"[::1]:65535\"",
			"[::1]:65535"},
		{.end = {.port = 22}, .csv = "*:22", "\"*:22\"", "*:22"},
		{.end = {.port = 0}, .csv = "\"\"", "null", "*:*"},
		{.end = {.port = 22, .host = "host", .service = "ssh"},
			.csv = "host:ssh",
			"\"host:ssh\"",
			"host:ssh"},
		{.end = {.addr = V4(1, 2, 3, 4), .service = "ssh", .port = 22},
			.csv = "1.2.3.4:ssh",
			"\"1.2.3.4:ssh\"",
			"1.2.3.4:ssh"},
		{.end = {.addr = {.family = AF_INET6}, .service = "ssh"},
			.csv = "[::]:ssh",
			"\"[::]:ssh\"",
			"[::]:ssh"},
		{.end = {.addr = V4(1, 2, 3, 4), .host = "h\033", .port = 22},
			.csv = "h\\e:22",
			"\"h\\u001b:22\"",
			"h\\e:22"},
		{.end = {.addr = V4(1, 2, 3, 4), .host = "fe80::1%eth0"},
			.csv = "[fe80::1%eth0]:*",
			"\"[fe80::1%eth0]:*\"",
			"[fe80::1%eth0]:*"},
		{.end = {.service = ",\"\n"},
			.csv = "\"*:,\"\"\\n\"",
			"\"*:,\\\"\\n\"",
			"*:,\"\\n"},
	};
	char expected[256];

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(ends); i++) {
		struct row row = {.end = ends[i].end};

		(void)snprintf(expected, sizeof(expected), "%s\n", ends[i].csv);
		assert_renders(
			&(struct shape){AS(CSV, "end"), .no_header = true}, &row, 1, expected);
		(void)snprintf(expected, sizeof(expected), "{\"end\":%s}\n", ends[i].json);
		assert_renders(&(struct shape){AS(JSONL, "end")}, &row, 1, expected);
		(void)snprintf(expected, sizeof(expected), "%s\n", ends[i].cell);
		assert_renders(
			&(struct shape){AS(TABLE, "end"), .no_header = true}, &row, 1, expected);
	}
	assert_renders(&(struct shape){AS(CSV, "end_address"), .no_header = true},
		&ROW(.end = {.host = "fe80::1", .port = 1, .service = "x"}), 1, "fe80::1\n");
	assert_renders(&(struct shape){AS(JSONL, "end_address")}, &ROW(.end = {.port = 1}), 1,
		"{\"end_address\":null}\n");
}

static void assert_cell(const char *column, const struct row *row, const char *expected)
{
	char line[128];

	(void)snprintf(line, sizeof(line), "%s\n", expected);
	assert_renders(&(struct shape){SKT_FORMAT_TABLE, column, .no_header = true}, row, 1, line);
}

static void humanises_units(void **state)
{
	static const struct {
		uint64_t value;
		const char *text;
	} bytes[] = {{0, "0"}, {1023, "1023"}, {1024, "1K"}, {1535, "1.4K"}, {1536, "1.5K"},
		{65536, "64K"}, {102399, "99.9K"}, {1048575, "1023K"}, {1048576, "1M"},
		{UINT64_C(1) << 40, "1T"}, {UINT64_MAX, "15.9E"}};
	static const struct {
		uint32_t value;
		const char *text;
	} times[] = {{0, "0s"}, {1, "1ms"}, {999, "999ms"}, {1000, "1s"}, {1239, "1.23s"},
		{59999, "59.9s"}, {60000, "1min"}, {65000, "1min5s"}, {3599999, "59min59s"},
		{3600000, "1h"}, {3665000, "1h1min"}, {86400000, "1d"}, {UINT32_MAX, "49d17h"}};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(bytes); i++)
		assert_cell("queue", &ROW(.queue = bytes[i].value), bytes[i].text);
	for (size_t i = 0; i < SKT_COUNT(times); i++)
		assert_cell("wait_ms", &ROW(.wait_ms = times[i].value), times[i].text);
}

static void keeps_tables_harmless_and_aligned(void **state)
{
	const struct row rows[] = {
		{.name = "\xe6\xbc\xa2", .port = 1, .present = 1},
		{.name = "\033[2J\n", .port = 22, .present = 1},
		{.name = "", .port = 333, .present = 1},
	};

	(void)state;
	assert_renders(&(struct shape){AS(TABLE, "name,port")}, rows, 3,
		"NAME     PORT\n"
		"\xe6\xbc\xa2          1\n"
		"\\e[2J\\n    22\n"
		"          333\n");
	/* no trailing blanks, the last column is not padded */
	assert_renders(&(struct shape){AS(TABLE, "port,name")}, rows, 3,
		"PORT  NAME\n"
		"   1  \xe6\xbc\xa2\n"
		"  22  \\e[2J\\n\n"
		" 333\n");
}

static void narrows_gaps_to_the_terminal(void **state)
{
	const struct row row = {.name = "abcdefgh", .state = 1};

	(void)state;
	assert_renders(&(struct shape){AS(TABLE, "name,state"), .width = 15}, &row, 1,
		"NAME      STATE\nabcdefgh  OPEN\n");
	assert_renders(&(struct shape){AS(TABLE, "name,state"), .width = 14}, &row, 1,
		"NAME     STATE\nabcdefgh OPEN\n");
	/* nothing is cut, however narrow */
	assert_renders(&(struct shape){AS(TABLE, "name,state"), .width = 1}, &row, 1,
		"NAME     STATE\nabcdefgh OPEN\n");
}

/* What is newer than its names is shown by its number, never as if it were not there. */
static void numbers_what_has_no_name(void **state)
{
	const struct row rows[] = {{.state = 3}, {.state = 0}, {.state = 255}, {.state = 1}};

	(void)state;
	assert_renders(&(struct shape){AS(TABLE, "state"), .no_header = true}, rows, 4,
		"3\n-\n255\nOPEN\n");
	assert_renders(&(struct shape){AS(CSV, "state"), .no_header = true}, rows, 4,
		"3\n\"\"\n255\nOPEN\n");
	assert_renders(&(struct shape){AS(JSONL, "state")}, rows, 4,
		"{\"state\":\"3\"}\n{\"state\":null}\n{\"state\":\"255\"}\n"
		"{\"state\":\"OPEN\"}\n");
	assert_renders(&(struct shape){AS(CSV, "state"), .sort = "state", .no_header = true}, rows,
		4, "255\n3\nOPEN\n\"\"\n");
}

static void colours(void **state)
{
	const struct row rows[] = {{.state = 1}, {.state = 2}, {.state = 9}};
	const struct row ports[] = {{.present = ALL, .port = 7}, {.present = ALL, .port = 80}};

	(void)state;
	assert_renders(&(struct shape){AS(TABLE, "state,small"), .color = true}, rows, 3,
		"\033[1mSTATE      SMALL\033[0m\n"
		"\033[32mOPEN\033[0m           0\n"
		"\033[31mWEIRD,\"\\n\033[0m      0\n"
		"9              0\n");
	assert_renders(&(struct shape){AS(CSV, "state"), .color = true}, rows, 1, "state\nOPEN\n");
	assert_renders(&(struct shape){AS(TABLE, "port,small"), .color = true}, ports, 2,
		"\033[1mPORT  SMALL\033[0m\n"
		"   \033[31m7\033[0m      0\n"
		"  80      0\n");
	assert_renders(&(struct shape){AS(TABLE, "port")}, ports, 1, "PORT\n   7\n");
}

static void streams_behind_the_look_ahead(void **state)
{
	enum { COUNT = 3000 };
	struct row *rows = calloc(COUNT, sizeof(*rows));
	char *text, *line, *next;

	(void)state;
	assert_non_null(rows);
	for (size_t i = 0; i < COUNT; i++)
		rows[i].name = i == 2000 ? "this one is wider" : "four";
	text = render(&(struct shape){AS(TABLE, "name,small"), .no_header = true}, rows, COUNT, 1);
	line = text;
	for (size_t i = 0; i < COUNT; i++, line = next) {
		next = strchr(line, '\n');
		assert_non_null(next);
		*next++ = '\0';
		assert_string_equal(line, i == 2000 ? "this one is wider  0" : "four  0");
	}
	assert_string_equal(line, "");
	free(text);
	free(rows);
}

/* One monstrous cell neither pads all others nor gets lost. */
static void bears_long_texts(void **state)
{
	static char longest[200001];
	const struct row rows[] = {{.name = "a"}, {.name = longest}, {.name = "b"}};
	const struct shape shapes[] = {{AS(TABLE, "name,small"), .no_header = true},
		{AS(JSONL, "name,small")}, {AS(CSV, "name,small"), .no_header = true}};
	const size_t others[] = {2 * 67 + 4, 25 * 3 - 1, 2 * 4 + 3};

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	for (size_t i = 0; i < SKT_COUNT(shapes); i++) {
		char *text = render(&shapes[i], rows, 3, 1);

		assert_non_null(strstr(text, longest));
		assert_in_range(strlen(text), sizeof(longest) - 1 + others[i] - 10,
			sizeof(longest) - 1 + others[i] + 10);
		free(text);
	}
}

static void flushes_each_row(void **state)
{
	static const char *const lines[] = {"STATE       PORT\n", "OPEN           1\n"};
	const struct row row = {.state = 1, .port = 1, .present = 1};
	struct skt_selection selection;
	struct skt_output *output;
	struct skt_sink sink;
	char text[256];
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(skt_selection_parse(table, "state,port", 0, NULL, &selection, NULL), 0);
	skt_sink_init(&sink, fds[1]);
	assert_int_equal(
		skt_output_begin(&sink,
			&(struct skt_output_config){
				.selection = &selection, .header = true, .flush_rows = true},
			&output),
		0);
	/* The heading waits for the first row, or for who wants it to be seen. */
	assert_int_equal(read(fds[0], text, sizeof(text)), -1);
	assert_int_equal(skt_sink_flush(&sink), 0);
	assert_int_equal(read(fds[0], text, sizeof(text)), strlen(lines[0]));
	assert_memory_equal(text, lines[0], strlen(lines[0]));
	assert_int_equal(skt_output_row(output, &row), 0);
	assert_int_equal(read(fds[0], text, sizeof(text)), strlen(lines[1]));
	assert_memory_equal(text, lines[1], strlen(lines[1]));
	assert_int_equal(skt_output_end(output), 0);
	skt_sink_fini(&sink);
	skt_selection_fini(&selection);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void sorts_stably(void **state)
{
	enum { COUNT = 5000 };
	struct row *rows = calloc(COUNT, sizeof(*rows));
	char *text, *p;
	uint64_t before_key = 0, before_order = 0;

	(void)state;
	assert_non_null(rows);
	for (size_t i = 0; i < COUNT; i++) {
		rows[i].small = (uint8_t)(i * 7919 % 13);
		rows[i].queue = i;
	}
	text = render(&(struct shape){AS(CSV, "small,queue"), .sort = "small", .no_header = true},
		rows, COUNT, 1);
	p = text;
	for (size_t i = 0; i < COUNT; i++) {
		uint64_t key = strtoull(p, &p, 10), order = strtoull(p + 1, &p, 10);

		assert_true(
			i == 0 || key > before_key || (key == before_key && order > before_order));
		before_key = key;
		before_order = order;
	}
	assert_string_equal(p, "\n");
	free(text);
	free(rows);
	assert_renders(&(struct shape){AS(JSONL, "port"), .sort = "-port"},
		(const struct row[]){{.port = 1, .present = 1}, {0}, {.port = 2, .present = 1}}, 3,
		"{\"port\":2}\n{\"port\":1}\n{\"port\":null}\n");
}

static const struct shape every_shape[] = {
	{AS(TABLE, "all")},
	{AS(JSON, "all")},
	{AS(JSONL, "all")},
	{AS(CSV, "all")},
	{AS(TABLE, "all"), .flush_rows = true},
	{AS(JSON, "all"), .sort = "name"},
};

/* A failure shows while rows are written or, when little was written, at the end. */
static void assert_fails_on(int fd, int failure)
{
	for (size_t i = 0; i < SKT_COUNT(every_shape); i++) {
		assert_int_equal(render_to(fd, &every_shape[i], samples, 2, 2000), failure);
		assert_int_equal(render_to(fd, &every_shape[i], samples, 2, 1), failure);
	}
}

static void reports_what_cannot_be_written(void **state)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC), fds[2];

	(void)state;
	assert_true(fd >= 0);
	assert_fails_on(fd, -ENOSPC);
	(void)close(fd);
	assert_fails_on(fd, -EBADF);
	assert_int_equal(sigaction(SIGPIPE, &ignore, &before), 0);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	(void)close(fds[0]);
	assert_fails_on(fds[1], -EPIPE);
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	assert_fails_on(fds[1], -EPIPE);
	(void)close(fds[1]);
	assert_int_equal(sigaction(SIGPIPE, &before, NULL), 0);
}

/* The first failure ends it: what comes later is dropped, not written behind a gap. */
static void keeps_the_first_failure(void **state)
{
	struct skt_sink sink;
	int fd = memfd_create("sink", MFD_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	skt_sink_init(&sink, -1);
	skt_str_add_text(&sink.pending, "lost");
	assert_int_equal(skt_sink_flush(&sink), -EBADF);
	sink.fd = fd;
	skt_str_add_text(&sink.pending, "late");
	assert_int_equal(skt_sink_flush(&sink), -EBADF);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	skt_sink_fini(&sink);
	skt_sink_init(&sink, fd);
	sink.pending.failed = true;
	skt_sink_settle(&sink);
	assert_int_equal(sink.failed, -ENOMEM);
	skt_sink_fini(&sink);
	(void)close(fd);
}

struct drain {
	int fd;
	size_t bytes;
};

static void *drain_run(void *arg)
{
	struct drain *drain = arg;
	char buffer[512];
	ssize_t n;

	while ((n = read(drain->fd, buffer, sizeof(buffer))) > 0)
		drain->bytes += (size_t)n;
	return NULL;
}

static void waits_for_a_pipe_that_would_block(void **state)
{
	const struct shape shape = {AS(JSONL, "all")};
	struct drain drain = {0};
	pthread_t thread;
	char *text;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	(void)fcntl(fds[1], F_SETPIPE_SZ, 4096);
	drain.fd = fds[0];
	assert_int_equal(pthread_create(&thread, NULL, drain_run, &drain), 0);
	assert_int_equal(render_to(fds[1], &shape, samples, 2, 1000), 0);
	(void)close(fds[1]);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(fds[0]);
	text = render(&shape, samples, 2, 1000);
	assert_int_equal(drain.bytes, strlen(text));
	free(text);
}

/* What malloc() has taken from the system. */
static size_t heap_size(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.arena + info.hblkhd;
}

static void streams_in_bounded_memory(void **state)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	for (enum skt_format format = SKT_FORMAT_TABLE; format <= SKT_FORMAT_CSV; format++) {
		const struct shape shape = {.format = format, .columns = "state,port,big,name,end"};
		size_t before = heap_size();

		assert_int_equal(render_to(fd, &shape, samples, 2, 500000), 0);
		/* In use no more, but not yet given back: within what rendering may ever take. */
		assert_in_range(heap_size(), 0, before + 2 * 1024 * 1024);
	}
	(void)close(fd);
}

static void survives_every_byte_in_json(void **state)
{
	char names[256][4], *text;
	struct row rows[256];

	(void)state;
	for (size_t i = 0; i < 256; i++) {
		memcpy(names[i], (char[]){(char)i, 'x', (char)(255 - i), '\0'}, 4);
		rows[i] = ROW(.present = i % 2, .name = names[i], .state = (uint8_t)i,
			.end = {.host = i % 3 ? NULL : names[i], .service = names[i]},
			.parts = {parts, i % 3});
	}
	text = render(&(struct shape){AS(JSON, "all")}, rows, 256, 1);
	assert_json(text);
	free(text);
}

/* Whether a table of this one column ends the process before it writes anything. */
static bool is_refused(struct skt_column column)
{
	const struct skt_column *columns[] = {&column};
	const struct skt_selection selection = {columns, 1};
	const struct skt_output_config config = {
		.selection = &selection, .row_size = sizeof(struct row)};
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		const int traps[] = {SIGILL, SIGTRAP};
		struct skt_output *output;
		struct skt_sink sink;

		/* A sanitizer or the harness may catch it: it shall end like any other. */
		for (size_t i = 0; i < SKT_COUNT(traps); i++)
			(void)signal(traps[i], SIG_DFL);
		(void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		skt_sink_init(&sink, -1);
		_exit(skt_output_begin(&sink, &config, &output) ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && (WTERMSIG(status) == SIGILL || WTERMSIG(status) == SIGTRAP);
}

static void refuses_columns_that_cannot_be(void **state)
{
	struct skt_column good = SKT_COLUMN(struct row, big), bad;

	(void)state;
	assert_false(is_refused(good));
	bad = good;
	bad.offset = sizeof(struct row);
	assert_true(is_refused(bad));
	bad = good;
	bad.present = 65;
	assert_true(is_refused(bad));
	bad = good;
	bad.type = SKT_TYPE_NAME;
	assert_true(is_refused(bad));
	bad = good;
	bad.type = SKT_TYPE_LIST;
	assert_true(is_refused(bad));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(renders_json),
		unit_test(renders_csv),
		unit_test(renders_table),
		unit_test(fits_terminals),
		unit_test(unfolds),
		unit_test(unfolds_in_columns),
		unit_test(renders_no_rows),
		unit_test(renders_ends),
		unit_test(humanises_units),
		unit_test(keeps_tables_harmless_and_aligned),
		unit_test(narrows_gaps_to_the_terminal),
		unit_test(numbers_what_has_no_name),
		unit_test(colours),
		unit_test(streams_behind_the_look_ahead),
		unit_test(bears_long_texts),
		unit_test(flushes_each_row),
		unit_test(sorts_stably),
		unit_test(reports_what_cannot_be_written),
		unit_test(keeps_the_first_failure),
		unit_test(waits_for_a_pipe_that_would_block),
		unit_test(streams_in_bounded_memory),
		unit_test(survives_every_byte_in_json),
		unit_test(refuses_columns_that_cannot_be),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
