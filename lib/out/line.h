/* A line of a table: its cells in their places, one after the other. */
#ifndef SKT_OUT_LINE_H
#define SKT_OUT_LINE_H

#include <stddef.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "out/place.h"

/* Blanks are written in blocks of this many bytes. */
enum { SKT_LINE_BLOCK = 32 };

struct skt_line {
	struct skt_str *out; /* borrowed, as the places */
	const struct skt_places *places;
	struct skt_str cut; /* the text of a cell that was cut */
	ptrdiff_t slack;    /* squeezed: terminal columns that are left where each has its width */
};

/* N blanks at P, up to SKT_LINE_BLOCK - 1 more behind them. */
static inline char *skt_line_blanks(char *p, size_t n)
{
	if (n <= SKT_LINE_BLOCK)
		memset(p, ' ', SKT_LINE_BLOCK);
	else
		memset(p, ' ', n);
	return p + n;
}

/*
 * Appends a cell in its place behind the DUE blanks that the cells before it have left to write:
 * blanks are written only once something follows them. Returns what is due behind this cell.
 */
static inline size_t skt_line_add(struct skt_str *out, const struct skt_place *place,
	const struct skt_table_cell *cell, size_t due)
{
	size_t pad = cell->width < place->width ? place->width - cell->width : 0;
	char *p;

	if (SKT_UNLIKELY(place->omitted))
		return due;
	if (SKT_UNLIKELY(!cell->len))
		return due + pad + place->gap;
	if (place->right) {
		due += pad;
		pad = 0;
	}
	p = skt_str_room(out, due + cell->len + SKT_LINE_BLOCK);
	if (!p)
		return 0;
	p = skt_line_blanks(p, due);
	memcpy(p, cell->text, cell->len);
	skt_str_commit(out, p + cell->len);
	return pad + place->gap;
}

/*
 * The same of a cell that is wider than its place: where that is cut or wraps, so is the cell, else
 * the rest of the line is pushed.
 */
size_t skt_line_put(struct skt_line *line, const struct skt_place *place,
	const struct skt_table_cell *cell, size_t due);

/*
 * The same of a line that is not to be longer than the terminal. What is wider than its place takes
 * of *SLACK what is left, and is cut only then; what may not be cut takes more than is left, which
 * the next ones that may are short of.
 */
size_t skt_line_squeeze(struct skt_line *line, const struct skt_place *place,
	const struct skt_table_cell *cell, size_t due, ptrdiff_t *slack);

#endif
