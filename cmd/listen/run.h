/* What a run of `listen` consists of, and how whoever is served by it ends it. */
#ifndef SKT_CMD_LISTEN_RUN_H
#define SKT_CMD_LISTEN_RUN_H

#include <sys/resource.h>

#include "cmd/command.h"
#include "cmd/events.h"
#include "cmd/listen/options.h"
#include "cmd/manager.h"
#include "net/loop.h"
#include "net/pump.h"
#include "net/serve.h"

struct client;
struct listen_roster;

/* See standing.h. */
struct listen_standing {
	struct skt_manager manager;
	struct skt_timer watchdog, status, idle;
	size_t told; /* clients, in the last status */
};

struct listen_run {
	const struct listen_options *options;
	const struct skt_context *ctx;
	const struct listen_service *service;
	void *state; /* the service's own */
	struct skt_event_log log;
	struct skt_loop loop;
	struct skt_server server;
	struct skt_pump_pool pool;
	struct skt_signals signals;
	struct skt_timer deadline;
	struct listen_standing standing;
	struct skt_passed_list passed;   /* sockets to serve at; those of the server's, too */
	struct listen_roster *roster;    /* NULL: it is being loaded */
	struct skt_access senders;       /* of --proxy-from */
	struct skt_tls_context *tls;     /* for who comes now; NULL: without */
	struct skt_tls_context *far_tls; /* of --forward-tls; NULL: plain */
	struct rlimit nofile;            /* as it was found */
	void (*sigpipe)(int);            /* as it was found */
	struct client *clients;          /* who are served */
	struct client *arriving;         /* and who are not yet */
	uint64_t client_count;           /* how many there ever were */
	uint64_t stalled_ns;             /* when it was last told that nobody can be accepted */
	bool stalled_told;               /* and not yet that it is over */
	bool stopping;
	int signo;     /* that ended the run, or 0 */
	bool out_gone; /* nobody reads stdout any more */
	enum skt_exit status;
};

/* Ends the run with STATUS as soon as the handler that runs now is left. */
void listen_stop(struct listen_run *run, enum skt_exit status);

#endif
