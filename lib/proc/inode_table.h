/*
 * Sockets by inode number: what is wanted, and where its first holder is. Open addressing over
 * eight bytes a slot, so that a million sockets need some 13 MB.
 *
 * The inode number of a socket is 32 bits wide, also on 64-bit machines: get_next_ino() in
 * fs/inode.c gives it out, idiag_inode in linux/inet_diag.h carries it. 0 is no socket.
 */
#ifndef SKT_PROC_INODE_TABLE_H
#define SKT_PROC_INODE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct skt_inode_slot {
	uint32_t inode; /* 0: free */
	uint32_t head;  /* for the owner of the table; 0 at first */
};

/* Zero-initialised is empty. */
struct skt_inode_table {
	struct skt_inode_slot *slots;
	uint32_t size; /* slots */
	uint32_t len;  /* of them taken */
};

/* The slot of INODE, or NULL. Safe from several threads while nobody adds. */
static inline struct skt_inode_slot *skt_inode_table_find(
	const struct skt_inode_table *table, uint64_t inode)
{
	uint32_t hash, i;

	if (inode == 0 || inode > UINT32_MAX || table->len == 0)
		return NULL;
	/* Numbers come in runs: Fibonacci hashing (Knuth, 6.4) spreads these almost evenly. */
	hash = (uint32_t)inode * UINT32_C(2654435769);
	i = (uint32_t)((uint64_t)hash * table->size >> 32);
	while (table->slots[i].inode != (uint32_t)inode) {
		if (table->slots[i].inode == 0)
			return NULL;
		if (++i == table->size)
			i = 0;
	}
	return &table->slots[i];
}

/*
 * The slot of INODE, added where it is missing: valid until the next addition. -ENOMEM; -EINVAL for
 * a number that no socket has.
 */
int skt_inode_table_add(struct skt_inode_table *table, uint64_t inode, struct skt_inode_slot **ret);

/* Frees everything; the table is empty and usable again. */
void skt_inode_table_fini(struct skt_inode_table *table);

#endif
