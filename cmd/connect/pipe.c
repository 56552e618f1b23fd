/* connect without --probe: one connection, joined to stdin and stdout or given to a program. */
#include "cmd/connect/pipe.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/connect/confirm.h"
#include "cmd/connect/exec.h"
#include "cmd/connect/hint.h"
#include "cmd/connect/redial.h"
#include "cmd/connect/row.h"
#include "cmd/connect/tell.h"
#include "cmd/connect/tls_row.h"
#include "cmd/connect/tls_steps.h"
#include "cmd/look_up.h"
#include "cmd/stream/session.h"
#include "cmd/waiting.h"
#include "net/keepalive.h"
#include "net/opening.h"

#define CONNECT_TIMEOUT_NS (30 * SKT_NS_PER_SEC)

/* Between two tries of --wait, and of --reconnect. */
#define RETRY_FIRST_NS (50 * SKT_NS_PER_MS)
#define RETRY_LAST_NS (500 * SKT_NS_PER_MS)
#define RECONNECT_LAST_NS (5 * SKT_NS_PER_SEC)

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
	struct connect_tls_steps tls_steps;
	int signal; /* that ends the run */
	enum skt_exit status;
	bool joined; /* the session was begun */
};

static const struct skt_endpoint *endpoint_of(const struct pipe_run *run)
{
	return &run->options->targets.data[0].endpoint;
}

/* ---- --timing ---- */

/* On stderr, since stdout is payload. */
static void report_timing(struct pipe_run *run)
{
	struct skt_context ctx = *run->ctx;
	struct skt_output *output;
	struct skt_sink sink;

	ctx.out = STDERR_FILENO;
	if (skt_rows_begin(&run->options->rows, &ctx, sizeof(run->row), &sink, &output))
		return;
	(void)skt_output_row(output, &run->row);
	(void)skt_rows_end(&ctx, &sink, output, SKT_EXIT_YES);
}

static void fill_session(struct pipe_run *run)
{
	struct connect_row *row = &run->row;
	const struct skt_pump *down = &run->session.joint.back;

	connect_row_of_socket(row, run->connection.fd);
	row->total_us = (skt_clock_ns() - run->start_ns) / SKT_NS_PER_US;
	row->sent = skt_session_sent(&run->session);
	row->received = skt_session_received(&run->session);
	row->present |= UINT64_C(1) << CONNECT_HAS_BYTES;
	if (!down->first_ns)
		return;
	row->first_byte_us = (down->first_ns - run->start_ns) / SKT_NS_PER_US;
	row->present |= UINT64_C(1) << CONNECT_HAS_FIRST_BYTE;
}

static void fill_dial(struct pipe_run *run, int result)
{
	const struct skt_endpoint *endpoint = endpoint_of(run);
	char text[SKT_ENDPOINT_TEXT_MAX];

	(void)skt_endpoint_text(endpoint, text);
	run->row.endpoint = skt_arena_text(&run->arena, text, strlen(text));
	run->row.proto = connect_proto(endpoint, false);
	if (endpoint->kind == SKT_ENDPOINT_INET) {
		run->row.port = run->port;
		run->row.present |= UINT64_C(1) << CONNECT_HAS_PORT;
	}
	connect_row_of_dial(&run->row, &run->dial, result, true, &run->arena);
	connect_row_of_chain(&run->row, &run->chain, endpoint);
}

/* ---- the connection ---- */

static void tell_connected(const struct pipe_run *run)
{
	connect_tell_connected(&run->log, &run->dial, endpoint_of(run), run->connection.fd);
	if (run->redial.losses)
		skt_event_tell(&run->log, SKT_EVENT_NOTICE, "reconnected", "connected again");
}

/* Lets go of the connection; what was joined to it stays as it is. */
static void disconnect(struct pipe_run *run, bool cut_off)
{
	skt_opening_cancel(&run->opening);
	skt_chain_fini(&run->chain);
	skt_session_fini(&run->session);
	skt_keepalive_stop(&run->keepalive);
	connect_confirm_stop(&run->confirm);
	if (cut_off)
		skt_connection_abort(&run->connection);
	else
		skt_connection_close(&run->connection);
	connect_tls_steps_fini(&run->tls_steps);
}

/* People are told what they wait for, unless they want to be told of errors only. */
static void begin_waiting(struct pipe_run *run, uint64_t until_ns)
{
	char text[SKT_ENDPOINT_TEXT_MAX];

	if (run->log.json || !skt_event_wanted(&run->log, SKT_EVENT_NOTICE))
		return;
	(void)snprintf(run->what, sizeof(run->what), "connecting to %s",
		skt_endpoint_text(endpoint_of(run), text));
	skt_waiting_begin(&run->waiting, &run->progress, run->what, until_ns);
	skt_waiting_run(&run->waiting, &run->loop);
}

/* Whether it is tried again; then that is on its way. */
static bool redial(struct pipe_run *run)
{
	uint64_t when_ns;

	if (!connect_redial_next(&run->redial, skt_clock_ns(), &when_ns))
		return false;
	skt_dial_fini(&run->dial);
	skt_timer_set(&run->loop, &run->retry, when_ns);
	return true;
}

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
		disconnect(run, session->abort);
		run->joined = false;
		if (redial(run)) {
			begin_waiting(run, run->redial.until_ns);
			return;
		}
		run->status = SKT_EXIT_NO;
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "connect_failed",
			"no connection has lasted: given up");
	}
	connect_confirm_stop(&run->confirm);
	skt_loop_stop(&run->loop);
}

static void join(struct pipe_run *run)
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

static void dial(struct pipe_run *run);

static void retry_due(struct skt_timer *timer)
{
	dial(SKT_CONTAINER(timer, struct pipe_run, retry));
}

/* Whether an attempt that failed with -errno R is repeated. What is no fault of the other side may
 * pass, too, where there was a connection once. */
static bool retry(struct pipe_run *run, int r)
{
	if (skt_dial_is_local(r) && !run->redial.losses)
		return false;
	skt_event_tell(&run->log, SKT_EVENT_DEBUG, "retry", "%s", run->dial.err.text);
	return redial(run);
}

static uint64_t connect_timeout(const struct pipe_run *run)
{
	uint64_t ns = run->options->connect_timeout_ns;

	return ns ? ns : CONNECT_TIMEOUT_NS;
}

static void confirmed(struct connect_confirm *confirm, bool is_there, uint64_t rtt_ns)
{
	struct pipe_run *run = SKT_CONTAINER(confirm, struct pipe_run, confirm);
	char text[SKT_ENDPOINT_TEXT_MAX];
	struct skt_err err;

	if (is_there) {
		run->dial.winner->end_ns = run->dial.winner->start_ns + rtt_ns;
		fill_dial(run, run->connection.fd);
		tell_connected(run);
		if (run->options->exec)
			skt_loop_stop(&run->loop);
		return;
	}
	disconnect(run, true);
	if (run->redial.losses && redial(run))
		return;
	(void)skt_fail(
		&err, ETIMEDOUT, "connect %.160s", skt_endpoint_text(endpoint_of(run), text));
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "connect_failed", "%s", err.text);
	connect_row_fail(&run->row, -ETIMEDOUT, false, &run->arena);
	run->status = SKT_EXIT_NO;
	skt_loop_stop(&run->loop);
}

/* No connection came about: the last word on it. */
static void give_up(struct pipe_run *run, int r, const struct skt_err *err, bool local)
{
	fill_dial(run, r);
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "connect_failed", "%s%s%s",
		run->redial.losses ? "connecting again was given up: " : "", err->text,
		connect_hint(endpoint_of(run), r));
	run->status = local ? SKT_EXIT_TROUBLE : SKT_EXIT_NO;
	skt_loop_stop(&run->loop);
}

/* The handshake of --fastopen is waited for beside all else. */
static void await_confirmation(struct pipe_run *run)
{
	run->confirm = (struct connect_confirm){
		.done = confirmed, .loop = &run->loop, .fd = run->connection.fd};
	connect_confirm_start(&run->confirm,
		SKT_MIN(skt_clock_add(run->dial.start_ns, connect_timeout(run)), run->deadline_ns));
}

/* What came of TLS; to whoever did not want to know it, that nobody knows who is there. */
static void tell_tls(struct pipe_run *run)
{
	const struct skt_opening_step *step = &run->tls_steps.tls.step;
	const struct connect_row_tls *tls = &run->row.tls;

	(void)connect_row_of_tls(&run->row, skt_tls_step_session(&run->tls_steps.tls),
		&run->options->tls, step->end_ns - step->start_ns,
		(int64_t)(skt_clock_real_ns() / SKT_NS_PER_SEC), &run->arena);
	skt_event_tell(&run->log, SKT_EVENT_DETAIL, "tls", "%s, %s%s%s: %s is %s", tls->version,
		tls->cipher, tls->alpn ? ", " : "", tls->alpn ? tls->alpn : "", tls->subject,
		run->row.reason);
	if (!tls->verified)
		skt_event_tell(&run->log, SKT_EVENT_NOTICE, "insecure",
			"--insecure: anybody may be at the other side: its certificate %s",
			tls->why);
}

/* TLS did not come about: what there is to be done about it, where that is known. */
static void advise(struct pipe_run *run, struct skt_err *err)
{
	const struct skt_tls_session *session = skt_tls_step_session(&run->tls_steps.tls);
	size_t used = strlen(err->text);

	if (err->domain == SKT_ERR_TLS && err->code == SKT_TLS_UNVERIFIED)
		(void)snprintf(err->text + used, sizeof(err->text) - used, "%s",
			connect_tls_advice(skt_tls_session_verdict(session)));
}

static void opened(struct skt_opening *opening, int r)
{
	struct pipe_run *run = SKT_CONTAINER(opening, struct pipe_run, opening);
	int fd = run->connection.fd;

	if (r) {
		advise(run, &opening->err);
		disconnect(run, true);
		/* Who is not the right one will not become so. */
		if (r == -EACCES || !redial(run))
			give_up(run, r, &opening->err, r == -ENOMEM);
		return;
	}
	skt_waiting_end(&run->waiting);
	skt_chain_tell(&run->chain, &run->log);
	fill_dial(run, fd);
	if (run->tls)
		tell_tls(run);
	if (connect_is_confirmed(fd))
		tell_connected(run);
	else
		await_confirmation(run);
	if (!run->options->exec)
		join(run);
	else if (!connect_is_confirmed(fd))
		/* The program gets a connection: the SYN goes without data, and is waited for. */
		(void)!send(fd, NULL, 0, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		skt_loop_stop(&run->loop);
}

static void dialled(struct skt_dial *done, int fd)
{
	struct pipe_run *run = SKT_CONTAINER(done, struct pipe_run, dial);
	const struct skt_attempt *winner = done->winner;

	connect_tell_attempts(&run->log, done);
	if (fd < 0) {
		if (skt_chain_first(&run->plan, endpoint_of(run)))
			skt_err_prefix(&done->err, "proxy");
		if (!retry(run, fd))
			give_up(run, fd, &done->err, skt_dial_is_local(fd));
		return;
	}
	skt_connection_init(&run->connection, fd, &(struct skt_place){winner->addr, winner->port});
	run->opening = (struct skt_opening){
		.done = opened, .loop = &run->loop, .connection = &run->connection};
	if (skt_chain_add(
		    &run->chain, &run->plan, &run->opening, endpoint_of(run), run->port, NULL)) {
		give_up(run, -ENOMEM, &run->opening.err, true);
		return;
	}
	if (run->tls)
		connect_tls_steps_add(&run->tls_steps, &run->opening, &run->options->tls,
			endpoint_of(run), run->tls, false);
	skt_opening_start(&run->opening,
		SKT_MIN(skt_clock_add(done->start_ns, connect_timeout(run)), run->deadline_ns));
}

static void dial(struct pipe_run *run)
{
	const struct connect_options *o = run->options;
	const struct skt_dial_options options = connect_dial_options(o);
	const struct skt_proxy *first = skt_chain_first(&run->plan, endpoint_of(run));
	uint64_t now = skt_clock_ns(), deadline_ns;
	struct skt_err err;
	int r;

	deadline_ns = SKT_MIN(run->deadline_ns, skt_clock_add(now, connect_timeout(run)));
	deadline_ns = SKT_MIN(deadline_ns, SKT_MAX(run->redial.until_ns, now + 1));
	run->dial = (struct skt_dial){.done = dialled};
	r = skt_dial_start(&run->dial, &run->loop, run->resolver,
		first ? &first->endpoint : endpoint_of(run),
		first ? first->endpoint.port : run->port, &options, deadline_ns, &err);
	if (r == 0)
		return;
	run->dial.err = err;
	if (run->redial.losses && retry(run, r))
		return;
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", err.text);
	skt_loop_stop(&run->loop);
}

/* ---- the run ---- */

static void signalled(struct skt_signals *signals, int signo)
{
	struct pipe_run *run = SKT_CONTAINER(signals, struct pipe_run, signals);

	run->signal = signo;
	skt_loop_stop(&run->loop);
}

static int find_port(struct pipe_run *run)
{
	struct skt_services *services;
	struct skt_err err;
	int r = skt_services_open(run->ctx->services_path, &services);

	if (r) {
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", strerror(-r));
		return SKT_EXIT_TROUBLE;
	}
	r = skt_resolve_port(endpoint_of(run), services, SKT_SERVICE_TCP, &run->port, &err);
	skt_services_free(services);
	if (r == 0)
		return SKT_EXIT_YES;
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", err.text);
	return skt_look_up_status(r);
}

/* All that can fail before anybody is asked. */
static int prepare_tls(struct pipe_run *run)
{
	const struct connect_tls_options *tls = &run->options->tls;
	struct skt_err err;
	int r = tls->tls ? connect_tls_open(tls, tls->insecure, &run->tls, &err) : 0;

	if (r)
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", err.text);
	return r;
}

static int prepare(struct pipe_run *run)
{
	const struct connect_options *o = run->options;
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct skt_err err;
	int r;

	(void)sigaction(SIGPIPE, &ignore, &run->sigpipe);
	r = prepare_tls(run);
	if (r)
		return r;
	r = skt_record_open(&run->record, o->record, o->append);
	skt_record_dump(&run->record, o->pipe.dump, 0);
	if (r) {
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "--record %s: %s", o->record,
			strerror(-r));
		return r;
	}
	r = skt_chain_plan(&o->chain, run->ctx, &run->plan, &err);
	if (r) {
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", err.text);
		return r;
	}
	r = skt_loop_init(&run->loop);
	if (r == 0) {
		run->signals.handler = signalled;
		r = skt_signals_open(
			&run->loop, &run->signals, &run->ctx->endings, run->ctx->interrupted);
		if (r == 0)
			r = skt_resolver_open(&run->loop, NULL, NULL, &run->resolver);
		if (r)
			skt_loop_fini(&run->loop);
	}
	if (r)
		skt_event_tell(
			&run->log, SKT_EVENT_ERROR, "failed", "cannot begin: %s", strerror(-r));
	return r;
}

static void release(struct pipe_run *run)
{
	/* A signal cuts off as a timeout does. */
	disconnect(run, run->session.abort || (run->joined && run->signal));
	skt_dial_fini(&run->dial);
	skt_timer_remove(&run->retry);
	skt_tls_context_free(run->tls);
	skt_resolver_free(run->resolver);
	skt_signals_close(&run->signals);
	skt_loop_fini(&run->loop);
}

/* What is left to be said and done once the connection is over. */
static int conclude(struct pipe_run *run)
{
	int r;

	if (run->joined) {
		fill_session(run);
		connect_tell_closed(&run->log, &run->session);
	}
	if (connect_redial_report(&run->redial, run->joined ? run->session.lost : 0, &run->log) &&
		run->status == SKT_EXIT_YES)
		run->status = SKT_EXIT_NO;
	if (run->options->timing)
		report_timing(run);
	r = skt_record_close(&run->record);
	if (r) {
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "record_broken", "--record %s: %s",
			run->options->record, strerror(-r));
		run->status = SKT_EXIT_TROUBLE;
	}
	return (int)run->status;
}

static void begin_redial(struct pipe_run *run)
{
	const struct connect_options *o = run->options;

	run->redial.first_ns = RETRY_FIRST_NS;
	run->redial.last_ns = o->reconnect_ns ? RECONNECT_LAST_NS : RETRY_LAST_NS;
	connect_redial_begin(&run->redial,
		o->wait ? SKT_MIN(skt_clock_add(run->start_ns, o->wait_ns), run->deadline_ns)
			: SKT_NEVER,
		RETRY_FIRST_NS);
}

int connect_pipe(const struct connect_options *o, const struct skt_context *ctx)
{
	struct pipe_run run = {
		.options = o,
		.ctx = ctx,
		.retry = {.handler = retry_due},
		.redial = {.patience_ns = o->reconnect_ns},
		.connection = {.fd = -1},
		.status = SKT_EXIT_TROUBLE,
		.session = {.null_fd = -1},
	};
	int status;

	skt_event_log_init(&run.log, ctx, &o->events);
	skt_waiting_open(&run.progress, ctx);
	run.log.progress = &run.progress;
	status = find_port(&run);
	if (status != SKT_EXIT_YES)
		return status;
	if (prepare(&run)) {
		(void)skt_record_close(&run.record);
		skt_tls_context_free(run.tls);
		return SKT_EXIT_TROUBLE;
	}
	run.start_ns = skt_clock_ns();
	run.row.time_ns = skt_clock_real_ns();
	run.row.seq = 1;
	run.deadline_ns = o->limits.timeout_ns ? skt_clock_add(run.start_ns, o->limits.timeout_ns)
					       : SKT_NEVER;
	begin_redial(&run);
	begin_waiting(&run,
		SKT_MIN(run.deadline_ns,
			o->wait ? run.redial.until_ns
				: skt_clock_add(run.start_ns, connect_timeout(&run))));
	dial(&run);
	if (!run.loop.stopped)
		(void)skt_loop_run(&run.loop);
	skt_waiting_end(&run.waiting);
	if (run.connection.fd >= 0 && o->exec && !run.signal && run.status != SKT_EXIT_NO) {
		/* The program shall find signals as this one did. */
		skt_signals_close(&run.signals);
		status = (int)connect_exec(o->exec, run.connection.fd, &run.sigpipe, &run.log);
	} else {
		status = conclude(&run);
	}
	release(&run);
	skt_arena_fini(&run.arena);
	skt_event_log_fini(&run.log);
	(void)sigaction(SIGPIPE, &run.sigpipe, NULL);
	if (run.session.out_gone) {
		/* As any program whose reader has gone: quietly, unless that was switched off. */
		(void)raise(SIGPIPE);
		skt_warn(ctx, "cannot write to standard output: %s", strerror(EPIPE));
	}
	if (run.signal)
		(void)raise(run.signal);
	return status;
}
