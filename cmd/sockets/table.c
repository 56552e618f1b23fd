#include "cmd/sockets/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/listing/columns.h"

static size_t columns_count(const struct skt_column *table)
{
	size_t count = 0;

	while (table[count].name)
		count++;
	return count;
}

int sockets_table_add(struct sockets_table *table, const struct skt_column *own, size_t front)
{
	const size_t own_count = columns_count(own);
	const struct skt_column *column;
	struct skt_column *next;

	next = calloc(columns_count(skt_socket_columns) + own_count + 1, sizeof(*next));
	if (!next)
		return -ENOMEM;
	table->columns = next;
	memcpy(next, own, front * sizeof(*next));
	next += front;
	table->shared = front;
	for (column = skt_socket_columns; column->name; column++)
		if (!skt_column_find(own, column->name, strlen(column->name)))
			*next++ = *column;
	table->shared_count = (size_t)(next - table->columns) - front;
	memcpy(next, own + front, (own_count - front) * sizeof(*next));
	return 0;
}

void sockets_table_show(struct sockets_table *table, const char *const *names)
{
	struct skt_column *column = table->columns + table->shared;

	for (size_t i = 0; i < table->shared_count; i++, column++) {
		column->flags &= (uint8_t)~SKT_COLUMN_TABLE;
		for (const char *const *name = names; *name; name++)
			if (strcmp(column->name, *name) == 0)
				column->flags |= SKT_COLUMN_BOTH;
	}
}

int sockets_table_shared(const struct sockets_table *table, const struct skt_selection *shown,
	struct skt_selection *ret)
{
	const struct skt_column *shared = table->columns + table->shared;

	*ret = (struct skt_selection){
		.columns = calloc(shown->count + 1, sizeof(struct skt_column *))};
	if (!ret->columns)
		return -ENOMEM;
	for (size_t i = 0; i < shown->count; i++)
		if (shown->columns[i] >= shared && shown->columns[i] < shared + table->shared_count)
			ret->columns[ret->count++] = shown->columns[i];
	return 0;
}

void sockets_table_fini(struct sockets_table *table)
{
	free(table->columns);
	*table = (struct sockets_table){0};
}
