#include "proc/inode_table.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_SIZE = 64 };

/* Where INODE is, or the free slot where it belongs. There is always a free one. */
static struct skt_inode_slot *place(const struct skt_inode_table *table, uint32_t inode)
{
	uint32_t i = (uint32_t)((uint64_t)(inode * UINT32_C(2654435769)) * table->size >> 32);

	while (table->slots[i].inode != inode && table->slots[i].inode != 0)
		if (++i == table->size)
			i = 0;
	return &table->slots[i];
}

static int grow(struct skt_inode_table *table)
{
	struct skt_inode_table next = {.len = table->len};
	uint32_t i;

	if (table->size > UINT32_MAX / 3)
		return -ENOMEM;
	/* By half, not twofold: the size is no power of two, and less lies idle. */
	next.size = table->size ? table->size + table->size / 2 : FIRST_SIZE;
	next.slots = calloc(next.size, sizeof(*next.slots));
	if (!next.slots)
		return -ENOMEM;
	for (i = 0; i < table->size; i++)
		if (table->slots[i].inode)
			*place(&next, table->slots[i].inode) = table->slots[i];
	free(table->slots);
	*table = next;
	return 0;
}

int skt_inode_table_add(struct skt_inode_table *table, uint64_t inode, struct skt_inode_slot **ret)
{
	struct skt_inode_slot *slot;

	if (inode == 0 || inode > UINT32_MAX)
		return -EINVAL;
	slot = skt_inode_table_find(table, inode);
	if (!slot) {
		if (table->len >= table->size - table->size / 4) {
			int status = grow(table);

			if (status < 0)
				return status;
		}
		slot = place(table, (uint32_t)inode);
		slot->inode = (uint32_t)inode;
		table->len++;
	}
	*ret = slot;
	return 0;
}

void skt_inode_table_fini(struct skt_inode_table *table)
{
	free(table->slots);
	*table = (struct skt_inode_table){0};
}
