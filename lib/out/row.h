/* Rows that are more than passed on: kept, or told apart by some of their columns. */
#ifndef SKT_OUT_ROW_H
#define SKT_OUT_ROW_H

#include "base/arena.h"
#include "base/str.h"
#include "out/column.h"

/*
 * Copies what the cells of SELECTION in ROW point to (texts, lists and their texts) into ARENA, so
 * that they live as long as that. Cells of other columns are left dangling. -ENOMEM.
 */
int skt_row_keep(const struct skt_selection *selection, void *row, struct skt_arena *arena);

/*
 * Appends a string of bytes that two rows share exactly where all their cells of SELECTION are the
 * same. An absent cell is the same as another absent one only.
 */
void skt_row_add_key(const struct skt_selection *selection, const void *row, struct skt_str *out);

#endif
