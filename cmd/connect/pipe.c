/* connect without --probe: one connection, joined to stdin and stdout or given to a program. */
#include "cmd/connect/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/connect/confirm.h"
#include "cmd/connect/hint.h"
#include "cmd/connect/row.h"
#include "cmd/report.h"
#include "cmd/stream/exec.h"
#include "cmd/stream/session.h"
#include "net/keepalive.h"
#include "net/socket.h"
#include "out/terminal.h"

#define CONNECT_TIMEOUT_NS (30 * SKT_NS_PER_SEC)

/* Between two tries of --wait. */
#define RETRY_FIRST_NS (50 * SKT_NS_PER_MS)
#define RETRY_LAST_NS (500 * SKT_NS_PER_MS)

struct pipe_run {
	const struct connect_options *options;
	const struct skt_context *ctx;
	struct skt_event_log log;
	struct skt_progress progress;
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
	uint64_t start_ns, deadline_ns, wait_until_ns, retry_ns;
	uint16_t port;
	int fd;     /* of the connection, or -1 */
	int signal; /* that ends the run */
	enum skt_exit status;
	bool joined; /* the session was begun */
};

/* ---- what is told ---- */

static void put_end(char *text, size_t size, const struct skt_addr *addr, uint16_t port)
{
	char plain[SKT_ADDR_TEXT_MAX];
	bool v6 = addr->family == AF_INET6;

	(void)snprintf(text, size, "%s%s%s:%u", v6 ? "[" : "", skt_addr_text(addr, plain),
		v6 ? "]" : "", port);
}

static void tell_attempts(const struct pipe_run *run)
{
	char end[SKT_ADDR_TEXT_MAX + 16], time[SKT_SHORT_MAX];

	for (const struct skt_attempt *a = run->dial.attempts; a; a = a->next) {
		struct skt_event event;

		if (a->addr.family == AF_UNSPEC || a->state == SKT_ATTEMPT_WON)
			continue;
		put_end(end, sizeof(end), &a->addr, a->port);
		skt_event_begin(&event, &run->log, SKT_EVENT_DETAIL, "attempt_failed");
		skt_event_add_end(&event, "remote", &a->addr, a->port);
		skt_event_add_number(
			&event, "duration_us", (a->end_ns - a->start_ns) / SKT_NS_PER_US);
		skt_event_end(&event, "%s: %s after %s", end,
			a->error ? strerror(a->error) : "given up, another address was faster",
			skt_short_time(a->end_ns - a->start_ns, time));
	}
}

static void tell_connected(const struct pipe_run *run)
{
	const struct skt_attempt *winner = run->dial.winner;
	char local[SKT_ADDR_TEXT_MAX + 16], remote[SKT_ADDR_TEXT_MAX + 16], time[SKT_SHORT_MAX];
	char name[SKT_ENDPOINT_TEXT_MAX];
	struct connect_row row = {0};
	struct skt_event event;

	skt_event_begin(&event, &run->log, SKT_EVENT_DETAIL, "connected");
	skt_event_add_text(&event, "endpoint",
		skt_endpoint_text(&run->options->targets.data[0].endpoint, name));
	skt_event_add_end(&event, "remote", &winner->addr, winner->port);
	connect_row_of_socket(&row, run->fd);
	skt_event_add_end(&event, "local", &row.local_address, row.local_port);
	skt_event_add_number(
		&event, "duration_us", (winner->end_ns - run->dial.start_ns) / SKT_NS_PER_US);
	(void)skt_short_time(winner->end_ns - winner->start_ns, time);
	if (winner->addr.family == AF_UNSPEC) {
		skt_event_end(&event, "connected to %s", name);
		return;
	}
	put_end(local, sizeof(local), &row.local_address, row.local_port);
	put_end(remote, sizeof(remote), &winner->addr, winner->port);
	skt_event_end(&event, "connected to %s from %s in %s%s", remote, local, time,
		winner->mptcp ? " (MPTCP)" : "");
}

static void tell_closed(const struct pipe_run *run)
{
	uint64_t sent = skt_session_sent(&run->session);
	uint64_t received = skt_session_received(&run->session);
	uint64_t ns = skt_clock_ns() - run->session.start_ns;
	char texts[3][SKT_SHORT_MAX];
	struct skt_event event;

	skt_event_begin(&event, &run->log, SKT_EVENT_DETAIL, "closed");
	skt_event_add_number(&event, "sent", sent);
	skt_event_add_number(&event, "received", received);
	skt_event_add_number(&event, "duration_us", ns / SKT_NS_PER_US);
	skt_event_end(&event, "closed after %s: %llu bytes sent (%s), %llu received (%s)",
		skt_short_time(ns, texts[0]), (unsigned long long)sent,
		skt_pump_path_name(run->session.joint.there.path), (unsigned long long)received,
		skt_pump_path_name(run->session.joint.back.path));
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

	connect_row_of_socket(row, run->fd);
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
	const struct skt_endpoint *endpoint = &run->options->targets.data[0].endpoint;
	char text[SKT_ENDPOINT_TEXT_MAX];

	(void)skt_endpoint_text(endpoint, text);
	run->row.endpoint = skt_arena_text(&run->arena, text, strlen(text));
	run->row.proto = connect_proto(endpoint, false);
	if (endpoint->kind == SKT_ENDPOINT_INET) {
		run->row.port = run->port;
		run->row.present |= UINT64_C(1) << CONNECT_HAS_PORT;
	}
	connect_row_of_dial(&run->row, &run->dial, result, true, &run->arena);
}

/* ---- the connection ---- */

static void session_done(struct skt_session *session)
{
	struct pipe_run *run = SKT_CONTAINER(session, struct pipe_run, session);

	run->status = session->status;
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
		.fastopen = o->socket.fastopen && run->dial.winner->addr.family != AF_UNSPEC,
		.fd = run->fd,
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
		skt_keepalive_start(&run->keepalive, &run->loop, run->fd, o->socket.keepalive_s);
}

/* The program takes the place of this one, and has its exit status. */
static enum skt_exit exec(struct pipe_run *run)
{
	char **argv = NULL, **environment = NULL;
	struct skt_err err = {0};
	int r;

	r = skt_exec_words(run->options->exec, &argv, &err);
	if (r == 0)
		r = skt_exec_environment(run->fd, NULL, environ, &environment);
	if (r == 0) {
		(void)sigaction(SIGPIPE, &run->sigpipe, NULL);
		(void)fcntl(run->fd, F_SETFL, fcntl(run->fd, F_GETFL) & ~O_NONBLOCK);
		if (dup2(run->fd, STDIN_FILENO) >= 0 && dup2(run->fd, STDOUT_FILENO) >= 0)
			(void)execvpe(argv[0], argv, environment);
		(void)skt_fail(&err, errno, "run %.128s", argv[0]);
	} else if (!err.code) {
		(void)skt_fail(&err, -r, "run %.128s", run->options->exec);
	}
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", err.text);
	skt_exec_free(argv);
	skt_exec_free(environment);
	return SKT_EXIT_TROUBLE;
}

static void dial(struct pipe_run *run);

static void retry_due(struct skt_timer *timer)
{
	dial(SKT_CONTAINER(timer, struct pipe_run, retry));
}

/* Whether --wait goes on; then the next try is on its way. */
static bool retry(struct pipe_run *run, int r)
{
	uint64_t now = skt_clock_ns();

	if (!run->options->wait || skt_dial_is_local(r) || now >= run->wait_until_ns)
		return false;
	skt_event_tell(&run->log, SKT_EVENT_DEBUG, "retry", "%s", run->dial.err.text);
	skt_dial_fini(&run->dial);
	run->retry_ns = SKT_MIN(2 * run->retry_ns, RETRY_LAST_NS);
	skt_timer_set(&run->loop, &run->retry, SKT_MIN(now + run->retry_ns, run->wait_until_ns));
	return true;
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
		fill_dial(run, run->fd);
		tell_connected(run);
		return;
	}
	skt_session_stop(&run->session);
	(void)skt_fail(&err, ETIMEDOUT, "connect %.160s",
		skt_endpoint_text(&run->options->targets.data[0].endpoint, text));
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "connect_failed", "%s", err.text);
	connect_row_fail(&run->row, -ETIMEDOUT, false, &run->arena);
	run->status = SKT_EXIT_NO;
	skt_loop_stop(&run->loop);
}

static void dialled(struct skt_dial *done, int fd)
{
	struct pipe_run *run = SKT_CONTAINER(done, struct pipe_run, dial);

	tell_attempts(run);
	if (fd < 0) {
		if (retry(run, fd))
			return;
		fill_dial(run, fd);
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "connect_failed", "%s%s",
			run->dial.err.text,
			connect_hint(&run->options->targets.data[0].endpoint, fd));
		run->status = skt_dial_is_local(fd) ? SKT_EXIT_TROUBLE : SKT_EXIT_NO;
		skt_loop_stop(&run->loop);
		return;
	}
	run->fd = fd;
	fill_dial(run, fd);
	if (connect_is_confirmed(fd)) {
		tell_connected(run);
	} else if (!run->options->exec) {
		run->confirm =
			(struct connect_confirm){.done = confirmed, .loop = &run->loop, .fd = fd};
		connect_confirm_start(&run->confirm,
			SKT_MIN(skt_clock_add(done->start_ns, connect_timeout(run)),
				run->deadline_ns));
	}
	if (run->options->exec)
		skt_loop_stop(&run->loop);
	else
		join(run);
}

static void dial(struct pipe_run *run)
{
	const struct connect_options *o = run->options;
	const struct skt_dial_options options = connect_dial_options(o);
	uint64_t deadline_ns =
		SKT_MIN(run->deadline_ns, skt_clock_add(skt_clock_ns(), connect_timeout(run)));
	struct skt_err err;
	int r;

	if (o->wait)
		deadline_ns = SKT_MIN(deadline_ns, SKT_MAX(run->wait_until_ns, skt_clock_ns() + 1));
	run->dial = (struct skt_dial){.done = dialled};
	r = skt_dial_start(&run->dial, &run->loop, run->resolver, &o->targets.data[0].endpoint,
		run->port, &options, deadline_ns, &err);
	if (r == 0)
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
	r = skt_resolve_port(&run->options->targets.data[0].endpoint, services, SKT_SERVICE_TCP,
		&run->port, &err);
	skt_services_free(services);
	if (r == 0)
		return SKT_EXIT_YES;
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", err.text);
	return r == -ENOENT ? SKT_EXIT_NO : SKT_EXIT_TROUBLE;
}

/* All that can fail before anybody is asked. */
static int prepare(struct pipe_run *run)
{
	const struct connect_options *o = run->options;
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	int r;

	(void)sigaction(SIGPIPE, &ignore, &run->sigpipe);
	r = skt_record_open(&run->record, o->record, o->append);
	skt_record_dump(&run->record, o->pipe.dump, 0);
	if (r) {
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "--record %s: %s", o->record,
			strerror(-r));
		return r;
	}
	r = skt_loop_init(&run->loop);
	if (r == 0) {
		run->signals.handler = signalled;
		r = skt_signals_open(&run->loop, &run->signals, &run->ctx->endings);
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
	skt_session_fini(&run->session);
	skt_dial_fini(&run->dial);
	skt_timer_remove(&run->retry);
	skt_keepalive_stop(&run->keepalive);
	connect_confirm_stop(&run->confirm);
	skt_resolver_free(run->resolver);
	if (run->fd >= 0) {
		/* A signal cuts off as a timeout does. */
		if (run->session.abort || (run->joined && run->signal))
			skt_socket_abort(run->fd);
		else
			(void)close(run->fd);
	}
	skt_signals_close(&run->signals);
	skt_loop_fini(&run->loop);
}

/* What is left to be said and done once the connection is over. */
static int conclude(struct pipe_run *run)
{
	int r;

	if (run->joined) {
		fill_session(run);
		tell_closed(run);
	}
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

int connect_pipe(const struct connect_options *o, const struct skt_context *ctx)
{
	struct pipe_run run = {
		.options = o,
		.ctx = ctx,
		.retry = {.handler = retry_due},
		.retry_ns = RETRY_FIRST_NS / 2,
		.fd = -1,
		.status = SKT_EXIT_TROUBLE,
		.session = {.null_fd = -1},
	};
	int status;

	skt_event_log_init(&run.log, ctx, &o->events);
	skt_progress_init(
		&run.progress, STDERR_FILENO, skt_terminal_width(STDERR_FILENO, ctx->columns_env));
	run.log.progress = &run.progress;
	status = find_port(&run);
	if (status != SKT_EXIT_YES)
		return status;
	if (prepare(&run)) {
		(void)skt_record_close(&run.record);
		return SKT_EXIT_TROUBLE;
	}
	run.start_ns = skt_clock_ns();
	run.row.time_ns = skt_clock_real_ns();
	run.row.seq = 1;
	run.deadline_ns = o->limits.timeout_ns ? skt_clock_add(run.start_ns, o->limits.timeout_ns)
					       : SKT_NEVER;
	run.wait_until_ns = SKT_MIN(skt_clock_add(run.start_ns, o->wait_ns), run.deadline_ns);
	dial(&run);
	if (!run.loop.stopped)
		(void)skt_loop_run(&run.loop);
	if (run.fd >= 0 && o->exec && !run.signal) {
		/* The program shall find signals as this one did. */
		skt_signals_close(&run.signals);
		status = (int)exec(&run);
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
