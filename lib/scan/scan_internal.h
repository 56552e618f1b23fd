/* What the files of a running scan share. */
#ifndef SKT_SCAN_INTERNAL_H
#define SKT_SCAN_INTERNAL_H

#include "scan/engine.h"
#include "scan/flight.h"
#include "scan/host.h"
#include "scan/order.h"
#include "scan/pacer.h"
#include "scan/scan.h"

struct skt_scan {
	const struct skt_scan_config *config;
	const struct skt_plan *plan;
	struct skt_scan_stats *stats;
	struct skt_engine *engine;
	struct skt_flight flight;
	struct skt_hosts hosts;
	struct skt_order order;
	struct skt_pacer pacer;
	uint64_t *resolved; /* one bit for each pair of the plan */
	uint64_t position;  /* next in the order */
	uint64_t shard_count;
	uint64_t silent;   /* ports that were given up, and have not answered yet */
	uint64_t late_ns;  /* when an answer last came that was not waited for any more */
	uint32_t waiting;  /* probes whose answer is expected now */
	uint32_t reserved; /* probes that wait for their turn by rate_per_host */
	uint64_t limited_host, limited_ports; /* silent ports of the host that is concluded */
	int failed;                           /* what result() said */

	/* Control: see control.c. */
	struct skt_rtt rtt;
	struct skt_loss loss, epoch;
	uint64_t epoch_end_ns, epoch_dropped;
	double loss_floor; /* what is lost however slowly we go */
	double window;
	unsigned int tries;  /* for a silent port, as things stand */
	uint8_t swept_tries; /* that silent ports had before the sweep that is under way */
	uint64_t given_up[SKT_SCAN_TRIES_MAX + 1]; /* ports that stayed silent, by their tries */
};

/* ---- control.c: how fast, how often, how long ---- */

void skt_control_init(struct skt_scan *scan, uint64_t now_ns);

/* An answer came for the probe that was sent TRIES times, to try ANSWERED (0: not known). */
void skt_control_answer(struct skt_scan *scan, struct skt_host *host, unsigned int tries,
	unsigned int answered, uint64_t rtt_ns);
void skt_control_silence(struct skt_scan *scan);
void skt_control_local_failure(struct skt_scan *scan);

/* Closes the epoch where it is over. */
void skt_control_tick(struct skt_scan *scan, uint64_t now_ns);

/* How long to wait for the answer to try number TRY before the next. */
uint64_t skt_control_timeout(
	const struct skt_scan *scan, const struct skt_host *host, unsigned int try);

/*
 * How much longer than for the first try to wait behind the last one of PROBE: longest where it is
 * the last at all, and the host has not said a word since.
 */
uint64_t skt_control_rest(
	const struct skt_scan *scan, const struct skt_host *host, const struct skt_probe *probe);

/* When the scan may end although ports were silent: not while their answers are merely late. */
uint64_t skt_control_end(const struct skt_scan *scan);

/* How often a silent port of HOST is probed. */
unsigned int skt_control_tries(const struct skt_scan *scan, const struct skt_host *host);

/* ---- result.c: one result for each pair ---- */

static inline bool skt_scan_is_resolved(const struct skt_scan *scan, uint64_t index)
{
	return scan->resolved[index / 64] >> index % 64 & 1;
}

void skt_scan_resolve(struct skt_scan *scan, const struct skt_plan_pair *pair, uint64_t index,
	const struct skt_verdict *verdict, const struct skt_evidence *evidence, unsigned int tries);

/* What engines call. */
void skt_scan_seen(void *ctx, const struct skt_evidence *evidence);

/* Gives all that is still silent its result. */
void skt_scan_conclude(struct skt_scan *scan, enum skt_scan_reason unasked);

#endif
