/*
 * What is known of the hosts under scan: round trips, losses, whether there is a host at all. A
 * table of bounded size: where there are more hosts than places, the one that was not spoken of for
 * longest among some loses its place, and then is merely less well known. Pure, but for the memory.
 */
#ifndef SKT_SCAN_HOST_H
#define SKT_SCAN_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "scan/limit.h"
#include "scan/verdict.h"

enum { SKT_HOSTS_MAX = 1 << 17 };

/* How many probes were lost on the way there or back, of those whose fate is known. */
struct skt_loss {
	uint64_t arrived, lost;
};

/* RFC 6298 2: smoothed round trip and its variation. */
struct skt_rtt {
	uint64_t smoothed_ns, variation_ns; /* 0: nothing measured yet */
};

enum skt_host_state {
	SKT_HOST_UNKNOWN,
	SKT_HOST_ASKING, /* one probe finds out whether there is a way to it at all */
	SKT_HOST_UP,     /* its next hop answers; of a host on the link, that is itself */
	SKT_HOST_DOWN,   /* its next hop does not */
};

struct skt_host {
	uint64_t number_plus_1; /* 0: the place is free */
	uint64_t first_ns;      /* when it was first probed */
	uint64_t next_ns;       /* when it may be probed again (--rate-per-host) */
	uint64_t heard_ns;      /* when it last answered by itself; 0: never */
	struct skt_rtt rtt;
	struct skt_loss loss;      /* of answers that nobody holds back */
	struct skt_loss resets;    /* of resets, which are such if no limit is known */
	struct skt_limit limit;    /* of its resets, or of its "port unreachable" */
	struct skt_addr down_from; /* who said that there is no such host */
	struct skt_addr gone_from; /* the router that said so; AF_UNSPEC: none did */
	uint32_t path;             /* its number in the paths of GENERATION */
	uint32_t generation;
	uint32_t neighbor; /* number of the next hop; 0: not known, or none that must be found */
	uint32_t unreachables; /* port-unreachable messages: Linux sends few (icmp_ratelimit) */
	uint32_t late_unreachables; /* of these, for another than the first probe */
	uint32_t firm;              /* ports that only ICMP errors were said of, again and again */
	uint32_t sampled;           /* ports that were asked again for their first error */
	uint32_t
		confirmed; /* ports whose second error was the first once more, one after another */
	uint32_t believed; /* ports that had their first error behind these */
	uint32_t opened;   /* ports */
	uint32_t silences; /* probes that were not answered in time */
	uint32_t used;     /* when it was last spoken of, by the clock of the table */
	bool two_minds;    /* ports spoke for themselves behind an ICMP error about them */
	bool answered;     /* by whomever: the host, or a router on the way */
	bool spoken;       /* something else was said of it than that it is gone */
	bool asked;        /* PATH holds for GENERATION */
	bool routed;       /* there is a router on the way */
	uint8_t state;     /* enum skt_host_state */
	uint8_t firm_reason; /* enum skt_scan_reason of those that were confirmed */
};

struct skt_hosts {
	struct skt_host *slots;
	uint32_t mask;
	uint32_t clock; /* goes on by one with each look */
	bool crowded;   /* there are more hosts than places */
};

int skt_hosts_init(struct skt_hosts *hosts, uint64_t count);
void skt_hosts_fini(struct skt_hosts *hosts);

/* The place of host NUMBER; *ret_fresh tells that nothing is known of it. */
struct skt_host *skt_hosts_at(struct skt_hosts *hosts, uint64_t number, bool *ret_fresh);

/* The same, but NULL where nothing is known. */
struct skt_host *skt_hosts_find(const struct skt_hosts *hosts, uint64_t number);

/* What is known of every port of HOST, which is down. */
struct skt_finding skt_host_down(const struct skt_host *host);

/* FINDING was said of a port of HOST, which is at ADDR. */
void skt_host_hear(
	struct skt_host *host, const struct skt_addr *addr, const struct skt_finding *finding);

/* A port of HOST was asked again for an ICMP error, and the answer was another one, of REASON. */
void skt_host_confirm(struct skt_host *host, enum skt_scan_reason reason);

/*
 * Whether ICMP errors of REASON about ports of HOST are believed at once: a long row of other ports
 * had nothing but the same when they were asked again.
 */
bool skt_host_is_firm(const struct skt_host *host, enum skt_scan_reason reason);

/*
 * Whether a port of HOST that had its first ICMP error, of REASON, shows what to think of others,
 * and so is asked again in any case: the first ones, and one in some of those that are believed.
 */
bool skt_host_samples(struct skt_host *host, enum skt_scan_reason reason);

/* A router said that HOST is not there, of some of its ports, and nobody ever anything else. */
static inline bool skt_host_is_gone(const struct skt_host *host)
{
	return host->gone_from.family != AF_UNSPEC && !host->spoken;
}

void skt_rtt_add(struct skt_rtt *rtt, uint64_t sample_ns);

/* Smoothed round trip and four times its variation; 0 while nothing is known. */
uint64_t skt_rtt_timeout(const struct skt_rtt *rtt);

/* Share of probes that get lost, both ways together, as a cautious upper estimate, 0..1. */
double skt_loss_bound(const struct skt_loss *loss);

/* The plain share. */
double skt_loss_rate(const struct skt_loss *loss);

/*
 * How many tries make it unlikely (less than 1 in 500) that one port in ANSWERED that would answer
 * is missed, where a try is lost with probability LOSS.
 */
unsigned int skt_loss_tries(double loss, uint64_t answered, unsigned int most);

#endif
