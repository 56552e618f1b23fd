/*
 * The next hops of a scan as subjects of their own: on the link each host is its own, behind a
 * router many share one. The kernel looks a neighbour up when the first packet goes to it, and
 * keeps few others meanwhile (unres_qlen_bytes); so one probe is the question, and the rest waits
 * for the answer. The answer is the kernel's table, not the ICMP error that it may send itself,
 * which counts against the limits of all ICMP (arp(7), ip-sysctl.rst, net/core/neighbour.c).
 */
#ifndef SKT_SCAN_NEIGHBOR_H
#define SKT_SCAN_NEIGHBOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "scan/path.h"

enum skt_neighbor_state {
	SKT_NEIGHBOR_UNKNOWN,
	SKT_NEIGHBOR_ASKING, /* a packet is on its way, and the kernel asks */
	SKT_NEIGHBOR_UP,
	SKT_NEIGHBOR_DOWN, /* it does not answer */
};

struct skt_neighbor {
	struct skt_addr addr;
	uint64_t asked_ns;   /* of ASKING: since when */
	uint64_t checked_ns; /* when the kernel was last asked of it behind that; 0: never */
	uint32_t ifindex;
	uint32_t hash_next;
	uint32_t prev, next; /* of ASKING: in the order of time */
	uint8_t state;       /* enum skt_neighbor_state */
	uint8_t asked;       /* how often */
	bool heard;          /* something came by it: no need to ask the kernel */
	bool found;          /* the kernel has asked for it during this scan, and it is there */
};

enum { SKT_NEIGHBORS_MAX = 1 << 18 };

struct skt_neighbors {
	struct skt_paths *paths;
	struct skt_neighbor *list; /* numbers begin with 1 */
	uint32_t count, capacity;
	uint32_t *buckets;
	uint32_t bucket_mask;
	uint32_t hand;           /* next to lose its place where there are too many */
	uint32_t oldest, newest; /* of those ASKING; 0: none */
	uint32_t asking;
	uint32_t asking_max;  /* so many places of the kernel's table may be taken at once */
	uint64_t patience_ns; /* two requests of the kernel, and the wait for an answer to them */
	/* Called when a number is UP or DOWN, or has to be asked again (UNKNOWN). */
	void (*settled)(void *ctx, uint32_t number);
	void *ctx;
};

/* ROOM: places in the kernel's table. TIMEOUT_NS: the user's, 0: none. 0 or -ENOMEM. */
int skt_neighbors_init(struct skt_neighbors *neighbors, struct skt_paths *paths, uint64_t room,
	uint64_t timeout_ns);
void skt_neighbors_fini(struct skt_neighbors *neighbors);

/*
 * The number of the neighbour at ADDR on IFINDEX; what the kernel knows of one that is new is its
 * first state. 0: there is no memory.
 */
uint32_t skt_neighbors_find(
	struct skt_neighbors *neighbors, uint32_t ifindex, const struct skt_addr *addr);

static inline struct skt_neighbor *skt_neighbor_at(
	const struct skt_neighbors *neighbors, uint32_t number)
{
	return &neighbors->list[number];
}

/* Whether one more may be asked now. */
static inline bool skt_neighbors_may_ask(const struct skt_neighbors *neighbors)
{
	return neighbors->asking < neighbors->asking_max;
}

/* A probe is sent to NUMBER, and is the question. */
void skt_neighbors_ask(struct skt_neighbors *neighbors, uint32_t number, uint64_t now_ns);

/* The question could not be sent; FULL: for want of a place in the kernel's table. */
void skt_neighbors_unask(struct skt_neighbors *neighbors, uint32_t number, bool full);

/* Something came from there, or the kernel said that nothing will. */
void skt_neighbors_tell(
	struct skt_neighbors *neighbors, uint32_t number, enum skt_neighbor_state state);

/*
 * Takes the kernel's answers. IDLE: nothing else is left to wait for, so that two requests without
 * an answer are enough; else the kernel ends its own series of them (mcast_solicit).
 */
void skt_neighbors_tick(struct skt_neighbors *neighbors, uint64_t now_ns, bool idle);

/*
 * Whether the neighbour that was UP still is, as the kernel knows it now: UP, DOWN, or ASKING where
 * it is about to find out. Where privileges allow, it is made to hurry.
 */
enum skt_neighbor_state skt_neighbors_check(
	struct skt_neighbors *neighbors, uint32_t number, uint64_t now_ns);

#endif
