/* What stands in one place of the table: the text of a value for people, harmless, and its width.
 */
#ifndef SKT_OUT_TABLE_CELL_H
#define SKT_OUT_TABLE_CELL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "out/column.h"

struct skt_table_cell {
	const char *text;
	size_t len, width; /* bytes, terminal columns */
};

/* Where there is no value. */
extern const struct skt_table_cell skt_table_dash;

/*
 * The cell of ROW in COLUMN. NAMES: its cells by value where COLUMN has names, else NULL. BRIEF: in
 * the column's brief form, if it has one. The text is in the row, in NAMES, or in SCRATCH, which is
 * emptied before: good until the next call. SCRATCH fails where memory is out.
 */
struct skt_table_cell skt_table_cell_make(const struct skt_column *column,
	const struct skt_table_cell *names, const void *row, bool brief, struct skt_str *scratch);

/*
 * CELL in WIDTH terminal columns, of which it has more: its beginning and a sign that there was
 * more; of the end of a connection, the port is kept. The text is in SCRATCH, which is emptied
 * before and must not be where CELL is: good until the next call.
 */
struct skt_table_cell skt_table_cell_cut(const struct skt_column *column,
	const struct skt_table_cell *cell, size_t width, struct skt_str *scratch);

#endif
