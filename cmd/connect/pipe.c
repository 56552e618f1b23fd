/* connect without --probe: one connection, joined to stdin and stdout or given to a program. */
#include "cmd/connect/pipe.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/connect/exec.h"
#include "cmd/connect/fdpass.h"
#include "cmd/connect/pipe_internal.h"
#include "cmd/connect/privilege.h"
#include "cmd/connect/tell.h"
#include "cmd/look_up.h"

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
	r = skt_resolve_port(
		connect_pipe_endpoint(run), services, SKT_SERVICE_TCP, &run->port, &err);
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
	int r = tls->tls ? skt_tls_client_open(&tls->client, &tls->common, tls->client.insecure,
				   &run->tls, &err)
			 : 0;

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
	r = o->fdpass ? connect_fdpass_check(run->ctx->out, &err) : 0;
	if (r) {
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", err.text);
		return r;
	}
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
		run->plan.resolver = run->resolver;
		if (r) {
			skt_signals_close(&run->signals);
			skt_loop_fini(&run->loop);
		}
	}
	if (r)
		skt_event_tell(
			&run->log, SKT_EVENT_ERROR, "failed", "cannot begin: %s", strerror(-r));
	return r;
}

static void release(struct pipe_run *run)
{
	connect_relay_fini(&run->relay);
	/* A signal cuts off as a timeout does. */
	connect_pipe_disconnect(run, run->session.abort || (run->joined && run->signal));
	skt_dial_fini(&run->dial);
	skt_timer_remove(&run->retry);
	skt_tls_context_free(run->tls);
	skt_chain_plan_fini(&run->plan);
	skt_resolver_free(run->resolver);
	skt_signals_close(&run->signals);
	skt_loop_fini(&run->loop);
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

/* On stderr, since stdout is payload. */
static void report_timing(struct pipe_run *run)
{
	struct skt_context ctx = *run->ctx;
	struct skt_output *output;
	struct skt_sink sink;

	ctx.out = STDERR_FILENO;
	if (skt_rows_begin(&run->options->rows, &ctx, sizeof(run->row), &sink, &output)) {
		run->status = SKT_EXIT_TROUBLE;
		return;
	}
	(void)skt_output_row(output, &run->row);
	run->status = (enum skt_exit)skt_rows_end(&ctx, &sink, output, (int)run->status);
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
	return skt_tls_common_conclude(
		&run->options->tls.common, run->tls, &run->log, (int)run->status);
}

/* The connection becomes another program's. */
static int hand_over(struct pipe_run *run)
{
	const struct connect_options *o = run->options;
	struct skt_err err;

	if (run->connection.stream.layer) {
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed",
			"%s: TLS is on the way, which ends with this process",
			connect_hands_over(o));
		return SKT_EXIT_TROUBLE;
	}
	if (o->exec) {
		/* The program shall find signals as this one did. */
		skt_signals_close(&run->signals);
		return (int)connect_exec(o->exec, run->connection.fd, &run->sigpipe, &run->log);
	}
	if (connect_fdpass(run->ctx->out, run->connection.fd, &err) == 0)
		return SKT_EXIT_YES;
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", err.text);
	return SKT_EXIT_TROUBLE;
}

int connect_pipe(const struct connect_options *o, const struct skt_context *ctx)
{
	struct pipe_run run = {
		.options = o,
		.ctx = ctx,
		.redial = {.patience_ns = o->reconnect_ns},
		.connection = {.fd = -1},
		.status = SKT_EXIT_TROUBLE,
		.session = {.null_fd = -1},
	};
	int status, r;

	skt_event_log_init(&run.log, ctx, &o->events);
	skt_waiting_open(&run.progress, ctx);
	run.log.progress = &run.progress;
	status = find_port(&run);
	if (status != SKT_EXIT_YES)
		return status;
	if (prepare(&run)) {
		(void)skt_record_close(&run.record);
		skt_tls_context_free(run.tls);
		skt_chain_plan_fini(&run.plan);
		return SKT_EXIT_TROUBLE;
	}
	connect_confine(o, &run.plan, ctx, &run.log);
	run.start_ns = skt_clock_ns();
	run.row.time_ns = skt_clock_real_ns();
	run.row.seq = 1;
	run.deadline_ns = o->limits.timeout_ns ? skt_clock_add(run.start_ns, o->limits.timeout_ns)
					       : SKT_NEVER;
	connect_pipe_begin(&run);
	r = run.loop.stopped ? 0 : skt_loop_run(&run.loop);
	if (r) {
		connect_tell_loop_broken(&run.log, r);
		run.status = SKT_EXIT_TROUBLE;
	}
	skt_waiting_end(&run.waiting);
	if (run.connection.fd >= 0 && !run.signal && run.status != SKT_EXIT_NO &&
		connect_hands_over(o) && !run.relay.loop)
		status = hand_over(&run);
	else
		status = conclude(&run);
	release(&run);
	skt_arena_fini(&run.arena);
	skt_event_log_fini(&run.log);
	(void)sigaction(SIGPIPE, &run.sigpipe, NULL);
	if (run.session.out_gone) {
		/* As any program whose reader has gone: quietly, unless that was switched off. */
		(void)raise(SIGPIPE);
		status = skt_output_settle(ctx, -EPIPE, status);
	}
	if (run.signal)
		(void)raise(run.signal);
	return status;
}
