/*
 * The columns of a mode: its own and those of the listing. Its rows begin with a struct
 * skt_socket_row.
 */
#ifndef SKT_CMD_SOCKETS_TABLE_H
#define SKT_CMD_SOCKETS_TABLE_H

#include "out/column.h"

struct sockets_table {
	struct skt_column *columns;  /* owned; NULL: those of the listing alone */
	size_t shared, shared_count; /* where in it those of the listing are */
};

/*
 * The columns of the listing, the first FRONT of OWN before and the rest behind them. Where both
 * have one of the same name, OWN knows better. -ENOMEM.
 */
int sockets_table_add(struct sockets_table *table, const struct skt_column *own, size_t front);

/* Of the listing's columns, the table shows by default these alone, whose names end with NULL. */
void sockets_table_show(struct sockets_table *table, const char *const *names);

/*
 * Those of the shown columns that are the listing's, whose texts must be kept where rows are
 * (skt_row_keep()). Room for one more. -ENOMEM; *ret is the caller's to free.
 */
int sockets_table_shared(const struct sockets_table *table, const struct skt_selection *shown,
	struct skt_selection *ret);
void sockets_table_fini(struct sockets_table *table);

#endif
