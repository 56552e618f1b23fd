/*
 * A limit of probes per second: a token bucket on an absolute schedule. Pure: the caller says what
 * time it is. A burst is at most 10 ms worth, and what a stall left unused is never caught up, so
 * that no second sees more than the rate and one burst.
 */
#ifndef SKT_SCAN_PACER_H
#define SKT_SCAN_PACER_H

#include <stdint.h>

struct skt_pacer {
	uint64_t rate;    /* per second; 0: no limit */
	uint64_t burst;   /* probes that may go at once */
	uint64_t next_ns; /* when the next one is due, if it is on time */
	uint64_t rest;    /* fraction of a nanosecond behind next_ns, in 1/rate */
};

void skt_pacer_init(struct skt_pacer *pacer, uint64_t rate, uint64_t now_ns);

/* How many may go at NOW_NS, at the most WANT. */
uint64_t skt_pacer_allow(struct skt_pacer *pacer, uint64_t want, uint64_t now_ns);

void skt_pacer_spend(struct skt_pacer *pacer, uint64_t count);

/* When the next may go; 0: at once. */
uint64_t skt_pacer_when(const struct skt_pacer *pacer);

#endif
