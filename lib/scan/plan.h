/*
 * What is to be scanned, as numbers: every pair of an address and a port has one index of
 * 0..count-1, in the order of addresses, then ports. Ranges stay ranges, so a /8 costs no more than
 * one host; no pair is in it twice, whatever overlaps was given.
 */
#ifndef SKT_SCAN_PLAN_H
#define SKT_SCAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/port.h"
#include "base/vec.h"
#include "scan/port_lists.h"
#include "scan/target.h"

#define SKT_PLAN_NONE UINT64_MAX

/* The port of a plan of hosts, which have none. */
enum { SKT_PLAN_ANY_PORT = 1 };

enum { SKT_PLAN_BITS_MAX = 34 }; /* at most 2^34 pairs: a scan keeps one bit for each */

struct skt_plan_range {
	struct skt_addr first;
	skt_u128 low, high;    /* the same as numbers, high included */
	const char *label;     /* the name that was given, or NULL; the plan's */
	const uint16_t *ports; /* in order; the plan's */
	uint32_t port_count;
	uint32_t order;      /* in which it was given */
	uint64_t index_base; /* of its first pair */
	uint64_t host_base;  /* number of its first host */
};

SKT_VEC_DECLARE(skt_plan_ranges, struct skt_plan_range);

struct skt_plan {
	struct skt_plan_ranges ranges; /* in order, disjoint once finished */
	struct skt_plan_ranges excluded;
	struct skt_port_lists port_lists;
	struct skt_arena arena; /* of labels */
	uint64_t count;         /* pairs */
	uint64_t hosts;
};

/* Adds FIRST..LAST with PORTS; LABEL (LABEL_LEN bytes) or NULL. -ENOMEM is the only failure. */
int skt_plan_add(struct skt_plan *plan, const struct skt_addr *first, const struct skt_addr *last,
	const char *label, size_t label_len, const struct skt_portset *ports);

/* Takes FIRST..LAST out of whatever was or will be added. */
int skt_plan_exclude(
	struct skt_plan *plan, const struct skt_addr *first, const struct skt_addr *last);

/* Whether ADDR was added, and not taken out again. */
bool skt_plan_has(const struct skt_plan *plan, const struct skt_addr *addr);

/* Numbers all pairs; nothing may be added afterwards. -ERANGE: more than 2^34; -ENOMEM. */
int skt_plan_finish(struct skt_plan *plan);
void skt_plan_fini(struct skt_plan *plan);

struct skt_plan_pair {
	struct skt_addr addr;
	uint16_t port;
	const struct skt_plan_range *range;
	uint64_t host; /* number of the host, 0..hosts-1 */
};

/* The pair at INDEX, below count. */
void skt_plan_at(const struct skt_plan *plan, uint64_t index, struct skt_plan_pair *ret);

/* The index of a pair, or SKT_PLAN_NONE. */
uint64_t skt_plan_find(const struct skt_plan *plan, const struct skt_addr *addr, uint16_t port);

#endif
