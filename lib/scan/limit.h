/*
 * Resets that a host holds back. Many send no more than so many a second (icmp_limit(9) of FreeBSD:
 * 200; macOS: 250; rules of firewalls), which looks like a loss and is none: it goes away when the
 * host is asked no faster than it answers. Pure: the caller says what time it is.
 *
 * It is told from a loss by more ports answering late than at once, or by the ports that answered
 * late having been asked behind those that answered at once; what gets lost by chance does neither.
 * Being slow is the proof: where that does not make the host answer, it was a loss after all.
 */
#ifndef SKT_SCAN_LIMIT_H
#define SKT_SCAN_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct skt_limit {
	uint32_t asked;        /* ports of the host so far */
	uint32_t prompt, late; /* resets for the first probe of a port, for a later one */
	uint64_t prompt_orders, late_orders; /* sums of when those ports were asked first */
	uint64_t begin_ns;                   /* of the period, or of the first probe */
	uint32_t period_sent, period_answers;
	double per_sec; /* 0: none was found */
	bool settled;   /* it has been asked faster than it answers */
	bool kept;      /* the rate is what it answered when it was asked faster */
	bool refuted;   /* it is a loss */
};

/* Notes a probe, the first of its port if FIRST; the order of that port, 1... */
uint32_t skt_limit_sent(struct skt_limit *limit, bool first, uint64_t now_ns);

/*
 * Notes a reset of the port that was asked first as number ORDER, for probe number TRY. Whether the
 * limit has become known by it.
 */
bool skt_limit_reset(struct skt_limit *limit, uint32_t order, unsigned int try, uint64_t now_ns);

/* Notes an answer of another kind. */
void skt_limit_answer(struct skt_limit *limit);

/* Adapts the rate where a second has passed. Whether the limit has turned out to be none. */
bool skt_limit_adapt(struct skt_limit *limit, uint64_t now_ns);

/* Nanoseconds between two probes to the host; 0: no limit is known, or it is too low to wait for.
 */
uint64_t skt_limit_gap(const struct skt_limit *limit);

#endif
