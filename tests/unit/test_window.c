/* A part of a line: by terminal columns, whatever its characters and colours are. */
#include "unit.h"

#include <string.h>

#include "out/text.h"
#include "out/window.h"

static void expect(const char *text, size_t left, size_t width, bool wanted, const char *part)
{
	struct skt_str out = {0};
	size_t len = strlen(text);

	skt_window_add(&out, guard_copy(text, len), len, left, width, wanted);
	skt_str_add_char(&out, '\0');
	assert_string_equal(out.data, part);
	skt_str_fini(&out);
	guard_free_all();
}

static void test_columns(void **state)
{
	(void)state;
	expect("abcdef", 0, 3, false, "abc");
	expect("abcdef", 2, 3, false, "cde");
	expect("abcdef", 4, 9, false, "ef");
	expect("abcdef", 9, 9, false, "");
	expect("abcdef", 2, 0, false, "");
	expect("äöü…", 1, 2, false, "öü");
	expect("", 0, 5, false, "");
}

/* Half of a wide character is a blank, as terminals have it. */
static void test_wide_characters(void **state)
{
	(void)state;
	expect("a世界b", 0, 6, false, "a世界b");
	expect("a世界b", 0, 4, false, "a世 ");
	expect("a世界b", 2, 4, false, " 界b");
	expect("a世界b", 2, 1, false, " ");
	assert_int_equal(skt_window_width("a世界b", strlen("a世界b")), 6);
}

static void test_colours_take_no_room(void **state)
{
	static const char text[] = "ab\033[31mcd\033[0mef";

	(void)state;
	expect(text, 0, 3, true, "ab\033[31mc\033[0m");
	expect(text, 4, 2, true, "\033[31m\033[0mef");
	expect(text, 1, 4, false, "bcde");
	assert_int_equal(skt_window_width(text, strlen(text)), 6);
	expect("ab\033[3", 0, 9, false, "ab\033[3");
}

/* As much as asked for, where there is so much. */
static void test_any_part(void **state)
{
	static const char text[] = "ab\033[31m世cd\033[0m界ef ä…";
	const size_t whole = skt_window_width(text, strlen(text));

	(void)state;
	for (size_t left = 0; left < 20; left++)
		for (size_t width = 0; width < 20; width++) {
			struct skt_str out = {0};
			const size_t rest = whole > left ? whole - left : 0;

			skt_window_add(&out, text, strlen(text), left, width, left % 2);
			assert_int_equal(skt_window_width(out.data ? out.data : "", out.len),
				rest < width ? rest : width);
			skt_str_fini(&out);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_columns),
		unit_test(test_wide_characters),
		unit_test(test_colours_take_no_room),
		unit_test(test_any_part),
	};

	return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
