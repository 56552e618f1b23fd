/* Hostile text in the three ways it leaves the program. */
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "out/text.h"
#include "unit.h"

struct sample {
	const char *bytes;
	size_t len;
	const char *escaped;
	size_t width;
	const char *json, *csv;
};

#define SAMPLE(bytes, escaped, width, json, csv) \
	{ \
		bytes, sizeof(bytes) - 1, escaped, width, json, csv \
	}
#define BAD "\xef\xbf\xbd"

static const struct sample samples[] = {
	SAMPLE("", "", 0, "\"\"", ""),
	SAMPLE("nginx", "nginx", 5, "\"nginx\"", "nginx"),
	SAMPLE("a b~!", "a b~!", 5, "\"a b~!\"", "a b~!"),
	SAMPLE("seventeen letters", "seventeen letters", 17, "\"seventeen letters\"",
		"seventeen letters"),
	/* what each format itself gives a meaning to */
	SAMPLE("a\"b", "a\"b", 3, "\"a\\\"b\"", "\"a\"\"b\""),
	SAMPLE("\"", "\"", 1, "\"\\\"\"", "\"\"\"\""),
	SAMPLE("a,b", "a,b", 3, "\"a,b\"", "\"a,b\""),
	SAMPLE("\\x1b", "\\\\x1b", 5, "\"\\\\x1b\"", "\\\\x1b"),
	SAMPLE("12345678\\", "12345678\\\\", 10, "\"12345678\\\\\"", "12345678\\\\"),
	/* control bytes */
	SAMPLE("\n\t\r", "\\n\\t\\r", 6, "\"\\n\\t\\r\"", "\\n\\t\\r"),
	SAMPLE("\t", "\\t", 2, "\"\\t\"", "\\t"),
	SAMPLE("\\,\"\n", "\\\\,\"\\n", 6, "\"\\\\,\\\"\\n\"", "\"\\\\,\"\"\\n\""),
	SAMPLE("\033[2J", "\\e[2J", 5, "\"\\u001b[2J\"", "\\e[2J"),
	SAMPLE("\0\b\f\x1f", "\\x00\\x08\\x0c\\x1f", 16, "\"\\u0000\\b\\f\\u001f\"",
		"\\x00\\x08\\x0c\\x1f"),
	SAMPLE("\x7f", "\\x7f", 4, "\"\\u007f\"", "\\x7f"),
	SAMPLE("\xc2\x9b"
	       "31m",
		"\\u{9b}31m", 9, "\"\\u009b31m\"", "\\u{9b}31m"),
	SAMPLE("\x9b"
	       "31m",
		"\\x9b31m", 7, "\"" BAD "31m\"", "\\x9b31m"),
	/* not UTF-8: a lone continuation, cut short, overlong, surrogate, too large, never legal */
	SAMPLE("\x80", "\\x80", 4, "\"" BAD "\"", "\\x80"),
	SAMPLE("\xe2\x82", "\\xe2\\x82", 8, "\"" BAD BAD "\"", "\\xe2\\x82"),
	SAMPLE("\xf0\x9f\x98", "\\xf0\\x9f\\x98", 12, "\"" BAD BAD BAD "\"", "\\xf0\\x9f\\x98"),
	SAMPLE("\xc3(", "\\xc3(", 5, "\"" BAD "(\"", "\\xc3("),
	SAMPLE("\xc0\xaf", "\\xc0\\xaf", 8, "\"" BAD BAD "\"", "\\xc0\\xaf"),
	SAMPLE("\xc0\x80", "\\xc0\\x80", 8, "\"" BAD BAD "\"", "\\xc0\\x80"),
	SAMPLE("\xe0\x80\xaf", "\\xe0\\x80\\xaf", 12, "\"" BAD BAD BAD "\"", "\\xe0\\x80\\xaf"),
	SAMPLE("\xed\xa0\x80", "\\xed\\xa0\\x80", 12, "\"" BAD BAD BAD "\"", "\\xed\\xa0\\x80"),
	SAMPLE("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 16, "\"" BAD BAD BAD BAD "\"",
		"\\xf4\\x90\\x80\\x80"),
	SAMPLE("\xff\xfe", "\\xff\\xfe", 8, "\"" BAD BAD "\"", "\\xff\\xfe"),
	/* invisible, or turning the direction; noncharacters; separators */
	/* NOLINTBEGIN(misc-misleading-bidirectional): that is what is tested */
	SAMPLE("\xe2\x80\xae"
	       "exe",
		"\\u{202e}exe", 11, "\"\\u202eexe\"", "\\u{202e}exe"),
	SAMPLE("\xe2\x81\xa6", "\\u{2066}", 8, "\"\\u2066\"", "\\u{2066}"),
	/* NOLINTEND(misc-misleading-bidirectional) */
	SAMPLE("\xd8\x9c", "\\u{61c}", 7, "\"\\u061c\"", "\\u{61c}"),
	SAMPLE("\xe2\x80\x8b", "\\u{200b}", 8, "\"\\u200b\"", "\\u{200b}"),
	SAMPLE("\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}", 16, "\"\\u2028\\u2029\"",
		"\\u{2028}\\u{2029}"),
	SAMPLE("\xc2\xad", "\\u{ad}", 6, "\"\\u00ad\"", "\\u{ad}"),
	SAMPLE("\xef\xbb\xbf", "\\u{feff}", 8, "\"\\ufeff\"", "\\u{feff}"),
	SAMPLE("\xef\xbf\xbf", "\\u{ffff}", 8, "\"\\uffff\"", "\\u{ffff}"),
	SAMPLE("\xf3\xa0\x81\x81", "\\u{e0041}", 9, "\"\\udb40\\udc41\"", "\\u{e0041}"),
	/* visible: letters, wide characters, combining marks */
	SAMPLE("\xc3\xa9", "\xc3\xa9", 1, "\"\xc3\xa9\"", "\xc3\xa9"),
	SAMPLE("\xe6\xbc\xa2\xe5\xad\x97", "\xe6\xbc\xa2\xe5\xad\x97", 4,
		"\"\xe6\xbc\xa2\xe5\xad\x97\"", "\xe6\xbc\xa2\xe5\xad\x97"),
	SAMPLE("\xef\xbc\xa1", "\xef\xbc\xa1", 2, "\"\xef\xbc\xa1\"", "\xef\xbc\xa1"),
	SAMPLE("\xea\xb0\x80", "\xea\xb0\x80", 2, "\"\xea\xb0\x80\"", "\xea\xb0\x80"),
	SAMPLE("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", 2, "\"\xf0\x9f\x98\x80\"",
		"\xf0\x9f\x98\x80"),
	SAMPLE("e\xcc\x81", "e\xcc\x81", 1, "\"e\xcc\x81\"", "e\xcc\x81"),
};

static void assert_text(const struct skt_str *str, const char *expected)
{
	assert_false(str->failed);
	assert_int_equal(str->len, strlen(expected));
	assert_memory_equal(str->len ? str->data : "", expected, str->len);
}

static void escapes_every_class(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(samples); i++) {
		const struct sample *sample = &samples[i];
		const char *text = guard_copy(sample->bytes, sample->len);
		struct skt_str out = {0};

		assert_int_equal(skt_text_add_escaped(&out, text, sample->len), sample->width);
		assert_text(&out, sample->escaped);
		out.len = 0;
		skt_text_add_json(&out, text, sample->len);
		assert_text(&out, sample->json);
		out.len = 0;
		skt_text_add_csv(&out, text, sample->len);
		assert_text(&out, sample->csv);
		skt_str_fini(&out);
	}
}

/* The fast path looks at eight bytes at once: every byte value at every place of two words. */
static void finds_each_byte_at_each_place(void **state)
{
	(void)state;
	for (unsigned int byte = 0; byte < 256; byte++) {
		for (size_t len = 1; len <= 17; len++) {
			size_t place = (byte * 7 + len) % len;
			struct skt_str whole = {0}, parts = {0};
			char text[17];
			size_t width;

			memset(text, 'x', sizeof(text));
			text[place] = (char)byte;
			width = skt_text_add_escaped(&parts, text, place);
			width += skt_text_add_escaped(&parts, text + place, 1);
			width += skt_text_add_escaped(&parts, text + place + 1, len - place - 1);
			assert_int_equal(skt_text_add_escaped(&whole, text, len), width);
			assert_int_equal(whole.len, parts.len);
			assert_memory_equal(whole.data, parts.data, parts.len);
			for (size_t i = 0; i < whole.len; i++)
				assert_in_range(whole.data[i], 0x20, 0x7e);
			skt_str_fini(&whole);
			skt_str_fini(&parts);
		}
	}
}

/* Whatever comes in, JSON and CSV come out as UTF-8 and without control bytes. */
static void assert_harmless(const struct skt_str *str, const char *allowed)
{
	for (size_t i = 0; i < str->len;) {
		uint32_t code;
		size_t n = skt_utf8_decode(str->data + i, str->len - i, &code);

		assert_int_not_equal(n, 0);
		assert_false(code < 0x20 && !strchr(allowed, (int)code));
		assert_false(code >= 0x7f && code < 0xa0);
		i += n;
	}
}

static void survives_long_and_random_bytes(void **state)
{
	enum { LEN = 10000 };
	char *bytes = malloc(LEN);
	uint32_t seed = 1;

	(void)state;
	assert_non_null(bytes);
	for (int round = 0; round < 20; round++) {
		struct skt_str out = {0};
		const char *text;

		for (size_t i = 0; i < LEN; i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = round < 10 ? (char)(seed >> 24)
					      : "\"\\,\n\xe2\x82\xac\x80"[seed >> 29];
		}
		text = guard_copy(bytes, LEN);
		assert_true(skt_text_add_escaped(&out, text, LEN) >= LEN / 4);
		assert_harmless(&out, "");
		out.len = 0;
		skt_text_add_json(&out, text, LEN);
		assert_harmless(&out, "");
		out.len = 0;
		skt_text_add_csv(&out, text, LEN);
		assert_harmless(&out, "");
		skt_str_fini(&out);
		guard_free_all();
	}
	free(bytes);
}

/* Takes `BACKSLASH x` for each of FROM in TEXT by that of TO; \xNN and \u{N} where HEX. */
static size_t undo(
	const char *text, size_t len, const char *from, const char *to, bool hex, char *ret)
{
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		const char *found;
		uint32_t code;
		char *end;

		if (text[i] != '\\') {
			ret[at++] = text[i];
			continue;
		}
		assert_true(++i < len);
		found = strchr(from, text[i]);
		if (found) {
			ret[at++] = to[found - from];
			continue;
		}
		assert_true(hex);
		if (text[i] == 'x') {
			char digits[3] = {text[i + 1], text[i + 2]};

			ret[at++] = (char)strtoul(digits, &end, 16);
			assert_true(end == digits + 2);
			i += 2;
			continue;
		}
		assert_int_equal(text[i], 'u');
		code = (uint32_t)strtoul(text + i + 2, &end, 16);
		assert_int_equal(*end, '}');
		i = (size_t)(end - text);
		if (code >= 0x10000) {
			ret[at++] = (char)(0xf0 | code >> 18);
			ret[at++] = (char)(0x80 | (code >> 12 & 0x3f));
			ret[at++] = (char)(0x80 | (code >> 6 & 0x3f));
		} else if (code >= 0x800) {
			ret[at++] = (char)(0xe0 | code >> 12);
			ret[at++] = (char)(0x80 | (code >> 6 & 0x3f));
		} else {
			ret[at++] = (char)(0xc0 | code >> 6);
		}
		ret[at++] = (char)(0x80 | (code & 0x3f));
	}
	return at;
}

static void assert_undone(const char *text, size_t len)
{
	static const char shown_from[] = "ntre\\", shown_to[] = "\n\t\r\033\\";
	struct skt_str out = {0};
	char *back = malloc(4 * len + 1), *label = malloc(8 * len + 1);
	size_t n;

	assert_non_null(back);
	assert_non_null(label);
	(void)skt_text_add_escaped(&out, text, len);
	n = undo(out.len ? out.data : "", out.len, shown_from, shown_to, true, back);
	assert_int_equal(n, len);
	assert_memory_equal(back, text, len);
	out.len = 0;
	skt_text_add_metric(&out, text, len);
	n = undo(out.len ? out.data : "", out.len, "\\\"n", "\\\"\n", false, label);
	n = undo(label, n, shown_from, shown_to, true, back);
	assert_int_equal(n, len);
	assert_memory_equal(back, text, len);
	skt_str_fini(&out);
	free(back);
	free(label);
}

/* No two names are one: what was escaped can be had back, in a label too. */
static void can_be_undone(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(samples); i++)
		assert_undone(samples[i].bytes, samples[i].len);
	assert_undone("\xff", 1);
	assert_undone("\\xff", 4);
	for (int round = 0; round < 3000; round++) {
		/* With a right-to-left override and a CSI in it, whole or not. */
		static const char alphabet[16] = {'\\', '"', '\n', 'x', 'u', 'f', '{', '9',
			(char)0xe2, (char)0x80, (char)0xae, (char)0xff, ',', '\033', (char)0xc2,
			(char)0x9b};
		char bytes[24];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = round & 1 ? (char)(seed >> 24) : alphabet[seed >> 28];
		}
		assert_undone(bytes, sizeof(bytes));
	}
}

static void labels(void **state)
{
	static const struct {
		const char *text, *label;
	} cases[] = {{"\xff", "\\\\xff"}, {"\\xff", "\\\\\\\\xff"}, {"a\"b", "a\\\"b"},
		{"\n", "\\\\n"}, {"plain", "plain"}, {"", ""}};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_str out = {0};

		skt_text_add_metric(&out, cases[i].text, strlen(cases[i].text));
		assert_text(&out, cases[i].label);
		skt_str_fini(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(escapes_every_class),
		unit_test(finds_each_byte_at_each_place),
		unit_test(survives_long_and_random_bytes),
		unit_test(can_be_undone),
		unit_test(labels),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
