/* What a scan is asked for, and what it tells: a result for each pair, and counts. */
#ifndef SKT_SCAN_RUN_H
#define SKT_SCAN_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "scan/local.h"
#include "scan/plan.h"
#include "scan/refusal.h"
#include "scan/verdict.h"

/* HOSTS: whether there is one at each address of a plan whose only port is SKT_PLAN_ANY_PORT. It is
 * up where the state is OPEN, down where it is UNREACHABLE. */
enum skt_scan_method { SKT_SCAN_CONNECT, SKT_SCAN_SYN, SKT_SCAN_UDP, SKT_SCAN_HOSTS };

enum { SKT_SCAN_TRIES_MAX = 20, SKT_SCAN_RETRIES_AUTO = -1 };

struct skt_scan_result {
	uint64_t index, host;
	const char *label;          /* the name that was given for the address, or NULL */
	struct skt_addr addr, from; /* FROM: who answered; AF_UNSPEC: nobody */
	uint64_t rtt_ns;            /* 0: not known */
	uint8_t lladdr[8];          /* HOSTS: link-layer address of a neighbour, */
	uint8_t lladdr_len;         /* so many bytes of it; 0: it is none, or not known */
	uint16_t port, from_port;   /* FROM_PORT: the one that answered, if another; 0 */
	uint8_t state, reason;      /* enum skt_scan_state, enum skt_scan_reason */
	uint8_t ttl;                /* of the answer; 0: not known */
	uint8_t tries;              /* probes sent to it; 0: none was needed, or it is not known */
};

struct skt_scan_stats {
	uint64_t planned; /* pairs, of this shard */
	uint64_t counts[SKT_SCAN_STATES];
	uint64_t sent;                  /* probes */
	uint64_t answered;              /* pairs that somebody answered for */
	uint64_t requeued;              /* probes that this host could not send at first */
	uint64_t waits[SKT_SCAN_WAITS]; /* of these, by what they waited for */
	uint64_t duplicates;            /* answers for what was answered */
	uint64_t foreign;         /* packets that were no answers, though they looked like some */
	uint64_t dropped;         /* answers that were lost here for want of buffers */
	uint64_t icmp_limited;    /* silent UDP ports of hosts that limit their ICMP messages */
	uint64_t icmp_bound_sec;  /* how long the whole truth of the slowest of them would take */
	uint64_t reset_limited;   /* silent ports of hosts that limit their resets */
	uint64_t limited_hosts;   /* that do */
	struct skt_addr limited;  /* the first of them */
	double resets_per_sec;    /* of it */
	uint64_t all_open_hosts;  /* nearly all of whose ports are open */
	struct skt_addr all_open; /* the first of them */
	uint64_t elapsed_ns;
	double loss;   /* share of probes lost, both ways together */
	double missed; /* how many answers are likely to be missing */
	bool complete; /* every pair was probed as often as it takes */
};

struct skt_scan_config {
	const struct skt_plan *plan;
	const struct skt_local *local;
	enum skt_scan_method method;
	uint64_t seed;
	/* One bit for each pair of the plan: set for those that need not be probed, and for each
	 * pair behind its result; NULL: none is known. */
	uint64_t *resolved;
	uint64_t shard, shards; /* this one of so many, 0...; SHARDS 0 is 1 */
	uint64_t rate;          /* probes per second; 0: as fast as nothing is lost */
	uint64_t rate_per_host;
	int retries;          /* SKT_SCAN_RETRIES_AUTO: as many as the losses ask for */
	uint64_t timeout_ns;  /* longest wait for one answer; 0: the default */
	uint64_t max_time_ns; /* 0: no end */
	bool skipped; /* results for pairs that were not asked, too, where the scan is ended */
	struct skt_addr source4, source6;
	const char *interface;
	uint64_t neighbor_room; /* places in the kernel's table of neighbours; 0: not known */
	const volatile sig_atomic_t *stop; /* not 0: end in order */
	/* Called for each pair once, skipped ones apart; not 0 ends the scan with it. */
	int (*result)(void *ctx, const struct skt_scan_result *result);
	/* Called once all is open that takes privilege, before anything is sent, if not NULL. */
	void (*opened)(void *ctx);
	/* Called some times a second, if not NULL. */
	void (*tick)(void *ctx, const struct skt_scan_stats *stats);
	void *ctx;
};

#endif
