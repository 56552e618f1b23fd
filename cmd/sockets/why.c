#include "cmd/sockets/why.h"

#include <string.h>

#include "base/macros.h"
#include "cmd/listing/columns.h"

/* In the table, in the listing's order, which ends with the reason. Machine formats have their
 * usual columns and the verdict's. */
static const char *const shown[] = {"state", "local", "remote", "process", "verdict", "detail"};

int sockets_why_table(struct sockets_table *table)
{
	const struct skt_column end = SKT_COLUMN_END;
	int rc = sockets_table_add(table, &end, 0);

	for (struct skt_column *column = table->columns; !rc && column->name; column++) {
		column->flags &= (uint8_t)~SKT_COLUMN_TABLE;
		for (size_t i = 0; i < SKT_COUNT(shown); i++)
			if (strcmp(column->name, shown[i]) == 0)
				column->flags |= SKT_COLUMN_BOTH;
	}
	return rc;
}
