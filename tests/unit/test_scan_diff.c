/* Rows of earlier scans, and what differs from them. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "cmd/scan/diff.h"

static int parse(const char *text, struct scan_diff_line *ret)
{
	return scan_diff_parse(guard_text(text), strlen(text), false, ret);
}

static void rows_are_read(void **state)
{
	static const char *const good[] = {
		"{\"address\":\"192.0.2.1\",\"port\":22,\"proto\":\"tcp\",\"state\":\"open\"}",
		" { \"x\" : [1, {\"y\":\"]}\"}, null], \"address\" : \"192.0.2.1\" , \"port\" : 22 , "
		"\"proto\" : \"tcp\" , \"state\" : \"open\" } ",
		"{\"state\":\"open\",\"banner\":\"a \\\"b\\\" \\u001b \\\\\",\"rtt_us\":1.5e-3,"
		"\"proto\":\"tcp\",\"port\":22,\"host\":null,\"address\":\"192.0.2.1\"}\r",
	};
	struct scan_diff_line line;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(good); i++) {
		char text[SKT_ADDR_TEXT_MAX];

		memset(&line, 0xff, sizeof(line));
		assert_int_equal(parse(good[i], &line), 0);
		assert_string_equal(skt_addr_text(&line.addr, text), "192.0.2.1");
		assert_int_equal(line.port, 22);
		assert_false(line.udp);
		assert_int_equal(line.state, SKT_SCAN_OPEN);
	}
	assert_int_equal(parse("{\"address\":\"fe80::1%3\",\"port\":0,\"proto\":\"udp\","
			       "\"state\":\"open|filtered\"}",
				 &line),
		0);
	assert_true(line.udp);
	assert_int_equal(line.addr.scope_id, 3);
	assert_int_equal(line.state, SKT_SCAN_OPEN_FILTERED);
}

static void rows_of_hosts_are_read(void **state)
{
	static const char host[] =
		"{\"host\":null,\"address\":\"192.0.2.1\",\"state\":\"unknown\"}";
	static const char port[] = "{\"address\":\"192.0.2.1\",\"port\":22,\"proto\":\"tcp\","
				   "\"state\":\"open\"}";
	struct scan_diff_line line;

	(void)state;
	assert_int_equal(scan_diff_parse(guard_text(host), sizeof(host) - 1, true, &line), 0);
	assert_int_equal(line.state, SCAN_UNKNOWN);
	assert_int_equal(line.port, SKT_PLAN_ANY_PORT);
	assert_int_equal(
		scan_diff_parse(guard_text(host), sizeof(host) - 1, false, &line), -EINVAL);
	assert_int_equal(scan_diff_parse(guard_text(port), sizeof(port) - 1, true, &line), -EINVAL);
}

static void what_is_no_row_is_refused(void **state)
{
#define REST ",\"proto\":\"tcp\",\"state\":\"open\"}"
	static const char *const bad[] = {"", "{", "{}", "[]", "null", "7", "\"x\"", "{\"a\":}",
		"{\"a\":1,}", "{\"a\" 1}", "{a:1}", "{\"address\":\"192.0.2.1\",\"port\":22}",
		"{\"address\":\"192.0.2.1\",\"port\":65536" REST,
		"{\"address\":\"192.0.2.1\",\"port\":-1" REST,
		"{\"address\":\"192.0.2.1\",\"port\":[22]" REST,
		"{\"address\":\"example.org\",\"port\":22" REST,
		"{\"address\":null,\"port\":22" REST,
		"{\"address\":\"192.0.2.1\",\"port\":22" REST "x",
		"{\"address\":\"192.0.2.1\",\"port\":22" REST REST,
		"{\"x\":[}],\"address\":\"192.0.2.1\",\"port\":22" REST,
		"{\"x\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]],\"address\":\"192.0.2.1\",\"port\":22" REST,
		"{\"x\":\"\n\",\"address\":\"192.0.2.1\",\"port\":22" REST,
		"{\"address\":\"192.0.2.1\",\"port\":22,\"proto\":\"sctp\",\"state\":\"open\"}",
		"{\"address\":\"192.0.2.1\",\"port\":22,\"proto\":\"tcp\",\"state\":\"opened\"}",
		"{\"address\":\"192.0.2.1\",\"port\":22,\"proto\":\"tcp\",\"state\":\"open"};
#undef REST
	struct scan_diff_line line;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(bad); i++)
		if (parse(bad[i], &line) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
}

static void every_cut_is_refused(void **state)
{
	static const char whole[] =
		"{\"x\":[{\"y\":\"\\\"\"}],\"address\":\"192.0.2.1\",\"port\":22,"
		"\"proto\":\"tcp\",\"state\":\"open\"}";
	struct scan_diff_line line;

	(void)state;
	for (size_t len = 0; len < sizeof(whole) - 1; len++)
		assert_int_equal(
			scan_diff_parse(guard_copy(whole, len), len, false, &line), -EINVAL);
	assert_int_equal(scan_diff_parse(whole, sizeof(whole) - 1, false, &line), 0);
}

static const struct skt_addr host = {.family = AF_INET, .bytes = {192, 0, 2, 1}};

static void make_plan(struct skt_plan *plan)
{
	struct skt_portset *ports = calloc(1, sizeof(*ports));

	for (uint16_t port = 20; port < 30; port++)
		skt_portset_add(ports, port);
	assert_int_equal(skt_plan_add(plan, &host, &host, NULL, 0, ports), 0);
	assert_int_equal(skt_plan_finish(plan), 0);
	free(ports);
}

static int read_text(const struct skt_plan *plan, const char *text, size_t len,
	struct scan_diff *diff, struct skt_err *err)
{
	char path[] = "/tmp/sockkit-diff.XXXXXX";
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(close(fd), 0);
	rc = scan_diff_read(path, plan, false, diff, err);
	assert_int_equal(unlink(path), 0);
	return rc;
}

static void differences_are_counted(void **state)
{
	static const char *const was[] = {"open", "open", "closed", "closed", "filtered", "error"};
	static const uint8_t now[] = {SKT_SCAN_OPEN, SKT_SCAN_CLOSED, SKT_SCAN_OPEN,
		SKT_SCAN_FILTERED, SKT_SCAN_SKIPPED, SKT_SCAN_OPEN, SKT_SCAN_OPEN, SKT_SCAN_CLOSED};
	static const bool differs[] = {false, true, true, true, false, true, true, false};
	struct scan_diff diff = {0};
	struct skt_plan plan = {0};
	struct skt_err err;
	char text[2048];
	size_t len = 0;
	uint8_t before;

	(void)state;
	make_plan(&plan);
	for (size_t i = 0; i < SKT_COUNT(was); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"{\"address\":\"192.0.2.1\",\"port\":%zu,\"proto\":\"tcp\",\"state\":\"%s\"}\n",
			20 + i, was[i]);
	len += (size_t)snprintf(text + len, sizeof(text) - len,
		"\n{\"address\":\"192.0.2.9\",\"port\":20,\"proto\":\"tcp\",\"state\":\"open\"}");
	assert_int_equal(read_text(&plan, text, len, &diff, &err), 0);
	assert_int_equal(diff.elsewhere, 1);
	for (size_t i = 0; i < SKT_COUNT(now); i++)
		assert_int_equal(scan_diff_note(&diff, i, now[i]), differs[i]);
	assert_int_equal(diff.opened, 3);
	assert_int_equal(diff.closed, 1);
	assert_int_equal(diff.changed, 1);
	assert_true(scan_diff_was(&diff, 1, &before));
	assert_int_equal(before, SKT_SCAN_OPEN);
	assert_false(scan_diff_was(&diff, 5, &before));
	scan_diff_fini(&diff);
	skt_plan_fini(&plan);
}

static void bad_files_are_named(void **state)
{
	static const char other[] =
		"{\"address\":\"192.0.2.9\",\"port\":20,\"proto\":\"tcp\",\"state\":\"open\"}\n";
	char *longest = malloc(3 * SCAN_DIFF_LINE_MAX);
	struct scan_diff diff = {0};
	struct skt_plan plan = {0};
	struct skt_err err;

	(void)state;
	make_plan(&plan);
	assert_int_equal(read_text(&plan, other, sizeof(other) - 1, &diff, &err), -EINVAL);
	assert_non_null(strstr(err.text, "nothing of the hosts"));
	assert_int_equal(read_text(&plan, "\n\n\0\n", 4, &diff, &err), -EINVAL);
	assert_non_null(strstr(err.text, "line 3"));
	memset(longest, '[', 3 * SCAN_DIFF_LINE_MAX);
	longest[0] = '\n';
	assert_int_equal(read_text(&plan, longest, 3 * SCAN_DIFF_LINE_MAX, &diff, &err), -EINVAL);
	assert_non_null(strstr(err.text, "line 2"));
	assert_int_equal(
		scan_diff_read("/proc/self/nonexistent", &plan, false, &diff, &err), -ENOENT);
	assert_int_equal(scan_diff_read("/", &plan, false, &diff, &err), -EISDIR);
	assert_int_equal(read_text(&plan, "", 0, &diff, &err), 0);
	scan_diff_fini(&diff);
	skt_plan_fini(&plan);
	free(longest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(rows_are_read),
		unit_test(rows_of_hosts_are_read),
		unit_test(what_is_no_row_is_refused),
		unit_test(every_cut_is_refused),
		unit_test(differences_are_counted),
		unit_test(bad_files_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
