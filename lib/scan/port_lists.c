#include "scan/port_lists.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "scan/ports.h"

#define NONE UINT32_MAX

static uint64_t hash_of(const struct skt_portset *set)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < SKT_COUNT(set->bits); i++) {
		hash = (hash ^ set->bits[i]) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	return hash;
}

static bool is_of(const struct skt_port_numbers *list, const struct skt_portset *set)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (!skt_portset_has(set, list->ports[i]))
			return false;
	return list->count == skt_portset_count(set);
}

static int grow_table(struct skt_port_lists *lists)
{
	size_t size = lists->table_size ? lists->table_size * 2 : 16;
	uint32_t *table = reallocarray(NULL, size, sizeof(*table));

	if (!table)
		return -ENOMEM;
	memset(table, 0xff, size * sizeof(*table));
	for (size_t i = 0; i < lists->lists.len; i++) {
		uint32_t *place = &table[lists->lists.data[i].hash & (size - 1)];

		lists->lists.data[i].next = *place;
		*place = (uint32_t)i;
	}
	free(lists->table);
	lists->table = table;
	lists->table_size = size;
	return 0;
}

static int add(
	struct skt_port_lists *lists, const struct skt_portset *set, struct skt_port_numbers *list)
{
	uint16_t *ports, *end;
	uint32_t *place;

	list->count = skt_portset_count(set);
	ports = end = skt_arena_alloc(&lists->arena, SKT_MAX(list->count, 1) * sizeof(*ports));
	if (!ports)
		return -ENOMEM;
	for (size_t i = 0; i < SKT_COUNT(set->bits); i++)
		for (uint64_t bits = set->bits[i]; bits; bits &= bits - 1)
			*end++ = (uint16_t)(i * 64 + (unsigned int)__builtin_ctzll(bits));
	list->ports = ports;
	place = &lists->table[list->hash & (lists->table_size - 1)];
	list->next = *place;
	if (skt_vec_push(&lists->lists, *list))
		return -ENOMEM;
	*place = (uint32_t)lists->lists.len - 1;
	return 0;
}

int skt_port_lists_intern(
	struct skt_port_lists *lists, const struct skt_portset *set, struct skt_port_numbers *ret)
{
	struct skt_port_numbers list = {.hash = hash_of(set)};
	int rc;

	if (lists->lists.len >= lists->table_size && grow_table(lists))
		return -ENOMEM;
	for (uint32_t i = lists->table[list.hash & (lists->table_size - 1)]; i != NONE;
		i = lists->lists.data[i].next)
		if (lists->lists.data[i].hash == list.hash && is_of(&lists->lists.data[i], set)) {
			*ret = lists->lists.data[i];
			return 0;
		}
	rc = add(lists, set, &list);
	if (!rc)
		*ret = list;
	return rc;
}

void skt_port_lists_fini(struct skt_port_lists *lists)
{
	skt_vec_free(&lists->lists);
	free(lists->table);
	lists->table = NULL;
	lists->table_size = 0;
	skt_arena_fini(&lists->arena);
}
