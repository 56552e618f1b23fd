/* Choosing and ordering columns. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "out/column.h"
#include "out/sort.h"
#include "unit.h"

static const char *const states[] = {NULL, "open", "closed"};

struct part {
	uint32_t pid;
	const char *name;
};

static const struct skt_column part_columns[] = {
	SKT_COLUMN(struct part, pid),
	SKT_COLUMN(struct part, name),
	SKT_COLUMN_END,
};

struct row {
	uint64_t present;
	bool flag;
	uint8_t state, small;
	uint16_t port;
	uint32_t uid;
	uint64_t bytes;
	int64_t delta;
	const char *name;
	struct skt_addr addr;
	struct skt_end local;
	struct skt_list parts;
};

enum { DEFAULT = SKT_COLUMN_TABLE };

static const struct skt_column table[] = {
	SKT_COLUMN(struct row, flag),
	SKT_COLUMN_NAME(struct row, "state", state, states, .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN(struct row, small),
	SKT_COLUMN(struct row, port, .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN(struct row, uid, .present = SKT_PRESENT(5)),
	SKT_COLUMN(struct row, bytes, .title = "RECV-Q", .flags = SKT_COLUMN_DATA),
	SKT_COLUMN(struct row, delta),
	SKT_COLUMN(struct row, name, .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN(struct row, addr),
	SKT_COLUMN(struct row, local),
	SKT_COLUMN_AS(struct row, "local_address", local, .flags = SKT_COLUMN_BARE),
	SKT_COLUMN(struct row, parts, .items = part_columns, .item_size = sizeof(struct part)),
	SKT_COLUMN_END,
};

static void assert_selects(const char *spec, const char *const *extra, const char *expected)
{
	struct skt_selection selection = {0};
	struct skt_err err = {.text = "untouched"};
	char names[256] = "";

	assert_int_equal(skt_selection_parse(table, spec, DEFAULT, extra, &selection, &err), 0);
	assert_string_equal(err.text, "untouched");
	for (size_t i = 0; i < selection.count; i++) {
		strncat(names, i ? "," : "", sizeof(names) - strlen(names) - 1);
		strncat(names, selection.columns[i]->name, sizeof(names) - strlen(names) - 1);
	}
	assert_string_equal(names, expected);
	skt_selection_fini(&selection);
	assert_null(selection.columns);
}

static void selects(void **state)
{
	static const char *const extra[] = {"uid", "port", "delta", NULL};

	(void)state;
	assert_selects(NULL, NULL, "state,port,name");
	assert_selects(NULL, extra, "state,port,name,uid,delta");
	assert_selects("name,port", extra, "name,port");
	assert_selects("uid", NULL, "uid");
	assert_selects("+uid,flag", NULL, "state,port,name,uid,flag");
	assert_selects("+uid,port", extra, "state,port,name,uid,delta");
	assert_selects("-port", NULL, "state,name");
	assert_selects("-port,uid", extra, "state,name,delta");
	assert_selects("-flag", NULL, "state,port,name");
	assert_selects("all", extra,
		"flag,state,small,port,uid,bytes,delta,name,addr,local,local_address,parts");
}

static void assert_refuses(const char *spec, int rc, const char *message)
{
	struct skt_selection selection = {.count = 77};
	struct skt_err err = {0};

	assert_int_equal(skt_selection_parse(table, spec, DEFAULT, NULL, &selection, &err), rc);
	assert_string_equal(err.text, message);
	assert_int_equal(selection.count, 77);
	assert_int_equal(skt_selection_parse(table, spec, DEFAULT, NULL, &selection, NULL), rc);
}

/* As people have a name from a table, or without its unit. */
static void takes_headings(void **state)
{
	static const struct skt_column timed[] = {
		SKT_COLUMN_AS(struct row, "rtt_us", uid, .title = "RTT"),
		SKT_COLUMN_AS(struct row, "rtt", bytes),
		SKT_COLUMN_AS(struct row, "last_data_sent_ms", uid, .title = "LAST-SENT"),
		SKT_COLUMN_AS(struct row, "backlog", uid),
		SKT_COLUMN_AS(struct row, "backlog_bytes", bytes, .title = "BACKLOG"),
		SKT_COLUMN_END,
	};

	(void)state;
	assert_selects("STATE,Recv-Q,LOCAL-ADDRESS", NULL, "state,bytes,local_address");
	assert_selects("recv_q,Local_Address", NULL, "bytes,local_address");
	assert_selects("-STATE", NULL, "port,name");
	assert_refuses("state,STATE", -EEXIST, "column 'state' is named twice");
	assert_ptr_equal(skt_column_called(timed, guard_text("rtt"), 3), &timed[1]);
	assert_ptr_equal(skt_column_called(timed, guard_text("RTT"), 3), &timed[0]);
	assert_ptr_equal(skt_column_called(timed, "last_data_sent", 14), &timed[2]);
	assert_ptr_equal(skt_column_called(timed, "last-sent", 9), &timed[2]);
	assert_ptr_equal(skt_column_called(timed, "backlog", 7), &timed[3]);
	assert_null(skt_column_called(timed, "last", 4));
	assert_null(skt_column_called(timed, "", 0));
	assert_null(skt_column_called(timed, "rtt_", 4));
	assert_null(skt_column_called(table, guard_text("recv-"), 5));
	assert_null(skt_column_called(table, "state\0", 6));
}

static void refuses_bad_selections(void **state)
{
	char word[400];

	(void)state;
	assert_refuses("sate", -ENOENT, "unknown column 'sate': did you mean 'state'?");
	assert_refuses("port,sate,x", -ENOENT, "unknown column 'sate': did you mean 'state'?");
	assert_refuses("recv", -ENOENT, "unknown column 'recv': -c all shows all that there are");
	assert_refuses("loc", -ENOENT, "unknown column 'loc': did you mean 'local'?");
	assert_refuses(
		"zzzzzz", -ENOENT, "unknown column 'zzzzzz': -c all shows all that there are");
	assert_refuses("por", -ENOENT, "unknown column 'por': did you mean 'port'?");
	assert_refuses("ports", -ENOENT, "unknown column 'ports': did you mean 'port'?");
	assert_refuses("+nme", -ENOENT, "unknown column 'nme': did you mean 'name'?");
	assert_refuses("-nme", -ENOENT, "unknown column 'nme': did you mean 'name'?");
	assert_refuses(
		"port,all", -ENOENT, "unknown column 'all': -c all shows all that there are");
	assert_refuses("", -EINVAL, "column name missing in ''");
	assert_refuses("+", -EINVAL, "column name missing in '+'");
	assert_refuses(",", -EINVAL, "column name missing in ','");
	assert_refuses("port,", -EINVAL, "column name missing in 'port,'");
	assert_refuses("port,,name", -EINVAL, "column name missing in 'port,,name'");
	assert_refuses("port,name,port", -EEXIST, "column 'port' is named twice");
	assert_refuses("+uid,uid", -EEXIST, "column 'uid' is named twice");
	assert_refuses("-port,port", -EEXIST, "column 'port' is named twice");
	assert_refuses("-state,port,name", -EINVAL, "no column is left");
	memset(word, 'w', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_int_equal(skt_selection_parse(table, word, DEFAULT, NULL, &(struct skt_selection){0},
				 &(struct skt_err){0}),
		-ENOENT);
}

static void finds_whole_names(void **state)
{
	struct skt_selection selection;

	(void)state;
	assert_ptr_equal(skt_column_find(table, guard_text("port"), 4), &table[3]);
	assert_null(skt_column_find(table, guard_text("por"), 3));
	assert_null(skt_column_find(table, guard_text("portx"), 5));
	assert_null(skt_column_find(table, "", 0));
	assert_null(skt_column_find(table, "port\0x", 6));
	assert_int_equal(skt_selection_parse(table, "port", 0, NULL, &selection, NULL), 0);
	assert_true(skt_selection_has(&selection, "port"));
	assert_false(skt_selection_has(&selection, "por"));
	assert_false(skt_selection_has(&selection, "name"));
	skt_selection_fini(&selection);
}

static void parses_sort_keys(void **state)
{
	struct skt_sort sort = {.count = 7};
	struct skt_err err = {0};

	(void)state;
	assert_int_equal(skt_sort_parse(table, "-port,name,-uid", &sort, &err), 0);
	assert_int_equal(sort.count, 3);
	assert_string_equal(sort.keys[0].column->name, "port");
	assert_true(sort.keys[0].descending);
	assert_false(sort.keys[1].descending);
	assert_true(sort.keys[2].descending);
	skt_sort_fini(&sort);
	sort.count = 7;
	assert_int_equal(skt_sort_parse(table, "", &sort, &err), -EINVAL);
	assert_int_equal(skt_sort_parse(table, "-", &sort, &err), -EINVAL);
	assert_int_equal(skt_sort_parse(table, "port,", &sort, &err), -EINVAL);
	assert_int_equal(skt_sort_parse(table, "--port", &sort, &err), -ENOENT);
	assert_int_equal(skt_sort_parse(table, "+port", &sort, &err), -ENOENT);
	assert_string_equal(err.text, "unknown column '+port': did you mean 'port'?");
	assert_int_equal(skt_sort_parse(table, "port,-port", &sort, &err), -EEXIST);
	assert_string_equal(err.text, "column 'port' is named twice");
	assert_int_equal(sort.count, 7);
}

/* A before B by SPEC, B before A by the reverse; equal to itself. */
static void assert_before(const char *column, const struct row *a, const struct row *b)
{
	struct skt_sort_key key = {.column = skt_column_find(table, column, strlen(column))};
	struct skt_sort sort = {.keys = &key, .count = 1};

	assert_non_null(key.column);
	assert_true(skt_sort_compare(&sort, a, b) < 0);
	assert_true(skt_sort_compare(&sort, b, a) > 0);
	assert_int_equal(skt_sort_compare(&sort, a, a), 0);
	key.descending = true;
	assert_true(skt_sort_compare(&sort, a, b) > 0);
	assert_true(skt_sort_compare(&sort, b, a) < 0);
}

/* HERE before ABSENT in both directions. */
static void assert_absent_last(const char *column, const struct row *here, const struct row *absent)
{
	struct skt_sort_key key = {.column = skt_column_find(table, column, strlen(column))};
	struct skt_sort sort = {.keys = &key, .count = 1};

	for (int i = 0; i < 2; i++) {
		key.descending = i;
		assert_true(skt_sort_compare(&sort, here, absent) < 0);
		assert_true(skt_sort_compare(&sort, absent, here) > 0);
		assert_int_equal(skt_sort_compare(&sort, absent, absent), 0);
	}
}

#define ROW(...) (&(struct row){.present = UINT64_MAX, __VA_ARGS__})
#define V4(a, b, c, d) \
	{ \
		.family = AF_INET, .bytes = { a, b, c, d } \
	}

static void compares_values(void **state)
{
	(void)state;
	assert_before("flag", ROW(.flag = false), ROW(.flag = true));
	assert_before("small", ROW(.small = 1), ROW(.small = 255));
	assert_before("port", ROW(.port = 255), ROW(.port = 256));
	assert_before("uid", ROW(.uid = 9), ROW(.uid = UINT32_MAX));
	assert_before("bytes", ROW(.bytes = 1), ROW(.bytes = UINT64_MAX));
	assert_before("delta", ROW(.delta = INT64_MIN), ROW(.delta = INT64_MAX));
	assert_before("delta", ROW(.delta = -1), ROW(.delta = 0));
	assert_before("state", ROW(.state = 2), ROW(.state = 1)); /* closed, open */
	assert_before("name", ROW(.name = "B"), ROW(.name = "a"));
	assert_before("name", ROW(.name = ""), ROW(.name = "a"));
	assert_before("name", ROW(.name = "z"), ROW(.name = "\xc3\xa9"));
	assert_before("addr", ROW(.addr = V4(9, 255, 0, 0)), ROW(.addr = V4(10, 0, 0, 0)));
	assert_before("addr", ROW(.addr = V4(255, 0, 0, 0)), ROW(.addr = {.family = AF_INET6}));
	assert_before("addr", ROW(.addr = {.family = AF_INET6, .scope_id = 2}),
		ROW(.addr = {.family = AF_INET6, .scope_id = 10}));
	assert_before("local", ROW(.local = {.addr = V4(1, 2, 3, 4), .port = 80}),
		ROW(.local = {.addr = V4(1, 2, 3, 4), .port = 443}));
}

static void compares_ends_without_ports(void **state)
{
	struct skt_sort sort;

	(void)state;
	assert_int_equal(skt_sort_parse(table, "local_address,-port", &sort, NULL), 0);
	assert_true(skt_sort_compare(&sort,
			    ROW(.local = {.addr = V4(1, 2, 3, 4), .port = 443}, .port = 443),
			    ROW(.local = {.addr = V4(1, 2, 3, 4), .port = 80}, .port = 80)) < 0);
	skt_sort_fini(&sort);
}

static void puts_absent_values_last(void **state)
{
	(void)state;
	assert_absent_last("uid", ROW(.uid = UINT32_MAX), &(struct row){.uid = 1});
	assert_absent_last("state", ROW(.state = 1), ROW(.state = 0));
	assert_absent_last("state", ROW(.state = 200), ROW(.state = 0));
	assert_absent_last("name", ROW(.name = "zz"), ROW(.name = NULL));
	assert_absent_last("addr", ROW(.addr = {.family = AF_INET6}), ROW(.port = 1));
	assert_absent_last("local", ROW(.local = {.port = 65535}), ROW(.port = 1));
	assert_absent_last(
		"local_address", ROW(.local = {.addr = V4(9, 9, 9, 9)}), ROW(.local.port = 1));
	assert_absent_last("parts", ROW(.parts = {.items = &(struct part){1, "a"}, .count = 1}),
		ROW(.port = 1));
}

static void compares_lists(void **state)
{
	static const struct part one[] = {{1, "a"}}, two[] = {{1, "a"}, {2, NULL}},
				 other[] = {{1, "b"}};

	(void)state;
	assert_before("parts", ROW(.parts = {one, 1}), ROW(.parts = {two, 2}));
	assert_before("parts", ROW(.parts = {two, 2}), ROW(.parts = {other, 1}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(selects),
		unit_test(takes_headings),
		unit_test(refuses_bad_selections),
		unit_test(finds_whole_names),
		unit_test(parses_sort_keys),
		unit_test(compares_values),
		unit_test(compares_ends_without_ports),
		unit_test(puts_absent_values_last),
		unit_test(compares_lists),
	};

	return cmocka_run_group_tests_name("column", tests, NULL, NULL);
}
