/* The order of rows: by columns, shown or not. */
#ifndef SKT_OUT_SORT_H
#define SKT_OUT_SORT_H

#include "out/column.h"

struct skt_sort_key {
	const struct skt_column *column;
	bool descending;
};

struct skt_sort {
	struct skt_sort_key *keys; /* owned */
	size_t count;
};

/* Reads `[-]COLUMN,...` against TABLE, shown or not. Errors as skt_selection_parse(). */
int skt_sort_parse(const struct skt_column *table, const char *spec, struct skt_sort *ret,
	struct skt_err *err);
void skt_sort_fini(struct skt_sort *sort);

/*
 * Orders two rows by SORT: numbers by value, addresses by family and bytes, texts bytewise, names
 * by their text; absent values last, whatever the direction. <0, 0, >0.
 */
int skt_sort_compare(const struct skt_sort *sort, const void *a, const void *b);

/* All that the chosen columns, and those that SORT orders by (or NULL), need. */
uint32_t skt_selection_needs(const struct skt_selection *selection, const struct skt_sort *sort);

#endif
