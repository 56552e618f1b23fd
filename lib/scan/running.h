/* A scan that runs: what scan.c, choose.c, result.c, gate.c and control.c, one above the other,
 * know of it. */
#ifndef SKT_SCAN_RUNNING_H
#define SKT_SCAN_RUNNING_H

#include "scan/engine.h"
#include "scan/flight.h"
#include "scan/given.h"
#include "scan/host.h"
#include "scan/neighbor.h"
#include "scan/order.h"
#include "scan/pacer.h"
#include "scan/path.h"
#include "scan/run.h"

struct skt_scan {
	const struct skt_scan_config *config;
	const struct skt_plan *plan;
	struct skt_scan_stats *stats;
	struct skt_engine *engine;
	struct skt_flight flight;
	struct skt_hosts hosts;
	struct skt_paths paths;
	bool has_paths; /* the kernel can be asked for them */
	struct skt_neighbors neighbors;
	struct skt_order order;
	struct skt_pacer pacer;
	uint64_t *resolved;     /* one bit for each pair of the plan */
	struct skt_given given; /* silent in spite of all tries */
	uint64_t position;      /* next in the order */
	uint64_t shard_count;
	uint64_t silent;     /* ports that were given up, and have not answered yet */
	uint64_t unanswered; /* ports whose result is silence */
	uint64_t late_ns;    /* when an answer last came that was not waited for any more */
	uint32_t waiting;    /* probes whose answer is expected now */
	uint32_t reserved;   /* probes that wait for their turn by rate_per_host */
	uint64_t limited_host, limited_ports; /* silent ports of the host that is concluded */
	bool limit_found;                     /* since all ports were asked the last time */
	uint64_t limited_plus_1; /* number of the first host that limits its resets; 0: none */
	int failed;              /* what result() said */

	/* Control: see control.c. */
	struct skt_rtt rtt;
	struct skt_loss loss, epoch;
	uint64_t epoch_end_ns, epoch_dropped;
	double loss_floor; /* what is lost however slowly we go */
	double window;
	unsigned int tries;                        /* for a silent port, as things stand */
	uint64_t given_up[SKT_SCAN_TRIES_MAX + 1]; /* ports that stayed silent, by their tries */
};

#endif
