/*
 * When the next datagram is due. Deadlines are absolute, START + N / RATE without rounding error,
 * so a late one does not delay those behind it; what was missed is caught up at no more than four
 * times the rate, and what is more than SKT_PACE_DEBT_NS late is given up, so that a stall of the
 * sender never becomes a burst that looks like loss in the network. Pure but for skt_pace_wait().
 */
#ifndef SKT_NET_PACE_H
#define SKT_NET_PACE_H

#include <signal.h>
#include <stdint.h>

#include "base/clock.h"

#define SKT_PACE_DEBT_NS SKT_NS_PER_SEC

/* Enough to keep the rate on a busy machine, too little to be a burst. */
enum { SKT_PACE_CATCH_UP = 4 };

struct skt_pace {
	uint64_t start_ns;
	uint64_t units;        /* sent so far since START: datagrams, bits or bytes */
	uint64_t rate;         /* units per second, not 0 */
	uint64_t last_ns;      /* when the last ones were let go */
	uint64_t last_cost_ns; /* the time that they are worth */
	uint64_t forgiven_ns;  /* lateness that was given up, in all */
	uint64_t overshoot_ns; /* how late sleeping tends to wake: learned by skt_pace_wait() */
};

void skt_pace_init(struct skt_pace *pace, uint64_t rate, uint64_t now_ns);

/* The earliest time for what is sent next. */
uint64_t skt_pace_due(const struct skt_pace *pace);

/* By how much what is sent next has missed its deadline at NOW_NS. */
uint64_t skt_pace_late_ns(const struct skt_pace *pace, uint64_t now_ns);

/* UNITS were sent at NOW_NS. */
void skt_pace_sent(struct skt_pace *pace, uint64_t units, uint64_t now_ns);

/*
 * Sleeps until DEADLINE_NS of CLOCK_MONOTONIC, the last stretch of it awake, since sleep ends late.
 * Returns the time; earlier than the deadline only where *INTERRUPTED became set.
 */
uint64_t skt_pace_wait(
	struct skt_pace *pace, uint64_t deadline_ns, const volatile sig_atomic_t *interrupted);

#endif
