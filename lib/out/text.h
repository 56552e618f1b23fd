/*
 * Hostile text made harmless. Process names, socket paths, banners and datagrams may hold anything:
 * a table must not let them move the cursor, JSON must stay valid UTF-8, CSV must keep its cells.
 * A text of no bytes may be NULL.
 *
 * There is one way to show them, skt_text_add_escaped(), which can be undone; CSV and OpenMetrics
 * hold that very text, quoted as these formats quote. JSON has its own escapes for all that is
 * Unicode, and no way to hold what is not.
 */
#ifndef SKT_OUT_TEXT_H
#define SKT_OUT_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

/*
 * Appends LEN bytes for a human: control characters (C0, DEL, C1), bytes that are not UTF-8,
 * line and paragraph separators, and characters that change the direction or are invisible become
 * \n \t \r \e \xNN or \u{NNNN}; a backslash doubles, so that no two texts look the same. Returns
 * the width in terminal columns.
 */
size_t skt_text_add_escaped(struct skt_str *out, const char *text, size_t len);

/* How many of the LEN bytes at TEXT, which is harmless, fit into WIDTH terminal columns. */
size_t skt_text_cut(const char *text, size_t len, size_t width);

/* Appends a JSON string with its quotes (RFC 8259); bytes that are not UTF-8 become U+FFFD. */
void skt_text_add_json(struct skt_str *out, const char *text, size_t len);

/*
 * Appends a CSV cell (RFC 4180) with what a human is shown, in quotes where there is a comma or a
 * quote: a row is a line, and `cat` of the file is harmless.
 */
void skt_text_add_csv(struct skt_str *out, const char *text, size_t len);

/*
 * Appends what stands between the quotes of an OpenMetrics label: what a human is shown, of which
 * the format escapes `\` and `"` once more. Two names are two series.
 */
void skt_text_add_metric(struct skt_str *out, const char *text, size_t len);

/* Bits 7 of the bytes of X that are not plain; above the lowest such byte it may err. */
static inline uint64_t skt_text_unplain(uint64_t x)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
	uint64_t quote = x ^ ones * '"', backslash = x ^ ones * '\\', del = x ^ ones * 0x7f;

	return (x | (x - ones * 0x20) | (quote - ones) | (backslash - ones) | (del - ones)) & highs;
}

/*
 * How many of the LEN bytes at TEXT come before the first that any format must look at: printable
 * ASCII but `"` and `\` is plain.
 */
static inline size_t skt_text_plain(const char *text, size_t len)
{
	size_t i = 0;

	for (; len - i >= 8; i += 8) {
		uint64_t x;

		memcpy(&x, text + i, 8);
		if (skt_text_unplain(x))
			break;
	}
	while (i < len && (unsigned char)text[i] - 0x20u < 0x5f && text[i] != '"' &&
		text[i] != '\\')
		i++;
	return i;
}

#endif
