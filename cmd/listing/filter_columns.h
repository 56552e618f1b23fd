/* Columns as the fields that a filter may ask for (diag/filter.h). */
#ifndef SKT_CMD_LISTING_FILTER_COLUMNS_H
#define SKT_CMD_LISTING_FILTER_COLUMNS_H

#include "filter/filter.h"
#include "out/column.h"

/*
 * Every column of a table, whatever its type, as skt_column_called() knows it. A list has as many
 * values as it has items: the first text of each; a set of flags has those that are set. `pid` and
 * `process` are those of every holder, not only of the first.
 */
struct skt_filter_columns {
	struct skt_filter_fields fields; /* for skt_filter_parse() */
	const struct skt_column *table;
	struct skt_filter_column *array; /* COUNT, one for each column of the table */
	size_t count;
};

/*
 * Takes the columns of TABLE, of rows that begin with a struct skt_socket. -ENOMEM. COLUMNS must
 * stay where it is as long as filters use it.
 */
int skt_filter_columns_init(struct skt_filter_columns *columns, const struct skt_column *table);
void skt_filter_columns_fini(struct skt_filter_columns *columns);

/* Adds to SELECTION the columns whose values FILTER (NULL: none) looks at. -ENOMEM. */
int skt_filter_columns_used(const struct skt_filter *filter, struct skt_selection *selection);

/* All that these columns need (struct skt_column). */
uint32_t skt_filter_columns_need(const struct skt_filter *filter);

#endif
