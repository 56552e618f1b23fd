/* What the one connection is joined to: stdin and stdout, until it is done with or lost. */
#include "cmd/connect/pipe_internal.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/connect/tell.h"

static void session_done(struct skt_session *session)
{
	struct pipe_run *run = SKT_CONTAINER(session, struct pipe_run, session);

	run->status = session->status;
	/* It may be over before it was looked at. */
	if (session->status == SKT_EXIT_YES || skt_session_received(session))
		connect_confirm_now(&run->confirm);
	if (session->gone) {
		connect_redial_lost(&run->redial, session, skt_clock_ns(), run->deadline_ns);
		connect_tell_closed(&run->log, session);
		connect_pipe_disconnect(run, session->abort);
		run->joined = false;
		if (connect_pipe_redial(run)) {
			connect_pipe_wait(run, run->redial.until_ns);
			return;
		}
		run->status = SKT_EXIT_NO;
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "connect_failed",
			"no connection has lasted: given up");
	}
	connect_confirm_stop(&run->confirm);
	skt_loop_stop(&run->loop);
}

void connect_pipe_join(struct pipe_run *run)
{
	const struct connect_options *o = run->options;
	struct skt_err err;

	run->session = (struct skt_session){
		.loop = &run->loop,
		.log = &run->log,
		.options = &o->pipe,
		.limits = &o->limits,
		.record = o->record || o->pipe.dump ? &run->record : NULL,
		.fastopen = o->socket.fastopen && !o->tls.tls &&
			run->dial.winner->addr.family != AF_UNSPEC,
		.proxied = run->chain.count != 0,
		.resumes = o->reconnect_ns != 0,
		.connection = &run->connection,
		.in = STDIN_FILENO,
		.out = run->ctx->out,
		.deadline_ns = run->deadline_ns,
		.progress = o->progress ? &run->progress : NULL,
		.done = session_done,
	};
	if (skt_session_start(&run->session, &err)) {
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", err.text);
		skt_loop_stop(&run->loop);
		return;
	}
	run->joined = true;
	if (o->socket.keepalive_s && run->dial.winner->addr.family != AF_UNSPEC)
		skt_keepalive_start(
			&run->keepalive, &run->loop, run->connection.fd, o->socket.keepalive_s);
}
