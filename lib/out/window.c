#include "out/window.h"

#include <stdint.h>

#include "base/macros.h"
#include "out/text.h"

/* Bytes of the sequence at TEXT; 0: there is none. */
static size_t sequence_len(const char *text, size_t len)
{
	size_t n = 2;

	if (len < 3 || text[0] != '\033' || text[1] != '[')
		return 0;
	while (n < len && text[n] >= 0x20 && text[n] < 0x40)
		n++;
	return n < len ? n + 1 : 0;
}

/* Bytes of the character at TEXT, or 1 where there is none, and how wide that is. */
static size_t character_len(const char *text, size_t len, size_t *ret_width)
{
	uint32_t code;
	size_t n = skt_utf8_decode(text, len, &code);

	n = n ? n : 1;
	*ret_width = skt_text_cut(text, n, 0) == n ? 0 : skt_text_cut(text, n, 1) == n ? 1 : 2;
	return n;
}

void skt_window_add(
	struct skt_str *out, const char *text, size_t len, size_t left, size_t width, bool wanted)
{
	const size_t right = left + width;
	size_t column = 0;

	for (size_t at = 0, n; at < len; at += n) {
		size_t wide, end;

		n = sequence_len(text + at, len - at);
		if (n) {
			if (wanted)
				skt_str_add(out, text + at, n);
			continue;
		}
		n = character_len(text + at, len - at, &wide);
		end = column + wide;
		if (column >= left && end <= right && (wide || column > left))
			skt_str_add(out, text + at, n);
		else if (end > left && column < right)
			skt_str_add_fill(out, ' ', SKT_MIN(end, right) - SKT_MAX(column, left));
		column = end;
	}
}

size_t skt_window_width(const char *text, size_t len)
{
	size_t width = 0;

	for (size_t at = 0, n; at < len; at += n) {
		size_t wide = 0;

		n = sequence_len(text + at, len - at);
		if (!n)
			n = character_len(text + at, len - at, &wide);
		width += wide;
	}
	return width;
}
