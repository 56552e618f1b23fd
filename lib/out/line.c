#include "out/line.h"

#include "out/text.h"

/* Where the place of the last column begins. */
static size_t last_start(const struct skt_places *places)
{
	size_t start = 0, width = 0;

	for (size_t i = 0; i < places->count; i++) {
		const struct skt_place *place = &places->data[i];

		if (place->omitted)
			continue;
		start += width;
		width = place->width + place->gap;
	}
	return start;
}

/* Appends the last cell of a line, broken at blanks, each line below the one before it. */
static void cell_wrap(struct skt_line *line, const struct skt_place *place,
	const struct skt_table_cell *cell, size_t due)
{
	struct skt_str *out = line->out;
	const char *text = cell->text;
	size_t left = cell->len, fits;

	while ((fits = skt_text_cut(text, left, place->width)) < left) {
		const char *blank = memrchr(text, ' ', fits + 1);

		if (blank && blank > text)
			fits = (size_t)(blank - text);
		skt_str_add_fill(out, ' ', due);
		skt_str_add(out, text, fits);
		skt_str_add_char(out, '\n');
		due = last_start(line->places);
		text += fits;
		left -= fits;
		while (left && *text == ' ') {
			text++;
			left--;
		}
	}
	skt_str_add_fill(out, ' ', due);
	skt_str_add(out, text, left);
}

size_t skt_line_put(struct skt_line *line, const struct skt_place *place,
	const struct skt_table_cell *cell, size_t due)
{
	struct skt_table_cell cut;

	if (SKT_UNLIKELY(place->wraps && cell->width > place->width)) {
		cell_wrap(line, place, cell, due);
		return 0;
	}
	if (SKT_LIKELY(!place->is_cut || cell->width <= place->width))
		return skt_line_add(line->out, place, cell, due);
	cut = skt_table_cell_cut(place->column, cell, place->width, &line->cut);
	return skt_line_add(line->out, place, &cut, due);
}

size_t skt_line_squeeze(struct skt_line *line, const struct skt_place *place,
	const struct skt_table_cell *cell, size_t due, ptrdiff_t *slack)
{
	const ptrdiff_t width = (ptrdiff_t)place->width, wanted = (ptrdiff_t)cell->width;
	struct skt_table_cell cut = *cell;
	struct skt_place here = *place;
	ptrdiff_t got = SKT_MAX(wanted, width);

	if (place->omitted)
		return due;
	if (place->may_be_cut)
		got = SKT_MAX(SKT_MIN(got, width + *slack), (ptrdiff_t)1);
	*slack -= got - width;
	here.width = (size_t)got;
	if (wanted > got)
		cut = skt_table_cell_cut(place->column, cell, here.width, &line->cut);
	return skt_line_add(line->out, &here, &cut, due);
}
