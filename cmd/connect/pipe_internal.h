/*
 * The run of one connection, of which pipe.c is the frame, pipe_dial.c the way to a connection, and
 * pipe_join.c what is joined to it.
 */
#ifndef CONNECT_PIPE_INTERNAL_H
#define CONNECT_PIPE_INTERNAL_H

#include <signal.h>

#include "cmd/connect/confirm.h"
#include "cmd/connect/options.h"
#include "cmd/connect/redial.h"
#include "cmd/connect/relay.h"
#include "cmd/connect/row.h"
#include "cmd/stream/session.h"
#include "cmd/stream/tls_steps.h"
#include "cmd/waiting.h"
#include "net/keepalive.h"
#include "net/opening.h"

struct pipe_run {
	const struct connect_options *options;
	const struct skt_context *ctx;
	struct skt_event_log log;
	struct skt_progress progress;
	struct skt_waiting waiting; /* for the connection */
	char what[SKT_ENDPOINT_TEXT_MAX + 32];
	struct skt_loop loop;
	struct skt_signals signals;
	struct skt_resolver *resolver;
	struct skt_dial dial;
	struct skt_timer retry;
	struct skt_keepalive keepalive;
	struct connect_confirm confirm; /* of --fastopen */
	struct skt_session session;
	struct skt_record record;
	struct skt_arena arena;
	struct connect_row row;
	struct sigaction sigpipe; /* as it was */
	struct connect_redial redial;
	uint64_t start_ns, deadline_ns;
	uint16_t port;
	struct skt_connection connection;
	struct skt_opening opening;
	struct skt_chain chain;
	struct skt_chain_plan plan;
	struct skt_tls_context *tls; /* with --tls */
	struct skt_tls_steps tls_steps;
	struct connect_relay relay; /* of --exec with TLS; `loop` NULL: not begun */
	int signal;                 /* that ends the run */
	enum skt_exit status;
	bool joined; /* the session was begun */
};

static inline const struct skt_endpoint *connect_pipe_endpoint(const struct pipe_run *run)
{
	return &run->options->targets.data[0].endpoint;
}

/* ---- the way there ---- */

/* Begins, and goes on until there is a connection, which is joined or ends the loop, or no hope. */
void connect_pipe_begin(struct pipe_run *run);

/* Whether it is tried again; then that is on its way, and waited for aloud where it takes long. */
bool connect_pipe_redial(struct pipe_run *run);

/* People are told what they wait for, unless they want to be told of errors only. */
void connect_pipe_wait(struct pipe_run *run, uint64_t until_ns);

/* Lets go of the connection; what was joined to it stays as it is. */
void connect_pipe_disconnect(struct pipe_run *run, bool cut_off);

/* ---- what is joined to it ---- */

/* Joins the connection to stdin and stdout, until it is done with or lost. */
void connect_pipe_join(struct pipe_run *run);

/* Joins it to the program of --exec, until both are over. */
void connect_pipe_relay(struct pipe_run *run);

#endif
