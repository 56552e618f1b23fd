#include "out/long.h"

#include <string.h>

#include "base/macros.h"
#include "out/text.h"

/* Where values begin, and how far apart they may begin. */
enum { MARGIN = 13, STEP = 20 };

struct block {
	struct skt_str *out;
	size_t width; /* of the terminal */
	size_t at;    /* columns of this line that are written */
	const char *group;
	bool color;
};

static bool is_set(const struct skt_table_cell *cell)
{
	return cell->text != skt_table_dash.text && cell->len;
}

/* What says by itself what it is: text that a table would show. */
static bool is_head(const struct skt_place *place)
{
	return place->column->flags & SKT_COLUMN_TABLE && !place->right;
}

static void indent(struct block *block)
{
	skt_str_add_char(block->out, '\n');
	skt_str_add_fill(block->out, ' ', MARGIN);
	block->at = MARGIN;
}

/* A text from here on, in more lines behind commas and blanks where one does not take it. */
static void text_add(struct block *block, const struct skt_table_cell *cell)
{
	const char *text = cell->text;
	size_t left = cell->len, width = cell->width;

	while (block->at + width > block->width && block->at < block->width) {
		size_t fits = skt_text_cut(text, left, block->width - block->at), cut = fits;

		while (cut && text[cut - 1] != ',' && text[cut - 1] != ' ')
			cut--;
		if (!cut && block->at > MARGIN) {
			indent(block);
			continue;
		}
		cut = cut ? cut : fits;
		if (!cut || cut == left)
			break;
		skt_str_add(block->out, text, cut);
		text += cut;
		left -= cut;
		width -= SKT_MIN(width, cut);
		indent(block);
	}
	skt_str_add(block->out, text, left);
	block->at += width;
}

/* How far apart texts are, and how many of them stand below those of other rows. */
struct heads {
	const size_t *widest;
	size_t gap, aligned;
};

/* What the first COUNT texts take with GAP between them. */
static size_t heads_width(
	const struct skt_places *places, const size_t *widest, size_t gap, size_t count)
{
	size_t line = 0;

	for (size_t i = 0; count && i < places->count; i++)
		if (is_head(&places->data[i]) && widest[i]) {
			line += widest[i] + (line ? gap : 0);
			count--;
		}
	return line;
}

static struct heads heads_align(const struct skt_places *places, const size_t *widest, size_t width)
{
	struct heads heads = {.widest = widest, .gap = 2};

	if (!widest)
		return heads;
	if (heads_width(places, widest, heads.gap, SIZE_MAX) > width)
		heads.gap = 1;
	while (heads.aligned < places->count &&
		heads_width(places, widest, heads.gap, heads.aligned + 1) <= width)
		heads.aligned++;
	return heads;
}

/* One text, DUE blanks behind the end of the one before it; FIRST: there is none. */
static void head_put(struct block *block, const struct skt_table_cell *cell, size_t due, bool first)
{
	if (!first && block->at + due + cell->width > block->width) {
		indent(block);
	} else {
		skt_str_add_fill(block->out, ' ', due);
		block->at += due;
	}
	/* Colours of its own end ours. */
	if (block->color)
		skt_str_add_text(block->out, SKT_SGR_BOLD);
	text_add(block, cell);
	if (block->color)
		skt_str_add_text(block->out, SKT_SGR_RESET);
}

/* Whether there was any. */
static bool head_add(struct block *block, const struct skt_places *places,
	const struct skt_table_cell *cells, const size_t *widest)
{
	const struct heads heads = heads_align(places, widest, block->width);
	size_t count = 0, seen = 0, due = 0;

	for (size_t i = 0; i < places->count; i++) {
		bool aligned;

		if (!is_head(&places->data[i]) || (widest && !widest[i]))
			continue;
		aligned = seen++ < heads.aligned;
		if (is_set(&cells[i])) {
			head_put(block, &cells[i], due, !count);
			count++;
			due = aligned ? heads.widest[i] - cells[i].width + heads.gap : 2;
		} else if (aligned) {
			due += heads.widest[i] + heads.gap;
		}
	}
	return count;
}

/* A new line, and what it is about. */
static void group_begin(struct block *block, const char *group)
{
	size_t len = strlen(group);

	skt_str_add_char(block->out, '\n');
	if (len && block->color)
		skt_str_add_text(block->out, skt_tone_sgr[SKT_TONE_FAINT]);
	skt_str_add(block->out, group, len);
	if (len && block->color)
		skt_str_add_text(block->out, SKT_SGR_RESET);
	skt_str_add_fill(block->out, ' ', len < MARGIN ? MARGIN - len : 1);
	block->at = SKT_MAX((size_t)MARGIN, len + 1);
}

static void value_add(
	struct block *block, const struct skt_column *column, const struct skt_table_cell *cell)
{
	size_t len = strlen(column->name), wide = len + 1 + cell->width;
	size_t next = MARGIN + (block->at - MARGIN + 2 + STEP - 1) / STEP * STEP;
	const char *group = column->group ? column->group : "";

	if (!block->group || strcmp(group, block->group) != 0) {
		group_begin(block, group);
		block->group = group;
	} else if (block->at > MARGIN && next + wide > block->width) {
		indent(block);
	} else if (block->at > MARGIN) {
		skt_str_add_fill(block->out, ' ', next - block->at);
		block->at = next;
	}
	if (block->color)
		skt_str_add_text(block->out, skt_tone_sgr[SKT_TONE_FAINT]);
	skt_str_add(block->out, column->name, len);
	if (block->color)
		skt_str_add_text(block->out, SKT_SGR_RESET);
	skt_str_add_char(block->out, ' ');
	block->at += len + 1;
	text_add(block, cell);
}

void skt_long_add(struct skt_str *out, const struct skt_places *places,
	const struct skt_table_cell *cells, const size_t *widest, size_t width, bool color)
{
	struct block block = {.out = out, .width = width, .color = color};

	if (!head_add(&block, places, cells, widest))
		skt_str_add_char(out, '-');
	for (size_t i = 0; i < places->count; i++)
		if (!is_head(&places->data[i]) && is_set(&cells[i]))
			value_add(&block, places->data[i].column, &cells[i]);
	skt_str_add_char(out, '\n');
}
