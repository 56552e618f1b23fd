#include "out/text.h"

#include <stdbool.h>
#include <stdint.h>

struct code_range {
	uint32_t first, last;
};

#include "out/width_table.h"

/*
 * Not characters to be looked at: C1 controls, format characters that are invisible or turn the
 * direction (general category Cf, Default_Ignorable_Code_Point), line and paragraph separators,
 * surrogates. Noncharacters are recognised by their number.
 */
static const struct code_range hidden[] = {
	{0x7f, 0x9f},
	{0xad, 0xad},
	{0x34f, 0x34f},
	{0x600, 0x605},
	{0x61c, 0x61c},
	{0x6dd, 0x6dd},
	{0x70f, 0x70f},
	{0x890, 0x891},
	{0x8e2, 0x8e2},
	{0x115f, 0x1160},
	{0x17b4, 0x17b5},
	{0x180b, 0x180f},
	{0x200b, 0x200f},
	{0x2028, 0x202e},
	{0x2060, 0x206f},
	{0x3164, 0x3164},
	{0xd800, 0xdfff},
	{0xfdd0, 0xfdef},
	{0xfe00, 0xfe0f},
	{0xfeff, 0xfeff},
	{0xffa0, 0xffa0},
	{0xfff0, 0xfffb},
	{0x110bd, 0x110bd},
	{0x110cd, 0x110cd},
	{0x13430, 0x13438},
	{0x1bca0, 0x1bca3},
	{0x1d173, 0x1d17a},
	{0xe0000, 0xe0fff},
};

static bool in_ranges(uint32_t code, const struct code_range *ranges, size_t count)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (code > ranges[middle].last)
			low = middle + 1;
		else if (code < ranges[middle].first)
			high = middle;
		else
			return true;
	}
	return false;
}

static bool is_hidden(uint32_t code)
{
	return code < 0x20 || in_ranges(code, hidden, SKT_COUNT(hidden)) ||
		(code & 0xfffe) == 0xfffe;
}

/* Columns that a character takes on a terminal. */
static size_t code_width(uint32_t code)
{
	if (code < 0x300)
		return 1;
	if (in_ranges(code, zero_width, SKT_COUNT(zero_width)))
		return 0;
	return in_ranges(code, wide, SKT_COUNT(wide)) ? 2 : 1;
}

static const char hex[] = "0123456789abcdef";

/* Appends the escape of one byte: \n \t \r \e or \xNN. Returns its width. */
static size_t add_byte_escape(struct skt_str *out, unsigned char byte)
{
	char text[4] = {'\\', 'x', hex[byte >> 4], hex[byte & 0xf]};
	size_t len = 2;

	switch (byte) {
	case '\n':
		text[1] = 'n';
		break;
	case '\t':
		text[1] = 't';
		break;
	case '\r':
		text[1] = 'r';
		break;
	case '\033':
		text[1] = 'e';
		break;
	default:
		len = 4;
	}
	skt_str_add(out, text, len);
	return len;
}

/* Writes CODE in hexadecimal with DIGITS digits at the least. Returns the end. */
static char *put_hex(char *p, uint32_t code, unsigned int digits)
{
	while (digits < 8 && code >> (4 * digits))
		digits++;
	while (digits--)
		*p++ = hex[code >> (4 * digits) & 0xf];
	return p;
}

/*
 * Appends the one character at P for a human and moves P behind it. Returns its width. What is no
 * UTF-8 is taken byte by byte, so that nothing is lost.
 */
static size_t add_visible(struct skt_str *out, const char **p, size_t len)
{
	char text[16], *end = text;
	uint32_t code;
	size_t n = skt_utf8_decode(*p, len, &code);
	const char *start = *p;

	*p += n ? n : 1;
	if (!n || code < 0x20 || code == 0x7f)
		return add_byte_escape(out, (unsigned char)*start);
	if (!is_hidden(code)) {
		skt_str_add(out, start, n);
		return code_width(code);
	}
	memcpy(end, "\\u{", 3);
	end = put_hex(end + 3, code, 1);
	*end++ = '}';
	skt_str_add(out, text, (size_t)(end - text));
	return (size_t)(end - text);
}

size_t skt_text_add_escaped(struct skt_str *out, const char *text, size_t len)
{
	const char *end = len ? text + len : text; /* nothing may be NULL */
	size_t width = 0;

	while (text < end) {
		size_t run = skt_text_plain(text, (size_t)(end - text));

		skt_str_add(out, text, run);
		width += run;
		text += run;
		if (text == end)
			break;
		if (*text == '\\') {
			skt_str_add(out, "\\\\", 2);
			width += 2;
			text++;
		} else {
			width += add_visible(out, &text, (size_t)(end - text));
		}
	}
	return width;
}

size_t skt_text_cut(const char *text, size_t len, size_t width)
{
	size_t used = 0, at = 0;

	while (at < len) {
		uint32_t code;
		size_t n = skt_utf8_decode(text + at, len - at, &code);

		used += n ? code_width(code) : 1;
		if (used > width)
			break;
		at += n ? n : 1;
	}
	return at;
}

/* \uNNNN, or two of them beyond the basic plane (RFC 8259, section 7). */
static void add_json_escape(struct skt_str *out, uint32_t code)
{
	char text[12], *end = text;

	if (code >= 0x10000) {
		code -= 0x10000;
		memcpy(end, "\\u", 2);
		end = put_hex(end + 2, 0xd800 + (code >> 10), 4);
		code = 0xdc00 + (code & 0x3ff);
	}
	memcpy(end, "\\u", 2);
	end = put_hex(end + 2, code, 4);
	skt_str_add(out, text, (size_t)(end - text));
}

/* Appends the one character at P as it stands in a JSON string. Returns what follows it. */
static const char *add_json_character(struct skt_str *out, const char *p, size_t len)
{
	static const char shorts[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *found = memchr(shorts, *p, sizeof(shorts) - 1);
	uint32_t code;
	size_t n;

	if (found) {
		skt_str_add(out, (char[]){'\\', letters[found - shorts]}, 2);
		return p + 1;
	}
	n = skt_utf8_decode(p, len, &code);
	if (!n)
		skt_str_add(out, "\xef\xbf\xbd", 3);
	else if (is_hidden(code))
		add_json_escape(out, code);
	else
		skt_str_add(out, p, n);
	return p + (n ? n : 1);
}

void skt_text_add_json(struct skt_str *out, const char *text, size_t len)
{
	const char *end = text + len;
	size_t run = skt_text_plain(text, len);
	char *p;

	if (SKT_LIKELY(run == len)) {
		p = skt_str_room(out, len + 2);
		if (!p)
			return;
		*p++ = '"';
		if (len)
			memcpy(p, text, len);
		p[len] = '"';
		skt_str_commit(out, p + len + 1);
		return;
	}
	skt_str_add_char(out, '"');
	for (;;) {
		skt_str_add(out, text, run);
		text += run;
		if (text == end)
			break;
		text = add_json_character(out, text, (size_t)(end - text));
		run = skt_text_plain(text, (size_t)(end - text));
	}
	skt_str_add_char(out, '"');
}

void skt_text_add_csv(struct skt_str *out, const char *text, size_t len)
{
	const char *end = text + len, *quote;
	bool quoted;

	if (!len)
		return;
	if (SKT_LIKELY(skt_text_plain(text, len) == len) && !memchr(text, ',', len)) {
		skt_str_add(out, text, len);
		return;
	}
	quoted = memchr(text, ',', len) || memchr(text, '"', len);
	if (quoted)
		skt_str_add_char(out, '"');
	for (; (quote = memchr(text, '"', (size_t)(end - text))); text = quote + 1) {
		(void)skt_text_add_escaped(out, text, (size_t)(quote - text));
		skt_str_add_text(out, "\"\"");
	}
	(void)skt_text_add_escaped(out, text, (size_t)(end - text));
	if (quoted)
		skt_str_add_char(out, '"');
}

static bool is_metric_special(char c)
{
	return c == '"' || c == '\\';
}

void skt_text_add_metric(struct skt_str *out, const char *text, size_t len)
{
	const size_t start = out->len;
	size_t special = 0, from, to;

	(void)skt_text_add_escaped(out, text, len);
	for (size_t i = start; i < out->len; i++)
		special += is_metric_special(out->data[i]);
	if (!special || !skt_str_room(out, special))
		return;
	/* Each has a backslash put in front, from the last one on. */
	from = out->len;
	to = out->len += special;
	while (to > from) {
		out->data[--to] = out->data[--from];
		if (is_metric_special(out->data[to]))
			out->data[--to] = '\\';
	}
}
