#include "cmd/sockets/why.h"

#include "cmd/listing/columns.h"

int sockets_why_table(struct sockets_table *table)
{
	/* In the listing's order, which ends with the reason. */
	static const char *const shown[] = {
		"state", "local", "remote", "process", "verdict", "detail", NULL};
	const struct skt_column end = SKT_COLUMN_END;
	int rc = sockets_table_add(table, &end, 0);

	if (!rc)
		sockets_table_show(table, shown);
	return rc;
}
