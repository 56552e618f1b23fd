/*
 * The way to a far end: dialled, by way of proxies where that was asked for, and opened. It needs
 * room that an open connection does not, and is freed then.
 */
#ifndef SKT_CMD_LISTEN_REACH_H
#define SKT_CMD_LISTEN_REACH_H

#include "cmd/listen/client.h"
#include "cmd/listen/far.h"
#include "cmd/stream/chain.h"
#include "net/dial.h"

struct reach {
	/* Set before the start, all else zeroed; borrowed until the stop. */
	struct listen_run *run;
	const struct client *client; /* for whom; NULL: to see whether somebody answers */
	struct skt_connection *far;  /* to be made; closed, or aborted, by the user in any case */
	const struct skt_chain_plan *plan;
	const struct skt_endpoint *target;
	uint16_t port;        /* of TARGET */
	uint64_t deadline_ns; /* 0: in 30 seconds */
	/*
	 * Called once, by the loop. 0: the far connection is open, and the client's was told of;
	 * else -errno, and `err` says it in words. May stop, and free, the reach.
	 */
	void (*done)(struct reach *reach, int r);

	struct skt_err err;
	struct skt_dial dial;

	/* the reach's own */
	int spare;                  /* for the connection's socket */
	struct skt_opening opening; /* of the far connection */
	struct skt_chain chain;
	struct far_tls tls;
};

/*
 * Begins. RESOLVER is needed for names only; of OPTIONS `spare` is the reach's own. Errors: as
 * skt_dial_start(); stop it then, too.
 */
int reach_start(struct reach *reach, struct skt_resolver *resolver,
	const struct skt_dial_options *options, struct skt_err *err);

/* Lets go of everything but the connection. */
void reach_stop(struct reach *reach);

#endif
