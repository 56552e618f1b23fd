/*
 * One look at one port: whether a connection comes about, and what is behind it. The lookup of the
 * name, the connection, TLS and what the server says have one deadline.
 *
 * Proxies of ports accept for somebody else and close when he is not there: a connection is looked
 * at for a moment longer, two handshakes long, and a peer that ends it without a byte has
 * `closed-at-once`.
 */
#ifndef SKT_CMD_CONNECT_CHECK_H
#define SKT_CMD_CONNECT_CHECK_H

#include "cmd/connect/host.h"
#include "cmd/connect/options.h"
#include "cmd/connect/row.h"
#include "cmd/connect/udp_probe.h"
#include "cmd/events.h"
#include "cmd/stream/tls_steps.h"
#include "net/loop.h"

/* What all checks of a run share; borrowed. */
struct connect_checks {
	const struct connect_options *options;
	const struct skt_event_log *log; /* where to tell what failed on this host */
	struct skt_loop *loop;
	struct skt_resolver *resolver;
	const struct skt_chain_plan *plan;
	struct skt_arena *arena;     /* for texts of rows */
	struct skt_tls_context *tls; /* with --tls */
};

/* The user sets what stands before `row` and zeroes the rest. */
struct connect_check {
	/* Called once, by the loop, with `row` and `ready` filled; may fini and free the check. */
	void (*done)(struct connect_check *check);
	const struct connect_checks *shared;
	const struct skt_endpoint *endpoint;
	uint16_t port;
	struct connect_host *host; /* NULL: the endpoint is no name */
	struct connect_row row;    /* begun: what is known beforehand is there already */
	bool ready;                /* what was asked for is there */
	struct skt_arena texts;    /* of the row's TLS; whoever keeps the row takes them */

	/* the check's own */
	struct connect_host_user user;
	struct skt_dial dial;
	struct connect_udp_probe udp;
	size_t udp_v6, udp_v4; /* addresses of each family that were added */
	struct skt_connection connection;
	struct skt_opening opening;
	struct skt_chain chain;
	struct skt_tls_steps *tls;       /* with --tls, behind the chain */
	struct skt_stream_user listener; /* while the peer is listened to */
	struct skt_timer timer; /* how long that lasts; or the end of a check that has failed */
	struct connect_said *said;
	uint64_t start_ns, deadline_ns;
	bool ended; /* the peer has ended the connection */
};

/* Begins. AGAIN: a name that was unknown before is worth another question. */
void connect_check_start(struct connect_check *check, uint64_t deadline_ns, bool again);

/* Ends it without done(), and frees what it holds. The row stays. */
void connect_check_fini(struct connect_check *check);

#endif
