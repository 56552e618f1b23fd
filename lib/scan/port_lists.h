/*
 * Sets of ports as lists in order, each kept once however often it is asked for: targets by the
 * thousand have the same few.
 */
#ifndef SKT_SCAN_PORT_LISTS_H
#define SKT_SCAN_PORT_LISTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/port.h"
#include "base/vec.h"

struct skt_port_numbers {
	const uint16_t *ports; /* in order */
	uint32_t count;
	uint32_t next; /* in the chain of its place in the table */
	uint64_t hash;
};

struct skt_port_lists {
	SKT_VEC(struct skt_port_numbers) lists;
	uint32_t *table; /* of lists by their hash; a power of two */
	size_t table_size;
	struct skt_arena arena;
};

/*
 * Two sets alike get the same RET, whose ports live as long as LISTS. -ENOMEM is the only failure;
 * an empty set has a list of none.
 */
int skt_port_lists_intern(
	struct skt_port_lists *lists, const struct skt_portset *set, struct skt_port_numbers *ret);

void skt_port_lists_fini(struct skt_port_lists *lists);

#endif
