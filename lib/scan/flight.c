#include "scan/flight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { FIRST_CAPACITY = 1024, UNLISTED = SKT_FLIGHT_TICKS + 1, FIRST_PARK };

static uint32_t id_of(const struct skt_flight *flight, const struct skt_probe *probe)
{
	return (uint32_t)(probe - flight->probes);
}

static uint32_t *bucket_of(const struct skt_flight *flight, uint64_t index)
{
	return &flight->buckets[(index * UINT64_C(0x9e3779b97f4a7c15)) >> 40 & flight->bucket_mask];
}

/* ---- memory ---- */

static void chain_free(struct skt_flight *flight, uint32_t from)
{
	for (uint32_t i = flight->capacity; i-- > from;) {
		flight->probes[i].hash_next = flight->free_head;
		flight->free_head = i;
	}
}

static int grow(struct skt_flight *flight, uint32_t capacity)
{
	struct skt_probe *probes = reallocarray(flight->probes, capacity, sizeof(*probes));
	uint32_t before = flight->capacity;

	if (!probes)
		return -ENOMEM;
	flight->probes = probes;
	flight->capacity = capacity;
	chain_free(flight, before);
	return 0;
}

int skt_flight_init(struct skt_flight *flight, uint32_t limit, uint64_t now_ns)
{
	uint32_t buckets = 1;

	*flight = (struct skt_flight){
		.limit = limit < SKT_FLIGHT_MAX ? limit : SKT_FLIGHT_MAX,
		.free_head = SKT_FLIGHT_NONE,
		.tick = now_ns / SKT_NS_PER_MS,
	};
	while (buckets < flight->limit)
		buckets *= 2;
	flight->bucket_mask = buckets - 1;
	flight->buckets = reallocarray(NULL, buckets, sizeof(*flight->buckets));
	if (!flight->buckets || grow(flight, limit < FIRST_CAPACITY ? limit : FIRST_CAPACITY)) {
		skt_flight_fini(flight);
		return -ENOMEM;
	}
	memset(flight->buckets, 0xff, buckets * sizeof(*flight->buckets));
	memset(flight->lists, 0xff, sizeof(flight->lists));
	return 0;
}

void skt_flight_fini(struct skt_flight *flight)
{
	free(flight->probes);
	free(flight->buckets);
	free(flight->parks);
	flight->parks = NULL;
	flight->park_count = 0;
	flight->probes = NULL;
	flight->buckets = NULL;
}

/* ---- lists ---- */

static struct skt_flight_list *list_at(struct skt_flight *flight, uint32_t number)
{
	return number < FIRST_PARK ? &flight->lists[number] : &flight->parks[number - FIRST_PARK];
}

static void unlist(struct skt_flight *flight, struct skt_probe *probe)
{
	struct skt_flight_list *list;

	if (probe->list == UNLISTED)
		return;
	list = list_at(flight, probe->list);
	flight->parked -= probe->list >= FIRST_PARK;
	if (probe->prev == SKT_FLIGHT_NONE)
		list->head = probe->next;
	else
		flight->probes[probe->prev].next = probe->next;
	if (probe->next == SKT_FLIGHT_NONE)
		list->tail = probe->prev;
	else
		flight->probes[probe->next].prev = probe->prev;
	probe->list = UNLISTED;
}

static void enlist(struct skt_flight *flight, struct skt_probe *probe, uint32_t number)
{
	struct skt_flight_list *list = list_at(flight, number);
	uint32_t id = id_of(flight, probe);

	unlist(flight, probe);
	flight->parked += number >= FIRST_PARK;
	probe->list = number;
	probe->prev = list->tail;
	probe->next = SKT_FLIGHT_NONE;
	if (list->tail == SKT_FLIGHT_NONE)
		list->head = id;
	else
		flight->probes[list->tail].next = id;
	list->tail = id;
}

static void enlist_first(struct skt_flight *flight, struct skt_probe *probe, uint32_t number)
{
	struct skt_flight_list *list = list_at(flight, number);
	uint32_t id = id_of(flight, probe);

	unlist(flight, probe);
	flight->parked += number >= FIRST_PARK;
	probe->list = number;
	probe->prev = SKT_FLIGHT_NONE;
	probe->next = list->head;
	if (list->head == SKT_FLIGHT_NONE)
		list->tail = id;
	else
		flight->probes[list->head].prev = id;
	list->head = id;
}

/* ---- by index ---- */

struct skt_probe *skt_flight_add(struct skt_flight *flight, uint64_t index)
{
	struct skt_probe *probe;
	uint32_t *bucket, id;

	if (flight->free_head == SKT_FLIGHT_NONE) {
		uint32_t next = flight->capacity * 2;

		if (flight->capacity >= flight->limit ||
			grow(flight, next < flight->limit ? next : flight->limit))
			return NULL;
	}
	id = flight->free_head;
	probe = &flight->probes[id];
	flight->free_head = probe->hash_next;
	bucket = bucket_of(flight, index);
	*probe = (struct skt_probe){.index = index, .hash_next = *bucket, .list = UNLISTED};
	*bucket = id;
	flight->count++;
	return probe;
}

struct skt_probe *skt_flight_find(const struct skt_flight *flight, uint64_t index)
{
	for (uint32_t id = *bucket_of(flight, index); id != SKT_FLIGHT_NONE;
		id = flight->probes[id].hash_next)
		if (flight->probes[id].index == index)
			return &flight->probes[id];
	return NULL;
}

void skt_flight_remove(struct skt_flight *flight, struct skt_probe *probe)
{
	uint32_t *link = bucket_of(flight, probe->index), id = id_of(flight, probe);

	unlist(flight, probe);
	while (*link != id)
		link = &flight->probes[*link].hash_next;
	*link = probe->hash_next;
	probe->hash_next = flight->free_head;
	flight->free_head = id;
	flight->count--;
}

/* ---- by time ---- */

void skt_flight_wait(struct skt_flight *flight, struct skt_probe *probe, uint64_t deadline_ns)
{
	uint64_t tick = deadline_ns / SKT_NS_PER_MS + 1;

	probe->deadline_ns = deadline_ns;
	if (tick <= flight->tick)
		tick = flight->tick + 1;
	/* Beyond the horizon it is looked at once more on the way. */
	if (tick >= flight->tick + SKT_FLIGHT_TICKS)
		tick = flight->tick + SKT_FLIGHT_TICKS - 1;
	enlist(flight, probe, (uint32_t)(tick % SKT_FLIGHT_TICKS));
}

void skt_flight_queue(struct skt_flight *flight, struct skt_probe *probe)
{
	enlist(flight, probe, SKT_FLIGHT_TICKS);
}

void skt_flight_queue_first(struct skt_flight *flight, struct skt_probe *probe)
{
	enlist_first(flight, probe, SKT_FLIGHT_TICKS);
}

bool skt_flight_has_due(const struct skt_flight *flight)
{
	return flight->lists[SKT_FLIGHT_TICKS].head != SKT_FLIGHT_NONE;
}

struct skt_probe *skt_flight_take(struct skt_flight *flight)
{
	struct skt_probe *probe;

	if (!skt_flight_has_due(flight))
		return NULL;
	probe = &flight->probes[flight->lists[SKT_FLIGHT_TICKS].head];
	unlist(flight, probe);
	return probe;
}

/* ---- parked ---- */

int skt_flight_park(struct skt_flight *flight, struct skt_probe *probe, uint32_t number)
{
	uint32_t count = flight->park_count ? flight->park_count : FIRST_CAPACITY;
	struct skt_flight_list *parks;

	while (count <= number)
		count *= 2;
	if (count > flight->park_count) {
		parks = reallocarray(flight->parks, count, sizeof(*parks));
		if (!parks)
			return -ENOMEM;
		memset(parks + flight->park_count, 0xff,
			(count - flight->park_count) * sizeof(*parks));
		flight->parks = parks;
		flight->park_count = count;
	}
	enlist(flight, probe, FIRST_PARK + number);
	return 0;
}

struct skt_probe *skt_flight_unpark(struct skt_flight *flight, uint32_t number)
{
	struct skt_probe *probe;

	if (number >= flight->park_count || flight->parks[number].head == SKT_FLIGHT_NONE)
		return NULL;
	probe = &flight->probes[flight->parks[number].head];
	unlist(flight, probe);
	return probe;
}

struct skt_probe *skt_flight_expired(struct skt_flight *flight, uint64_t now_ns)
{
	const uint64_t now = now_ns / SKT_NS_PER_MS;

	if (flight->count == 0)
		flight->tick = now;
	/* After a long stall one round over all ticks sees everything. */
	if (now > flight->tick + SKT_FLIGHT_TICKS)
		flight->tick = now - SKT_FLIGHT_TICKS;
	for (;;) {
		struct skt_flight_list *list = &flight->lists[flight->tick % SKT_FLIGHT_TICKS];

		while (list->head != SKT_FLIGHT_NONE) {
			struct skt_probe *probe = &flight->probes[list->head];

			if (probe->deadline_ns <= now_ns) {
				unlist(flight, probe);
				return probe;
			}
			skt_flight_wait(flight, probe, probe->deadline_ns);
		}
		if (flight->tick >= now)
			return NULL;
		flight->tick++;
	}
}

struct skt_probe *skt_flight_pop(struct skt_flight *flight, uint32_t *list)
{
	for (; *list <= SKT_FLIGHT_TICKS; ++*list)
		if (flight->lists[*list].head != SKT_FLIGHT_NONE) {
			struct skt_probe *probe = &flight->probes[flight->lists[*list].head];

			unlist(flight, probe);
			return probe;
		}
	return NULL;
}

uint64_t skt_flight_next(const struct skt_flight *flight, uint32_t ahead)
{
	for (uint64_t tick = flight->tick; tick < flight->tick + ahead; tick++)
		if (flight->lists[tick % SKT_FLIGHT_TICKS].head != SKT_FLIGHT_NONE)
			return tick * SKT_NS_PER_MS;
	return (flight->tick + ahead) * SKT_NS_PER_MS;
}
