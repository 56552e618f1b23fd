/* What the one connection is joined to: stdin and stdout, until it is done with or lost. */
#include "cmd/connect/pipe_internal.h"

#include <signal.h>
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

static void relay_done(struct connect_relay *relay)
{
	struct pipe_run *run = SKT_CONTAINER(relay, struct pipe_run, relay);

	run->status = relay->status;
	run->signal = relay->signo;
	skt_loop_stop(&run->loop);
}

/* The program finds signals as this one did. */
static void keep_signals(const struct pipe_run *run, struct skt_program *program)
{
	void (*sigchld)(int) = signal(SIGCHLD, SIG_DFL);

	program->mask = run->signals.before;
	program->changed = run->ctx->endings;
	(void)sigaddset(&program->changed, SIGPIPE);
	(void)sigaddset(&program->changed, SIGCHLD);
	(void)sigemptyset(&program->ignored);
	if (run->sigpipe.sa_handler == SIG_IGN)
		(void)sigaddset(&program->ignored, SIGPIPE);
	if (sigchld == SIG_IGN)
		(void)sigaddset(&program->ignored, SIGCHLD);
	(void)getrlimit(RLIMIT_NOFILE, &program->nofile);
}

void connect_pipe_relay(struct pipe_run *run)
{
	const struct connect_row_tls *row = &run->row.tls;
	const char *name = run->tls_steps.name.text;
	const struct skt_exec_tls tls = {
		row->version, row->cipher, row->alpn, name[0] ? name : NULL, row->subject};
	struct skt_err err;

	run->relay.loop = &run->loop;
	run->relay.log = &run->log;
	run->relay.connection = &run->connection;
	run->relay.done = relay_done;
	keep_signals(run, &run->relay.program);
	if (connect_relay_start(&run->relay, run->options->exec, run->tls ? &tls : NULL, &err) == 0)
		return;
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", err.text);
	skt_loop_stop(&run->loop);
}
