/* Filters over columns: every type, unit and operator, before and after the join. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "base/str.h"
#include "cmd/listing/columns.h"
#include "cmd/listing/filter_columns.h"
#include "diag/socket_detail.h"
#include "out/cell.h"

/* A row with a column of every type, around a socket as the kernel tells it. */
struct row {
	struct skt_socket s;
	bool flag;
	uint8_t small;
	uint16_t medium;
	uint32_t count;
	uint64_t queue, rtt_us, age_ms, stamp_ns;
	int64_t skew;
	uint8_t color;
	const char *text;
	struct skt_bytes bytes;
	struct skt_addr addr;
	struct skt_end end;
	struct skt_list things;
	uint32_t pid, flags;
	uint64_t rate;
	char chars[8];
	const struct apart *apart;
};

/* What a row points to. */
struct apart {
	uint64_t present;
	uint16_t length;
	uint32_t number, late;
};

struct thing {
	uint32_t number;
	const char *name;
};

enum { ROW_RTT = SKT_SOCKET_FIELDS, ROW_FLAG };

static const char *const colors[] = {"red", NULL, "dark-green", "blue"};
static const struct skt_column thing_columns[] = {
	SKT_COLUMN(struct thing, number),
	SKT_COLUMN(struct thing, name),
	SKT_COLUMN_END,
};

static const struct skt_column columns[] = {
	SKT_COLUMN_NAME(struct row, "proto", s.proto, skt_proto_names),
	SKT_COLUMN_NAME(struct row, "state", s.state, skt_state_names),
	SKT_COLUMN_AS(struct row, "inode", s.inode, .present = SKT_PRESENT(SKT_SOCKET_INODE)),
	SKT_COLUMN_AS(struct row, "mark", s.mark, .present = SKT_PRESENT(SKT_SOCKET_MARK)),
	SKT_COLUMN(struct row, flag, .present = SKT_PRESENT(ROW_FLAG)),
	SKT_COLUMN(struct row, small),
	SKT_COLUMN(struct row, medium),
	SKT_COLUMN(struct row, count, .title = "N-OF-IT"),
	SKT_COLUMN(struct row, queue, .unit = SKT_UNIT_BYTES),
	SKT_COLUMN(struct row, rtt_us, .unit = SKT_UNIT_US, .present = SKT_PRESENT(ROW_RTT)),
	SKT_COLUMN(struct row, age_ms, .unit = SKT_UNIT_MS),
	SKT_COLUMN(struct row, stamp_ns, .unit = SKT_UNIT_NS),
	SKT_COLUMN(struct row, skew, .unit = SKT_UNIT_US),
	SKT_COLUMN_NAME(struct row, "color", color, colors),
	SKT_COLUMN(struct row, text),
	SKT_COLUMN(struct row, bytes),
	SKT_COLUMN(struct row, addr),
	SKT_COLUMN(struct row, end),
	SKT_COLUMN_AS(struct row, "processes", things, .items = thing_columns,
		.item_size = sizeof(struct thing)),
	SKT_COLUMN(struct row, pid),
	{.name = "flags",
		.type = SKT_TYPE_FLAGS,
		.offset = offsetof(struct row, flags),
		.names = colors,
		.names_count = SKT_COUNT(colors)},
	SKT_COLUMN(struct row, rate, .unit = SKT_UNIT_BYTES_PER_S),
	SKT_COLUMN(struct row, chars),
	SKT_COLUMN_VIA(struct row, apart, struct apart, "number", SKT_TYPE_U32, number,
		.present = SKT_PRESENT(0)),
	SKT_COLUMN_VIA(struct row, apart, struct apart, "late", SKT_TYPE_U32, late,
		.length_at = offsetof(struct apart, length), .least = 100),
	SKT_COLUMN_END,
};

static const struct thing things[] = {{7, "sshd"}, {9, "nginx worker"}};

enum { ROWS = 3 };

/* 0: everything set; 1: other values; 2: nothing that can be absent. */
static void make_rows(struct row rows[ROWS])
{
	static const struct apart apart[] = {
		{.present = 1, .length = 100, .number = 5, .late = 6}, {.length = 99, .late = 6}};
	static const struct skt_addr v4 = {.bytes = {10, 1, 2, 3}, .family = AF_INET};
	static const struct skt_addr v6 = {.bytes = {0xfe, 0x80, [15] = 1}, .family = AF_INET6};

	memset(rows, 0, ROWS * sizeof(*rows));
	rows[0] = (struct row){
		.s = {.present = UINT64_C(1) << ROW_RTT | UINT64_C(1) << ROW_FLAG |
				UINT64_C(1) << SKT_SOCKET_INODE | UINT64_C(1) << SKT_SOCKET_MARK,
			.proto = SKT_PROTO_TCP,
			.state = SKT_STATE_LISTEN,
			.inode = 1234,
			.mark = 6},
		.flag = true,
		.small = 255,
		.medium = 65535,
		.count = 4000000000,
		.queue = 1 << 20,
		.rtt_us = 100000,
		.age_ms = 1500,
		.stamp_ns = UINT64_MAX,
		.skew = -20,
		.color = 2,
		.text = "a b,c",
		.bytes = {"x\0y", 3},
		.addr = v4,
		.end = {.addr = v6, .port = 443},
		.things = {things, 2},
		.pid = 7,
	};
	rows[1] = (struct row){
		.s = {.present = UINT64_C(1) << ROW_RTT | UINT64_C(1) << ROW_FLAG,
			.proto = SKT_PROTO_UDP,
			.state = SKT_STATE_UNCONNECTED},
		.small = 1,
		.medium = 10,
		.count = 11,
		.queue = 1023,
		.rtt_us = 99,
		.age_ms = 60000,
		.stamp_ns = 1,
		.skew = 20,
		.color = 0,
		.text = "ssh.service",
		.bytes = {"", 0},
		.addr = v6,
		.end = {.addr = v4},
		.things = {things, 1},
		.pid = 7,
	};
	rows[0].flags = 5;
	rows[1].flags = 8;
	rows[0].rate = 1250000;
	rows[1].rate = 3;
	memcpy(rows[0].chars, "cubic", 6);
	rows[0].apart = &apart[0];
	rows[1].apart = &apart[1];
	rows[2].s.proto = SKT_PROTO_TCP;
	rows[2].s.state = SKT_STATE_ESTABLISHED;
	rows[2].color = 1;
}

static struct skt_filter *filter_of(const struct skt_filter_columns *fields, const char *text)
{
	struct skt_filter *filter = NULL;
	struct skt_err err = {0};

	if (skt_filter_parse(guard_copy(text, strlen(text) + 1), &fields->fields, &filter, &err))
		fail_msg("%s: %s", text, err.text);
	return filter;
}

static const struct {
	const char *text;
	const char *matches; /* digits: indices of make_rows() */
} matches[] = {
	{"flag", "0"},
	{"not flag", "12"},
	{"!flag", "12"},
	{"flag = yes", "0"},
	{"flag yes", "0"},
	{"flag = TRUE", "0"},
	{"flag = no", "1"},
	{"flag off", "1"},
	{"flag != no", "02"},
	{"flag = 0,1", "01"},
	{"flag = -", "2"},
	{"flag and small 255", "0"},
	{"flag small 255", "0"},
	{"(flag)", "0"},
	{"small = 255", "0"},
	{"small 255", "0"},
	{"small=255", "0"},
	{"small = 0-1", "12"},
	{"small = 2-", "0"},
	{"small = -1", "12"},
	{"small = 1,255", "01"},
	{"small = { 1 255 }", "01"},
	{"small { 0-1, 255 }", "012"},
	{"small != 1,255", "2"},
	{"small != { 1 255 }", "2"},
	{"small = 256", ""},
	{"small < 1", "2"},
	{"small <= 1", "12"},
	{"small > 1", "0"},
	{"small >= 1", "01"},
	{"small lt 1", "2"},
	{"small < 0", ""},
	{"not small < 1", "01"},
	{"medium 65535", "0"},
	{"medium = 0xffff", "0"},
	{"medium = 0XA-0xB", "1"},
	{"count > 2000000000", "0"},
	{"n-of-it = 11", "1"},
	{"count = 18446744073709551615", ""},
	{"count > 18446744073709551615", ""},
	{"count <= 18446744073709551615", "012"},
	{"queue > 1M", ""},
	{"queue >= 1M", "0"},
	{"queue = 1M", "0"},
	{"queue = 1k-1M", "0"},
	{"queue < 1k", "12"},
	{"queue = 1048576", "0"},
	{"queue > 0.5k", "01"},
	{"count < 1k", "12"},
	{"rtt_us > 99", "0"},
	{"rtt > 99", "0"},
	{"rtt > 99us", "0"},
	{"rtt >= 100ms", "0"},
	{"rtt = 100ms", "0"},
	{"rtt = 0.1s", "0"},
	{"rtt > 100ms", ""},
	{"rtt < 100ms", "1"},
	{"rtt <= 100ms", "01"},
	{"rtt = 98.5us-99.5us", "1"},
	{"rtt > 98.5us", "01"},
	{"rtt > 99.5us", "0"},
	{"rtt >= 98.5us", "01"},
	{"rtt >= 99.5us", "0"},
	{"rtt < 99.5us", "1"},
	{"rtt < 98.5us", ""},
	{"rtt <= 99.5us", "1"},
	{"rtt <= 98.5us", ""},
	{"rtt = 99.5us", ""},
	{"rtt != 99.5us", "012"},
	{"rtt = -", "2"},
	{"rtt != -", "01"},
	{"rtt = -,99", "12"},
	{"not rtt < 100ms", "02"},
	{"rtt > 0 or rtt = -", "012"},
	{"age > 1s", "01"},
	{"age = 1m", "1"},
	{"age_ms = 1.5s", "0"},
	{"stamp = 18446744073709551615ns", "0"},
	{"stamp < 2ns", "12"},
	{"skew < 0", "0"},
	{"skew = -20", "0"},
	{"skew = -20us", "0"},
	{"skew > -21", "012"},
	{"skew > -20", "12"},
	{"skew >= -20.5us", "012"},
	{"skew > -19.5us", "12"},
	{"skew <= -19.5us", "0"},
	{"skew <= 0", "02"},
	{"skew = 20,-20", "01"},
	{"color = dark-green", "0"},
	{"color Dark-Green", "0"},
	{"color = red,blue", "1"},
	{"color != red", "02"},
	{"color ~ *d*", "01"},
	{"color ~ d*,r*", "01"},
	{"color !~ d*", "12"},
	{"color = 1", "2"},
	{"color != 1", "01"},
	{"color ~ 1", "2"},
	{"color = 255", ""},
	{"color = -", ""},
	{"text = ssh.service", "1"},
	{"text ~ ssh*", "1"},
	{"text ~ 'ssh*'", "1"},
	{"text ~ \"ssh*\"", "1"},
	{"text ~ SSH*", ""},
	{"text ~ *.service,a*", "01"},
	{"text !~ ssh*", "02"},
	{"text = 'a b,c'", "0"},
	{"text ~ 'a ?,c'", "0"},
	{"text ~ '[!x] b*'", "0"},
	{"text = a", ""},
	{"text = ssh", ""},
	{"text != a", "012"},
	{"text = '-'", ""},
	{"text = -", "2"},
	{"text = ''", ""},
	{"text ~ '*'", "01"},
	{"text ~ *", "01"},
	{"text = { 'a b,c' ssh.service }", "01"},
	{"text = and,or", ""},
	{"text = state", ""},
	{"text = src", ""},
	{"bytes = x", ""},
	{"bytes ~ x?y", "0"},
	{"bytes = ''", "1"},
	{"bytes = -", "2"},
	{"addr = 10/8", "0"},
	{"addr 10.1.2.3", "0"},
	{"addr = 10/8,fe80::/10", "01"},
	{"addr = { 11/8 fe80::1 }", "1"},
	{"addr != 10/8", "12"},
	{"addr ~ 10.*", "0"},
	{"addr ~ '*:*'", "1"},
	{"addr = -", "2"},
	{"end = [fe80::1]:443", "0"},
	{"end = :443", "0"},
	{"end = 10/8", "1"},
	{"end ~ *:443", "0"},
	{"end ~ '[[]fe80::1]:443'", "0"},
	{"end ~ '10.1.2.3:[*]'", "1"},
	{"processes = sshd", "01"},
	{"processes = 'nginx worker'", "0"},
	{"processes ~ nginx*", "0"},
	{"processes != sshd", "2"},
	{"processes = -", "2"},
	{"mark = 6", "0"},
	{"mark > 5", "0"},
	{"mark < 5", ""},
	{"mark = -", "12"},
	{"inode > 1000", "0"},
	{"inode = -", "12"},
	{"proto = tcp", "02"},
	{"proto udp", "1"},
	{"proto = TCP,UDP", "012"},
	{"proto != tcp", "1"},
	{"state = LISTEN", "0"},
	{"state ~ LIS*", "0"},
	{"state !~ *E*", ""},
	{"state ~ *D", "12"},
	{"state = listening", "0"},
	{"flags = red", "0"},
	{"flags = dark-green", "0"},
	{"flags = red,blue", "01"},
	{"flags != red", "12"},
	{"flags ~ *e", "1"},
	{"flags = -", "2"},
	{"rate = 10Mbit", "0"},
	{"rate >= 1.25MB", "0"},
	{"rate > 10Mbit", ""},
	{"rate = 1250000", "0"},
	{"rate > 17bit", "01"},
	{"rate > 24bit", "0"},
	{"rate < 25bit", "12"},
	{"rate < 1k", "12"},
	{"chars = cubic", "0"},
	{"chars ~ c*", "0"},
	{"chars = -", "12"},
	{"number = 5", "0"},
	{"number != 5", "12"},
	{"number = -", "12"},
	{"late = 6", "0"},
	{"late = -", "12"},
	{"small 1 or text ~ a* and flag", "01"},
};

static void what_matches(void **state)
{
	struct skt_filter_columns fields;
	struct row rows[ROWS];

	(void)state;
	assert_int_equal(skt_filter_columns_init(&fields, columns), 0);
	make_rows(rows);
	for (size_t i = 0; i < SKT_COUNT(matches); i++) {
		char found[ROWS + 1] = "";
		struct skt_filter *filter = filter_of(&fields, matches[i].text);

		for (size_t r = 0, n = 0; r < ROWS; r++) {
			bool row = skt_filter_match_row(filter, &rows[r].s, &rows[r]);

			if (row)
				found[n++] = (char)('0' + r);
			/* A socket is never left out that its row would let in. */
			if (row && !skt_filter_match(filter, &rows[r].s))
				fail_msg("%s: the socket is left out", matches[i].text);
			if (!skt_filter_needs_row(filter) &&
				row != skt_filter_match(filter, &rows[r].s))
				fail_msg("%s: needs its row", matches[i].text);
		}
		if (strcmp(found, matches[i].matches) != 0)
			fail_msg("%s: matches %s, not %s", matches[i].text, found,
				matches[i].matches);
		skt_filter_free(filter);
		guard_free_all();
	}
	skt_filter_columns_fini(&fields);
}

static const struct {
	const char *text;
	const char *message; /* behind "filter, column " */
} refused[] = {
	{"smal = 1", "1: unknown predicate 'smal': did you mean 'small'?"},
	{"rrt > 1", "1: unknown predicate 'rrt': did you mean 'rtt'?"},
	{"rtt_ms > 1", "1: unknown predicate 'rtt_ms': did you mean 'rtt_us'?"},
	{"qqqqqq = 1",
		"1: unknown predicate 'qqqqqq': expected a column, src, dst, sport, dport, port, "
		"dev, fwmark, cgroup, autobound, state or exclude"},
	{"not",
		"4: expected a column, src, dst, sport, dport, port, dev, fwmark, cgroup, autobound, "
		"state, exclude, not or '(', found the end"},
	{"small", "6: expected a value after 'small', found the end"},
	{"small =", "8: expected a value after '=', found the end"},
	{"small = and", "9: expected a value after '=', found 'and'"},
	{"small and flag", "7: expected a value after 'small', found 'and'"},
	{"small = x", "9: expected a number, as in 7 or 64k, found 'x'"},
	{"small = 1,", "11: expected a value, found nothing"},
	{"small = 1,x", "11: expected a number, as in 7 or 64k, found 'x'"},
	{"small = { 1 x }", "13: expected a number, as in 7 or 64k, found 'x'"},
	{"small = ''", "10: expected a number, as in 7 or 64k, found ''"},
	{"small = --1", "9: expected a number, as in 7 or 64k, found '--1'"},
	{"small = 2-1", "9: '2-1' is reversed"},
	{"small < 1-2", "9: a comparison takes one value, not '1-2'"},
	{"small < -", "9: a comparison takes one value, not '-'"},
	{"small < 1,2", "9: a comparison takes one value, not '1,2'"},
	{"small < { 1 }", "9: a comparison takes one value, not a set"},
	{"small = 18446744073709551616",
		"9: expected a number, as in 7 or 64k, found '18446744073709551616'"},
	{"small = 1ms", "9: expected a number, as in 7 or 64k, found '1ms'"},
	{"small ~ 1*", "9: 'small' is no text to be like '1*'"},
	{"rtt = 1.5", "7: expected a number or a duration, as in 250ms, found '1.5'"},
	{"rtt = 1k", "7: expected a number or a duration, as in 250ms, found '1k'"},
	{"rtt = ms", "7: expected a number or a duration, as in 250ms, found 'ms'"},
	{"skew = 9223372036854775808",
		"8: expected a number or a duration, as in 250ms, found '9223372036854775808'"},
	{"rate = 5x", "8: expected a rate, as in 10Mbit or 2MB, found '5x'"},
	{"color = gren", "9: unknown color 'gren'"},
	{"color = blu", "9: unknown color 'blu': did you mean 'blue'?"},
	{"color = 0", "9: unknown color '0'"},
	{"color = 2", "9: unknown color '2'"},
	{"color = 256", "9: unknown color '256'"},
	{"color < red", "9: 'color' has no order to compare 'red' by: use = or !="},
	{"text >= a", "9: 'text' has no order to compare 'a' by: use = or !="},
	{"text = 'a", "8: this ' has no fellow"},
	{"text = a'b", NULL},
	{"addr = 10/8:22", "8: expected an address without a port, found '10/8:22'"},
	{"addr = 10/77", "8: expected a length of 0 to 32 after '/', found '77'"},
	{"addr = 10/8,10/77", "13: expected a length of 0 to 32 after '/', found '77'"},
	{"addr < 10/8", "8: 'addr' has no order to compare '10/8' by: use = or !="},
	{"flag = maybe", "8: expected yes or no, found 'maybe'"},
	{"flag maybe", "6: expected yes or no, found 'maybe'"},
	{"flag < 1", "8: 'flag' has no order to compare '1' by: use = or !="},
	{"flag ~ y*", "8: 'flag' is no text to be like 'y*'"},
	{"cgroup ~ x", "8: expected '=' or '!=' after 'cgroup', found '~'"},
	{"src > 10/8", "5: expected '=', '!=' or an address after 'src', found '>'"},
};

static void what_is_refused(void **state)
{
	struct skt_filter_columns fields;

	(void)state;
	assert_int_equal(skt_filter_columns_init(&fields, columns), 0);
	for (size_t i = 0; i < SKT_COUNT(refused); i++) {
		const char *text = refused[i].text;
		struct skt_filter *filter = NULL;
		struct skt_err err = {0};
		char expected[sizeof(err.text)] = "";
		int rc = skt_filter_parse(
			guard_copy(text, strlen(text) + 1), &fields.fields, &filter, &err);

		if (refused[i].message)
			(void)snprintf(expected, sizeof(expected), "filter, column %s",
				refused[i].message);
		if (rc != (refused[i].message ? -EINVAL : 0) || strcmp(err.text, expected) != 0)
			fail_msg("%s: %d: %s", text, rc, err.text);
		skt_filter_free(filter);
		guard_free_all();
	}
	skt_filter_columns_fini(&fields);
}

/* Cut anywhere, a filter is right or refused; the end of the page catches a look behind. */
static void every_prefix(void **state)
{
	struct skt_filter_columns fields;
	struct row rows[ROWS];

	(void)state;
	assert_int_equal(skt_filter_columns_init(&fields, columns), 0);
	make_rows(rows);
	for (size_t i = 0; i < SKT_COUNT(matches); i++) {
		for (size_t n = 0; n < strlen(matches[i].text); n++) {
			char *text = guard_copy(matches[i].text, n + 1);
			struct skt_filter *filter = NULL;
			struct skt_err err = {0};
			int rc;

			text[n] = '\0';
			rc = skt_filter_parse(text, &fields.fields, &filter, &err);
			assert_true(rc == 0 || rc == -EINVAL);
			assert_int_equal(rc != 0, err.text[0] != '\0');
			for (size_t r = 0; !rc && r < ROWS; r++)
				(void)skt_filter_match_row(filter, &rows[r].s, &rows[r]);
			skt_filter_free(filter);
			guard_free_all();
		}
	}
	skt_filter_columns_fini(&fields);
}

/* What is not known yet is kept, what cannot become true any more is not. */
static const struct {
	const char *text;
	bool row0, row1; /* whether the sockets of rows 0 and 1 may pass */
} early[] = {
	{"inode = 1234", true, false},
	{"not inode = 1234", false, true},
	{"text = zzz", true, true},
	{"not text ~ '*'", true, true},
	{"inode = 1234 and text = zzz", true, false},
	{"inode = 1234 or text = zzz", true, true},
	{"not ( inode = 1234 or text = zzz )", false, true},
	{"not ( inode = 1234 and text = zzz )", true, true},
	{"( text = zzz or inode = 1234 ) and proto = tcp", true, false},
	{"flag = no", true, true},
	{"state = listening or ( proto = udp and rtt > 1h )", true, true},
	{"state = listening and ( proto = udp and rtt > 1h )", false, false},
};

static void before_the_join(void **state)
{
	struct skt_filter_columns fields;
	struct row rows[ROWS];

	(void)state;
	assert_int_equal(skt_filter_columns_init(&fields, columns), 0);
	make_rows(rows);
	for (size_t i = 0; i < SKT_COUNT(early); i++) {
		struct skt_filter *filter = filter_of(&fields, early[i].text);

		for (size_t r = 0; r < 2; r++) {
			/* Behind a bare socket there is nothing to be looked at. */
			struct skt_socket *bare = guard_copy(&rows[r].s, sizeof(*bare));
			bool expected = r ? early[i].row1 : early[i].row0;

			bare->present &= (UINT64_C(1) << SKT_SOCKET_FIELDS) - 1;
			if (skt_filter_match(filter, bare) != expected)
				fail_msg("%s: socket %zu", early[i].text, r);
		}
		skt_filter_free(filter);
		guard_free_all();
	}
	skt_filter_columns_fini(&fields);
}

static const struct {
	const char *text;
	const char *columns; /* that it looks at, in the order of the table */
} uses[] = {
	{"sport = 22 and state listening and dev lo", ""},
	{"local_port > 5", ""},
	{"user = root", "user"},
	{"user = root or not ( user = x and uid > 3 )", "uid,user"},
	{"pid = 7", "processes"},
	{"process ~ n*", "processes"},
	{"command ~ *x* and service = ssh", "service,command"},
	{"recv-q > 1", "recv_queue"},
	{"mark > 1", "mark"},
};

static void what_it_looks_at(void **state)
{
	struct skt_filter_columns fields;

	(void)state;
	assert_int_equal(skt_filter_columns_init(&fields, skt_socket_columns), 0);
	for (size_t i = 0; i < SKT_COUNT(uses); i++) {
		struct skt_selection selection = {0};
		struct skt_str text = {0};
		struct skt_filter *filter = filter_of(&fields, uses[i].text);

		assert_int_equal(skt_filter_columns_used(filter, &selection), 0);
		for (const struct skt_column *c = skt_socket_columns; c->name; c++) {
			if (!skt_selection_has(&selection, c->name))
				continue;
			if (text.len)
				skt_str_add_char(&text, ',');
			skt_str_add_text(&text, c->name);
		}
		skt_str_add_char(&text, '\0');
		assert_string_equal(text.data, uses[i].columns);
		skt_str_fini(&text);
		skt_selection_fini(&selection);
		skt_filter_free(filter);
	}
	skt_filter_columns_fini(&fields);
}

/* What is joined to a record says what that takes: nobody else would ask for it. */
static void what_is_joined_is_asked_for(void **state)
{
	(void)state;
	for (const struct skt_column *c = skt_socket_columns; c->name; c++) {
		const bool joined = !c->via &&
			(c->offset >= sizeof(struct skt_socket) ||
				c->present > SKT_PRESENT(SKT_SOCKET_FIELDS - 1));

		/* Lists are made texts by whoever joins, where they are asked for. */
		if (joined &&
			!(c->needs & (SKT_NEED_ALL | (uint32_t)SKT_DETAIL_BPF | SKT_DETAIL_MD5)))
			fail_msg("%s needs nothing", c->name);
		if (c->via && !(c->needs & (SKT_DETAIL_ALL | SKT_NEED_SOCKOPTS)))
			fail_msg("%s is told without being asked for", c->name);
	}
}

/* Shown, sorted by or filtered by: one word says what all that takes. */
static void what_it_needs(void **state)
{
	static const struct {
		const char *text;
		uint32_t needs;
	} cases[] = {
		{"sport = :22", 0},
		{"pid = 1", SKT_NEED_OWNERS},
		{"process ~ ssh* or not user = root", SKT_NEED_OWNERS | SKT_NEED_USER},
		{"comm = x or exe ~ *x* or deleted", SKT_NEED_OWNERS},
		{"threads = x", SKT_NEED_OWNERS | SKT_NEED_THREADS},
		{"context ~ *httpd*", SKT_NEED_OWNERS | SKT_NEED_CONTEXT},
		{"command ~ *x*", SKT_NEED_OWNERS | SKT_NEED_COMMAND},
		{"unit = - and rtt > 1ms", SKT_NEED_CGROUP | SKT_DETAIL_TCP},
		{"netns = a", SKT_NEED_NETNS},
		{"direction = in", SKT_NEED_DIRECTION},
		{"peer ~ x", SKT_NEED_OWNERS | SKT_NEED_PEER | SKT_NEED_UNIX_PEERS},
		{"src /run/x or dst 10/8 or dport 22", 0},
		{"not dst /run/x", SKT_NEED_UNIX_PEERS},
		{"src 10/8 or dst { 10/8 unix:x* }", SKT_NEED_UNIX_PEERS},
		{"vfs_inode = 7", SKT_DETAIL_VFS},
		{"rx_ring_frames > 1 or fanout_id = 7", SKT_DETAIL_PACKET},
		{"bpf_filter = -", SKT_DETAIL_BPF},
		{"md5_peers like 192*", SKT_DETAIL_TCP | SKT_DETAIL_MD5},
		{"drops > 0", SKT_DETAIL_MEMORY},
	};
	struct skt_filter_columns fields;

	(void)state;
	assert_int_equal(skt_filter_columns_init(&fields, skt_socket_columns), 0);
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_filter *filter = filter_of(&fields, cases[i].text);

		if (skt_filter_columns_need(filter) != cases[i].needs)
			fail_msg("%s: %x", cases[i].text, skt_filter_columns_need(filter));
		skt_filter_free(filter);
	}
	assert_int_equal(skt_filter_columns_need(NULL), 0);
	skt_filter_columns_fini(&fields);
}

/* Every column that the command has can be asked for, and asked whether it is there. */
static void every_column(void **state)
{
	struct skt_filter_columns fields;
	struct skt_socket_row row = {0};

	(void)state;
	assert_int_equal(skt_filter_columns_init(&fields, skt_socket_columns), 0);
	for (const struct skt_column *c = skt_socket_columns; c->name; c++) {
		char text[128];
		struct skt_filter *filter;
		bool absent = !skt_column_value(c, &row);

		(void)snprintf(text, sizeof(text), "%s = -", c->name);
		filter = filter_of(&fields, text);
		if (skt_filter_match_row(filter, &row.s, &row) != absent)
			fail_msg("%s", text);
		skt_filter_free(filter);
		(void)snprintf(text, sizeof(text), "%s != -", c->name);
		filter = filter_of(&fields, text);
		assert_int_equal(skt_filter_match_row(filter, &row.s, &row), !absent);
		skt_filter_free(filter);
	}
	skt_filter_columns_fini(&fields);
}

static void every_holder_counts(void **state)
{
	static const struct skt_holder holders[] = {
		{.pid = 7, .fd = 1, .name = "sshd"}, {.pid = 1234, .fd = 2, .name = "nginx"}};
	struct skt_socket_row row = {.pid = 7, .process = "sshd", .processes = {holders, 2}};
	static const struct {
		const char *text;
		bool matches;
	} cases[] = {{"pid = 7", true}, {"pid 1234", true}, {"pid = 2", false},
		{"pid != 1234", false}, {"pid = 1000-", true}, {"process = nginx", true},
		{"process != nginx", false}, {"process = sshd,x", true}, {"process ~ *x", true},
		{"processes = nginx", true}, {"pid = -", false}};
	struct skt_filter_columns fields;

	(void)state;
	row.s.present = UINT64_C(1) << SKT_ROW_PID;
	assert_int_equal(skt_filter_columns_init(&fields, skt_socket_columns), 0);
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_filter *filter = filter_of(&fields, cases[i].text);

		assert_true(skt_filter_needs_row(filter));
		assert_true(skt_filter_match(filter, &row.s));
		if (skt_filter_match_row(filter, &row.s, &row) != cases[i].matches)
			fail_msg("%s", cases[i].text);
		skt_filter_free(filter);
	}
	skt_filter_columns_fini(&fields);
}

static void protocols_narrow(void **state)
{
	static const struct {
		const char *text;
		bool tcp, udp;
	} cases[] = {{"proto = tcp", true, false}, {"proto != tcp", false, true},
		{"not proto = udp", true, false}, {"proto = tcp,udp", true, true},
		{"proto = tcp or sport 22", true, true}, {"proto = tcp and sport 22", true, false},
		{"proto = tcp and proto = udp", false, false}, {"proto ~ t*", true, true},
		{"proto != -", true, true}, {"proto = -", false, false}};
	struct skt_filter_columns fields;

	(void)state;
	assert_int_equal(skt_filter_columns_init(&fields, skt_socket_columns), 0);
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_filter *filter = filter_of(&fields, cases[i].text);
		struct skt_dump_query query = {
			.protos = {[SKT_PROTO_TCP] = true, [SKT_PROTO_UDP] = true},
			.states = SKT_STATES_ALL};

		skt_filter_narrow(filter, &query);
		if (query.protos[SKT_PROTO_TCP] != cases[i].tcp ||
			query.protos[SKT_PROTO_UDP] != cases[i].udp)
			fail_msg("%s", cases[i].text);
		assert_int_equal(query.states != 0, cases[i].tcp || cases[i].udp);
		skt_filter_free(filter);
	}
	skt_filter_columns_fini(&fields);
}

/* The number of an interface means nothing in another namespace: its name is asked for. */
static void foreign_interfaces(void **state)
{
	struct skt_socket_row row = {.s = {.ifindex = 1}, .interface = "eth0"};
	struct skt_filter_columns fields;
	struct skt_filter *filter;

	(void)state;
	row.s.present = UINT64_C(1) << SKT_SOCKET_INTERFACE;
	assert_int_equal(skt_filter_columns_init(&fields, skt_socket_columns), 0);
	for (size_t i = 0; i < 2; i++) {
		fields.fields.foreign = i;
		filter = filter_of(&fields, "dev eth0");
		assert_int_equal(skt_filter_needs_row(filter), i);
		assert_int_equal(skt_filter_match_row(filter, &row.s, &row), i);
		skt_filter_free(filter);
	}
	filter = filter_of(&fields, "dev ~ eth*");
	assert_true(skt_filter_match_row(filter, &row.s, &row));
	skt_filter_free(filter);
	skt_filter_columns_fini(&fields);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(what_matches),
		unit_test(what_is_refused),
		unit_test(every_prefix),
		unit_test(before_the_join),
		unit_test(what_it_looks_at),
		unit_test(what_is_joined_is_asked_for),
		unit_test(what_it_needs),
		unit_test(every_column),
		unit_test(every_holder_counts),
		unit_test(protocols_narrow),
		unit_test(foreign_interfaces),
	};

	return cmocka_run_group_tests_name("filter columns", tests, NULL, NULL);
}
