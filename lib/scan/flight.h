/*
 * The probes that are on their way or will be sent again: found by index, and due by time. Memory
 * is that of the most that were ever in flight together, nothing per pair of the plan.
 */
#ifndef SKT_SCAN_FLIGHT_H
#define SKT_SCAN_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scan/verdict.h"

enum { SKT_FLIGHT_MAX = 1 << 18, SKT_FLIGHT_TICKS = 4096 };

#define SKT_FLIGHT_NONE UINT32_MAX

enum skt_probe_state {
	SKT_PROBE_DUE,     /* to be sent as soon as it may */
	SKT_PROBE_WAITING, /* sent, and an answer is expected */
	SKT_PROBE_RESTING, /* no answer in time; will be sent again later */
	SKT_PROBE_ASKING,  /* sent, and waits until its neighbour is found or missed */
};

struct skt_probe {
	uint64_t index;
	uint64_t first_ns, sent_ns; /* the first and the last time it was sent */
	uint64_t deadline_ns;       /* of the state it is in */
	uint32_t hash_next;
	uint32_t prev, next; /* in its tick, or in the queue of those that are due */
	uint32_t list;       /* its tick; SKT_FLIGHT_TICKS: those that are due; above: its park */
	uint32_t order;      /* among the ports of its host, in the order they were asked: 1... */
	uint16_t failures;   /* how often this host refused to send it */
	uint8_t tries;
	uint8_t errors;           /* of them, that an ICMP error came for */
	uint8_t state;            /* enum skt_probe_state */
	bool reserved;            /* waits for its turn by the limit of its host */
	bool parked;              /* and has none yet */
	bool sample;              /* is asked again whatever others show */
	struct skt_finding known; /* what was said so far, while it is asked once more */
};

struct skt_flight_list {
	uint32_t head, tail;
};

struct skt_flight {
	struct skt_probe *probes;
	uint32_t *buckets;
	uint32_t bucket_mask;
	uint32_t capacity; /* of probes */
	uint32_t limit;    /* that capacity may grow to */
	uint32_t free_head;
	uint32_t count;  /* probes in use */
	uint32_t parked; /* of these, for as long as it takes */
	uint64_t tick;   /* milliseconds: everything before is handled */
	struct skt_flight_list lists[SKT_FLIGHT_TICKS + 1];
	struct skt_flight_list *parks;
	uint32_t park_count;
};

int skt_flight_init(struct skt_flight *flight, uint32_t limit, uint64_t now_ns);
void skt_flight_fini(struct skt_flight *flight);

/* A probe of INDEX, zeroed, in no list; NULL: the limit is reached, or memory is out. */
struct skt_probe *skt_flight_add(struct skt_flight *flight, uint64_t index);
struct skt_probe *skt_flight_find(const struct skt_flight *flight, uint64_t index);

/* Forgets PROBE. */
void skt_flight_remove(struct skt_flight *flight, struct skt_probe *probe);

/* Puts PROBE where it is found at DEADLINE_NS. */
void skt_flight_wait(struct skt_flight *flight, struct skt_probe *probe, uint64_t deadline_ns);

/* Puts PROBE at the end of the queue of those that are due. */
void skt_flight_queue(struct skt_flight *flight, struct skt_probe *probe);

/* Puts PROBE at its beginning. */
void skt_flight_queue_first(struct skt_flight *flight, struct skt_probe *probe);

/* The first of that queue, taken out of it; NULL: it is empty. */
struct skt_probe *skt_flight_take(struct skt_flight *flight);
bool skt_flight_has_due(const struct skt_flight *flight);

/*
 * Puts PROBE at the end of park NUMBER, where no time reaches it: below the number of probes that
 * there may be, or of neighbours. -ENOMEM: it is where it was.
 */
int skt_flight_park(struct skt_flight *flight, struct skt_probe *probe, uint32_t number);

/* The first of park NUMBER, taken out of it; NULL: it is empty. */
struct skt_probe *skt_flight_unpark(struct skt_flight *flight, uint32_t number);

/* A probe whose deadline has passed, taken out of its list; NULL: none more at NOW_NS. */
struct skt_probe *skt_flight_expired(struct skt_flight *flight, uint64_t now_ns);

/* Any probe, taken out of its list, from LIST on, which begins as 0; NULL: no more is in any. */
struct skt_probe *skt_flight_pop(struct skt_flight *flight, uint32_t *list);

/* No deadline is before this time; looks at AHEAD ticks at the most. */
uint64_t skt_flight_next(const struct skt_flight *flight, uint32_t ahead);

#endif
