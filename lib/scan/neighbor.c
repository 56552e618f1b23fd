#include "scan/neighbor.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"

enum {
	ASKED_MAX = 3, /* so often without a trace in the kernel's table, and it is let go */
	ASKING_MAX = 4096,
	ASKING_MIN = 16,
	FIRST_CAPACITY = 64,
};

/* The kernel's second request goes out after a second (retrans_time_ms), and is answered at once
 * by whoever is there. */
static const uint64_t patience_ns = 1700 * SKT_NS_PER_MS;
/* Its third one goes out after two, and after three it gives up. */
static const uint64_t series_ns = 3300 * SKT_NS_PER_MS;
static const uint64_t recheck_ns = 100 * SKT_NS_PER_MS;

int skt_neighbors_init(struct skt_neighbors *neighbors, struct skt_paths *paths, uint64_t room,
	uint64_t timeout_ns)
{
	*neighbors = (struct skt_neighbors){
		.paths = paths,
		.asking_max = (uint32_t)SKT_MAX(
			SKT_MIN(room - room / 4, (uint64_t)ASKING_MAX), (uint64_t)ASKING_MIN),
		.patience_ns = timeout_ns ? SKT_MIN(2 * timeout_ns, patience_ns) : patience_ns,
		.capacity = FIRST_CAPACITY,
		.bucket_mask = 2 * FIRST_CAPACITY - 1,
	};
	neighbors->list = calloc(neighbors->capacity + 1, sizeof(*neighbors->list));
	neighbors->buckets = calloc(neighbors->bucket_mask + 1, sizeof(*neighbors->buckets));
	return neighbors->list && neighbors->buckets ? 0 : -ENOMEM;
}

void skt_neighbors_fini(struct skt_neighbors *neighbors)
{
	free(neighbors->list);
	free(neighbors->buckets);
	neighbors->list = NULL;
	neighbors->buckets = NULL;
}

/* ---- the table ---- */

static uint32_t *bucket_of(
	const struct skt_neighbors *neighbors, uint32_t ifindex, const struct skt_addr *addr)
{
	uint64_t hash = ifindex, half;

	for (size_t i = 0; i < sizeof(addr->bytes); i += sizeof(half)) {
		memcpy(&half, addr->bytes + i, sizeof(half));
		hash = (hash ^ half) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	return &neighbors->buckets[hash & neighbors->bucket_mask];
}

static void put_in(struct skt_neighbors *neighbors, uint32_t number)
{
	struct skt_neighbor *n = &neighbors->list[number];
	uint32_t *bucket = bucket_of(neighbors, n->ifindex, &n->addr);

	n->hash_next = *bucket;
	*bucket = number;
}

static void take_out(struct skt_neighbors *neighbors, uint32_t number)
{
	struct skt_neighbor *n = &neighbors->list[number];
	uint32_t *link = bucket_of(neighbors, n->ifindex, &n->addr);

	while (*link != number)
		link = &neighbors->list[*link].hash_next;
	*link = n->hash_next;
}

static int grow(struct skt_neighbors *neighbors)
{
	uint32_t capacity = 2 * neighbors->capacity;
	struct skt_neighbor *list =
		reallocarray(neighbors->list, capacity + 1, sizeof(*neighbors->list));
	uint32_t *buckets;

	if (!list)
		return -ENOMEM;
	neighbors->list = list;
	buckets = calloc(2 * (size_t)capacity, sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	free(neighbors->buckets);
	neighbors->buckets = buckets;
	neighbors->bucket_mask = 2 * capacity - 1;
	neighbors->capacity = capacity;
	for (uint32_t i = 1; i <= neighbors->count; i++)
		put_in(neighbors, i);
	return 0;
}

/* A place for one more; 0: there is none. */
static uint32_t take_place(struct skt_neighbors *neighbors)
{
	if (neighbors->count < neighbors->capacity ||
		(neighbors->capacity < SKT_NEIGHBORS_MAX && !grow(neighbors)))
		return ++neighbors->count;
	for (uint32_t i = 0; i < neighbors->count; i++) {
		neighbors->hand = neighbors->hand % neighbors->count + 1;
		/* Nobody waits for one that is settled. */
		if (neighbors->list[neighbors->hand].state != SKT_NEIGHBOR_ASKING) {
			take_out(neighbors, neighbors->hand);
			return neighbors->hand;
		}
	}
	return 0;
}

static bool is_valid(uint16_t state)
{
	return state &
		(NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP);
}

uint32_t skt_neighbors_find(
	struct skt_neighbors *neighbors, uint32_t ifindex, const struct skt_addr *addr)
{
	struct skt_neighbor_entry entry;
	struct skt_neighbor *n;
	uint32_t number = *bucket_of(neighbors, ifindex, addr);

	for (; number; number = n->hash_next) {
		n = &neighbors->list[number];
		if (n->ifindex == ifindex && skt_addr_equal(&n->addr, addr))
			return number;
	}
	number = take_place(neighbors);
	if (!number)
		return 0;
	n = &neighbors->list[number];
	*n = (struct skt_neighbor){.addr = *addr, .ifindex = ifindex};
	put_in(neighbors, number);
	/* One that failed before may be there now: that is asked again. */
	if (!skt_neighbor_get(neighbors->paths->ask, ifindex, addr, &entry) &&
		is_valid(entry.state))
		n->state = SKT_NEIGHBOR_UP;
	return number;
}

/* ---- questions ---- */

static void unlist(struct skt_neighbors *neighbors, uint32_t number)
{
	struct skt_neighbor *n = &neighbors->list[number];

	if (n->prev)
		neighbors->list[n->prev].next = n->next;
	else
		neighbors->oldest = n->next;
	if (n->next)
		neighbors->list[n->next].prev = n->prev;
	else
		neighbors->newest = n->prev;
	neighbors->asking--;
}

static void settle(struct skt_neighbors *neighbors, uint32_t number, enum skt_neighbor_state state)
{
	struct skt_neighbor *n = &neighbors->list[number];

	if (n->state == SKT_NEIGHBOR_ASKING)
		unlist(neighbors, number);
	n->state = (uint8_t)state;
	neighbors->settled(neighbors->ctx, number);
}

void skt_neighbors_ask(struct skt_neighbors *neighbors, uint32_t number, uint64_t now_ns)
{
	struct skt_neighbor *n = &neighbors->list[number];

	SKT_ASSERT(n->state == SKT_NEIGHBOR_UNKNOWN);
	n->state = SKT_NEIGHBOR_ASKING;
	n->asked_ns = now_ns;
	n->asked++;
	n->prev = neighbors->newest;
	n->next = 0;
	if (n->prev)
		neighbors->list[n->prev].next = number;
	else
		neighbors->oldest = number;
	neighbors->newest = number;
	neighbors->asking++;
}

void skt_neighbors_unask(struct skt_neighbors *neighbors, uint32_t number, bool full)
{
	struct skt_neighbor *n = &neighbors->list[number];

	if (n->state != SKT_NEIGHBOR_ASKING)
		return;
	n->asked--;
	settle(neighbors, number, SKT_NEIGHBOR_UNKNOWN);
	if (full)
		neighbors->asking_max = SKT_MAX(neighbors->asking, (uint32_t)ASKING_MIN);
}

void skt_neighbors_tell(
	struct skt_neighbors *neighbors, uint32_t number, enum skt_neighbor_state state)
{
	struct skt_neighbor *n = &neighbors->list[number];

	n->heard = n->heard || state == SKT_NEIGHBOR_UP;
	if (n->state != state)
		settle(neighbors, number, state);
}

/* ---- answers ---- */

/* What the kernel knows of one that is being asked for. */
static void look(struct skt_neighbors *neighbors, uint32_t number, uint64_t now_ns, bool idle)
{
	struct skt_neighbor *n = &neighbors->list[number];
	const uint64_t age_ns = now_ns - n->asked_ns;
	struct skt_neighbor_entry entry;

	if (skt_neighbor_get(neighbors->paths->ask, n->ifindex, &n->addr, &entry))
		return;
	if (is_valid(entry.state)) {
		n->found = true;
		settle(neighbors, number, SKT_NEIGHBOR_UP);
	} else if (entry.state == NUD_FAILED && age_ns >= neighbors->patience_ns) {
		settle(neighbors, number, SKT_NEIGHBOR_DOWN);
	} else if (entry.state == NUD_INCOMPLETE) {
		/* Hundredths of a second, rounded down. */
		const uint64_t since_ns = (entry.age_ms + 20) * SKT_NS_PER_MS;

		if (SKT_MIN(age_ns, since_ns) >= (idle ? neighbors->patience_ns : series_ns))
			settle(neighbors, number, SKT_NEIGHBOR_DOWN);
	} else if (age_ns >= neighbors->patience_ns) {
		/* It was thrown out again, or the question never came so far. */
		settle(neighbors, number,
			n->asked < ASKED_MAX ? SKT_NEIGHBOR_UNKNOWN : SKT_NEIGHBOR_UP);
	}
}

struct hearing {
	struct skt_neighbors *neighbors;
	uint64_t now_ns;
};

static void hear(void *ctx, uint32_t ifindex, const struct skt_addr *addr)
{
	const struct hearing *hearing = ctx;
	struct skt_neighbors *neighbors = hearing->neighbors;
	uint32_t number = *bucket_of(neighbors, ifindex, addr);

	for (; number; number = neighbors->list[number].hash_next) {
		const struct skt_neighbor *n = &neighbors->list[number];

		if (n->ifindex != ifindex || !skt_addr_equal(&n->addr, addr))
			continue;
		if (n->state == SKT_NEIGHBOR_ASKING)
			look(neighbors, number, hearing->now_ns, false);
		return;
	}
}

void skt_neighbors_tick(struct skt_neighbors *neighbors, uint64_t now_ns, bool idle)
{
	struct hearing hearing = {neighbors, now_ns};
	bool all;

	if (!neighbors->asking)
		idle = false;
	all = skt_paths_neighbors(neighbors->paths, hear, &hearing);
	for (uint32_t number = neighbors->oldest, next; number; number = next) {
		const struct skt_neighbor *n = &neighbors->list[number];
		const uint64_t age_ns = now_ns - n->asked_ns;

		next = n->next;
		if (!all && age_ns < (idle ? neighbors->patience_ns : series_ns))
			break;
		look(neighbors, number, now_ns, idle);
	}
}

enum skt_neighbor_state skt_neighbors_check(
	struct skt_neighbors *neighbors, uint32_t number, uint64_t now_ns)
{
	struct skt_neighbor *n = &neighbors->list[number];
	struct skt_neighbor_entry entry;

	if (n->state != SKT_NEIGHBOR_UP || n->heard)
		return n->state;
	if (n->checked_ns && now_ns < n->checked_ns + recheck_ns)
		return SKT_NEIGHBOR_ASKING;
	if (skt_neighbor_get(neighbors->paths->ask, n->ifindex, &n->addr, &entry))
		return SKT_NEIGHBOR_UP;
	if (entry.state & (NUD_DELAY | NUD_STALE) && !n->checked_ns &&
		!skt_neighbor_probe(neighbors->paths->ask, n->ifindex, &n->addr, &entry))
		entry.state = NUD_PROBE;
	n->checked_ns = now_ns;
	if (entry.state & (NUD_DELAY | NUD_PROBE | NUD_INCOMPLETE))
		return SKT_NEIGHBOR_ASKING;
	if (entry.state & NUD_FAILED)
		settle(neighbors, number, SKT_NEIGHBOR_DOWN);
	else
		n->heard = n->found = true;
	return n->state;
}
