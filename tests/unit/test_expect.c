/* What a server must say: expressions, what is sent, and what hostile servers answer. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "cmd/connect/expect.h"

static void said(struct connect_said *ret, const char *bytes, size_t len, size_t piece)
{
	*ret = (struct connect_said){0};
	for (size_t i = 0; i < len; i += piece) {
		size_t n = len - i < piece ? len - i : piece;
		char *copy = guard_copy(bytes + i, n);

		connect_said_add(ret, copy, n);
		guard_free_all();
	}
}

static bool matches(const char *regex, const char *bytes, size_t len, bool ended)
{
	struct connect_expect expect = {0};
	static struct connect_said text;
	bool whole, pieces;

	assert_int_equal(connect_expect_parse(&expect, regex, NULL), 0);
	said(&text, bytes, len, len ? len : 1);
	whole = connect_said_matches(&text, &expect, ended);
	said(&text, bytes, len, 1);
	pieces = connect_said_matches(&text, &expect, ended);
	assert_int_equal(whole, pieces);
	connect_expect_fini(&expect);
	return whole;
}

#define MATCHES(regex, bytes, ended) matches(regex, bytes, sizeof(bytes) - 1, ended)

static void test_matches(void **state)
{
	(void)state;
	assert_true(MATCHES("^220 ", "220 hello\r\n", false));
	assert_true(MATCHES("^OK$", "one\r\nOK\r\ntwo", false));
	assert_true(MATCHES("a\nb", "a\r\nb", false));
	assert_false(MATCHES("^OK$", "OK", false)); /* AY may follow */
	assert_true(MATCHES("^OK$", "OK", true));
	assert_true(MATCHES("8[.]0", "J\0\0\0\n8.0.36\0", false));
	assert_true(MATCHES(".", "\377\376\0", true));
	assert_false(MATCHES(".", "", true));
	assert_false(MATCHES("x*", "", true));
}

static void test_said_is_bounded(void **state)
{
	static char flood[3 * CONNECT_SAID_MAX];
	static struct connect_said text;
	char line[8];

	(void)state;
	memset(flood, 'a', sizeof(flood));
	said(&text, flood, sizeof(flood), 1000);
	assert_int_equal(text.len, CONNECT_SAID_MAX);
	connect_said_line(&text, line, sizeof(line));
	assert_string_equal(line, "aaaaaaa");
	memset(flood, '\r', sizeof(flood));
	said(&text, flood, sizeof(flood), 1);
	assert_int_equal(text.len, CONNECT_SAID_MAX);
	said(&text, "\r\n\nb\nc", 6, 1);
	connect_said_line(&text, line, sizeof(line));
	assert_string_equal(line, "b");
	said(&text, "", 0, 1);
	connect_said_line(&text, line, sizeof(line));
	assert_string_equal(line, "");
}

static void test_expressions_that_are_refused(void **state)
{
	static const char *const bad[] = {"(", "a)\\1", "(a)\\1", "[a", "\\\\\\2", "a{2,1}"};
	static const char *const good[] = {"[\\1]", "[]\\1]", "[^]\\1]", "\\\\1", "\\.", "a{2}"};
	struct connect_expect expect = {0};
	struct skt_err err;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(bad); i++)
		assert_int_equal(connect_expect_parse(&expect, bad[i], &err), -EINVAL);
	for (size_t i = 0; i < SKT_COUNT(good); i++)
		assert_int_equal(connect_expect_parse(&expect, good[i], &err), 0);
	connect_expect_fini(&expect);
	assert_false(expect.given);
}

static void test_send(void **state)
{
	static const char *const bad[] = {"", "\\", "a\\q", "\\x", "\\x1", "\\x1g"};
	struct connect_expect expect = {0};
	char longest[CONNECT_SEND_MAX + 2];
	struct skt_err err;

	(void)state;
	assert_int_equal(connect_send_parse(&expect, "a\\r\\n\\0\\\\\\x41\\xfF", &err), 0);
	assert_int_equal(expect.send_len, 7);
	assert_memory_equal(expect.send, "a\r\n\0\\A\xff", 7);
	for (size_t i = 0; i < SKT_COUNT(bad); i++)
		assert_int_equal(connect_send_parse(&expect, bad[i], &err), -EINVAL);
	assert_int_equal(expect.send_len, 7);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(connect_send_parse(&expect, longest, &err), -E2BIG);
	assert_int_equal(connect_send_parse(&expect, longest + 1, &err), 0);
	connect_expect_fini(&expect);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_matches),
		unit_test(test_said_is_bounded),
		unit_test(test_expressions_that_are_refused),
		unit_test(test_send),
	};

	return cmocka_run_group_tests_name("expect", tests, NULL, NULL);
}
