/* `--why`: the columns that say what holds connections back. */
#ifndef SKT_CMD_SOCKETS_WHY_H
#define SKT_CMD_SOCKETS_WHY_H

#include "cmd/sockets/table.h"

/* Makes TABLE the listing's own, but for which columns are shown by default. -ENOMEM. */
int sockets_why_table(struct sockets_table *table);

#endif
