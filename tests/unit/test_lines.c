/* Lines with names in front, of what comes in any pieces from anyone. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "cmd/listen/lines.h"

/* What is passed on of BYTES in pieces of PIECE, and then the end; the caller frees it. */
static char *told(const char *bytes, size_t len, size_t piece)
{
	struct skt_str said = {0};
	struct lines lines = {0};
	char *text;

	for (size_t i = 0; i < len; i += piece) {
		size_t n = SKT_MIN(piece, len - i);

		assert_int_equal(lines_add(&lines, "a:1", guard_copy(bytes + i, n), n, &said), 0);
		assert_true(lines.begun.len <= LINES_MAX);
		guard_free_all();
	}
	assert_int_equal(lines_end(&lines, "a:1", &said), 0);
	lines_fini(&lines);
	skt_str_add_char(&said, '\0');
	text = strdup(said.data);
	skt_str_fini(&said);
	assert_non_null(text);
	return text;
}

static void whole_lines(void **state SKT_UNUSED)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *expected;
	} cases[] = {
#define CASE(bytes, expected) {bytes, sizeof(bytes) - 1, expected}
		CASE("", ""),
		CASE("hello\n", "<a:1> hello\n"),
		CASE("hello\r\nyou\n", "<a:1> hello\n<a:1> you\n"),
		CASE("not ended", "<a:1> not ended\n"),
		CASE("\n\r\n\n", "<a:1> \n<a:1> \n<a:1> \n"),
		CASE("\r\r\n", "<a:1> \\r\n"),
		CASE("\r<b:2> me\n", "<a:1> \\r<b:2> me\n"),
		CASE("\033[2J\033]0;x\a\n", "<a:1> \\e[2J\\e]0;x\\x07\n"),
		CASE("\0\xff\xc2\x9b\b\n", "<a:1> \\x00\\xff\\u{9b}\\x08\n"),
		CASE("\xe2\x80\xae"
		     "evil\n",
			"<a:1> \\u{202e}evil\n"),
		CASE("gr\xc3\xbc\xc3\x9f\x65\n", "<a:1> gr\xc3\xbc\xc3\x9f\x65\n"),
#undef CASE
	};

	for (size_t i = 0; i < SKT_COUNT(cases); i++)
		for (size_t piece = 1; piece <= 8; piece++) {
			char *text = told(cases[i].bytes, cases[i].len, piece);

			assert_string_equal(text, cases[i].expected);
			free(text);
		}
}

/* LEN bytes of CHARACTER over and over, shifted by SHIFT, and a LF; the caller frees it. */
static char *long_line(const char *character, size_t len, size_t shift)
{
	char *bytes = malloc(len + 1);
	size_t width = strlen(character);

	assert_non_null(bytes);
	memset(bytes, 'x', len);
	for (size_t at = shift; at + width <= len; at += width)
		memcpy(bytes + at, character, width);
	bytes[len] = '\n';
	return bytes;
}

/* A line without end is told in parts; no character is cut, and nothing is lost. */
static void too_long(void **state SKT_UNUSED)
{
	static const char *const characters[] = {
		"y", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
	static const size_t pieces[] = {1, 4095, 4096, 100000};
	const size_t len = 3 * LINES_MAX + 5;

	for (size_t c = 0; c < SKT_COUNT(characters); c++)
		for (size_t i = 0; i < 4 * SKT_COUNT(pieces); i++) {
			char *bytes = long_line(characters[c], len, i % 4);
			char *text = told(bytes, len + 1, pieces[i / 4]), *to = text;

			assert_null(strchr(text, '\\'));
			for (char *from = text; *from; from += strcspn(from, "\n") + 1) {
				size_t n = strcspn(from, "\n");

				assert_memory_equal(from, "<a:1> ", 6);
				assert_true(n <= 6 + LINES_MAX && n > 6);
				memmove(to, from + 6, n - 6);
				to += n - 6;
			}
			assert_int_equal(to - text, len);
			assert_memory_equal(text, bytes, len);
			free(text);
			free(bytes);
		}
}

/* As long as a line may be: one line, whatever its end and its pieces. */
static void just_fits(void **state SKT_UNUSED)
{
	static const size_t pieces[] = {1, 4095, 4096, 4097, 5000};

	for (size_t i = 0; i < SKT_COUNT(pieces); i++) {
		char *bytes = long_line("y", LINES_MAX, 0);
		char *text = told(bytes, LINES_MAX + 1, pieces[i]);

		assert_int_equal(strlen(text), LINES_MAX + 7);
		assert_int_equal(strcspn(text, "\n"), LINES_MAX + 6);
		free(text);
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(whole_lines),
		unit_test(too_long),
		unit_test(just_fits),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
