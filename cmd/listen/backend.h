/*
 * One of the endpoints of --forward: how to get there, and whether somebody answers.
 *
 * One of several that does not answer is down: it is left out, asked again after pauses that grow,
 * without a client who would have to wait for it, and up once it answers. With --check those that
 * are up are asked, too. What changes is told once.
 */
#ifndef SKT_CMD_LISTEN_BACKEND_H
#define SKT_CMD_LISTEN_BACKEND_H

#include "base/service.h"
#include "cmd/listen/reach.h"
#include "net/balance.h"

struct backend {
	/* Set before the opening, all else zeroed; borrowed until the close. */
	struct listen_run *run;
	const struct skt_endpoint *endpoint;
	const struct skt_chain_plan *plan;
	const struct skt_dial_options *options;
	struct skt_balance_server *server;
	/* Whether it can be down: where it is the only one, it is always asked. */
	bool spared;

	/* the backend's own */
	uint16_t port;
	const struct skt_endpoint *near; /* who is dialled: it, or the first proxy on the way */
	struct skt_resolver *resolver;   /* NULL: there is no name */
	/* What is known of the name goes on to be used while it is looked up anew. */
	struct skt_resolve known, refresh;
	uint64_t refresh_ns; /* when that is due */
	struct skt_timer timer;
	struct reach *check; /* under way; NULL: none */
	struct skt_connection checked;
};

/*
 * RESOLVER is one that backends share, borrowed, and opened here by the first that has a name.
 * Errors, told in ERR: -EINVAL (no such service), -ENOMEM.
 */
int backend_open(struct backend *backend, const struct skt_services *services,
	struct skt_resolver **resolver, struct skt_err *err);

/* Looks its name up, and sees whether it answers where that is asked for; nobody is served yet. */
void backend_begin(struct backend *backend);

/*
 * Begins to get there, for a client or for itself: `run`, `client`, `far`, `deadline_ns` and `done`
 * of REACH are set. Errors: as reach_start(), and the backend need not hear of them.
 */
int backend_reach(struct backend *backend, struct reach *reach, struct skt_err *err);

/* A client's REACH has ended with R. */
void backend_reached(struct backend *backend, const struct reach *reach, int r);

/* Twice, or never opened: no effect. */
void backend_close(struct backend *backend);

#endif
