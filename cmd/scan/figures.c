#include "cmd/scan/figures.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cmd/report.h"

enum { SENTENCE_MAX = 1024, INDENT = 2, WIDTH_MIN = 20 };

/* ---- two columns ---- */

static struct scan_figure *next(
	struct scan_figures *figures, enum scan_side side, const char *words)
{
	struct scan_figure *figure;

	if (figures->len[side] == SCAN_FIGURES_MAX)
		return NULL;
	figure = &figures->sides[side][figures->len[side]++];
	figure->words = words;
	return figure;
}

/* `1,234,567`, as the grouping of the C locale has none. */
static void put_thousands(char text[32], uint64_t count)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, count);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*text++ = ',';
		*text++ = digits[i];
	}
	*text = '\0';
}

void scan_figures_count(
	struct scan_figures *figures, enum scan_side side, uint64_t count, const char *words)
{
	struct scan_figure *figure = next(figures, side, words);

	if (figure)
		put_thousands(figure->value, count);
}

void scan_figures_add(struct scan_figures *figures, enum scan_side side, const char *words,
	const char *format, ...)
{
	struct scan_figure *figure = next(figures, side, words);
	va_list args;

	if (!figure)
		return;
	va_start(args, format);
	(void)vsnprintf(figure->value, sizeof(figure->value), format, args);
	va_end(args);
}

/* The widest value and the widest words of SIDE. */
static void measure(const struct scan_figures *figures, size_t side, int *values, int *words)
{
	for (size_t i = 0; i < figures->len[side]; i++) {
		const struct scan_figure *figure = &figures->sides[side][i];

		*values = SKT_MAX(*values, (int)strlen(figure->value));
		*words = SKT_MAX(*words, (int)strlen(figure->words));
	}
}

void scan_figures_write(const struct scan_figures *figures)
{
	int values[SCAN_SIDES] = {8, 8}, words[SCAN_SIDES] = {0};
	struct skt_str out = {0};

	for (size_t side = 0; side < SCAN_SIDES; side++)
		measure(figures, side, &values[side], &words[side]);
	for (size_t i = 0; i < SKT_MAX(figures->len[0], figures->len[1]); i++) {
		const struct scan_figure *left = &figures->sides[SCAN_LEFT][i],
					 *right = &figures->sides[SCAN_RIGHT][i];
		const bool both = i < figures->len[SCAN_RIGHT];

		if (i < figures->len[SCAN_LEFT])
			skt_str_add_format(&out, "  %*s  %-*s", values[0], left->value,
				both ? words[0] : 0, left->words);
		else
			skt_str_add_fill(&out, ' ', (size_t)values[0] + (size_t)words[0] + 4);
		if (both)
			skt_str_add_format(
				&out, "  %*s  %s", values[1], right->value, right->words);
		skt_str_add_char(&out, '\n');
	}
	skt_report_text(&out);
	skt_str_fini(&out);
}

/* ---- sentences ---- */

/* TEXT with line breaks in place of blanks, so that no line is wider than WIDTH where words are
 * not. */
static void add_folded(struct skt_str *out, const char *text, size_t width)
{
	size_t column = 0;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (column > INDENT && column + 1 + word > width) {
			skt_str_add_char(out, '\n');
			skt_str_add_fill(out, ' ', INDENT);
			column = INDENT;
		} else if (column) {
			skt_str_add_char(out, ' ');
			column++;
		}
		skt_str_add(out, text, word);
		column += word;
		text += word + strspn(text + word, " ");
	}
}

void scan_figures_say(const struct skt_context *ctx, unsigned int width, const char *format, ...)
{
	struct skt_str line = {0}, folded = {0};
	char text[SENTENCE_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (width < WIDTH_MIN) {
		skt_warn(ctx, "%s", text);
		return;
	}
	skt_warn_line(ctx, text, &line);
	if (!line.failed) {
		line.data[line.len - 1] = '\0';
		add_folded(&folded, line.data, width);
		skt_str_add_char(&folded, '\n');
		skt_report_text(&folded);
	}
	skt_str_fini(&line);
	skt_str_fini(&folded);
}
