/* connect --probe: many connections at once, each made, reported and closed; perhaps again. */
#include "cmd/connect/probe.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/connect/privilege.h"
#include "cmd/connect/probe_internal.h"
#include "cmd/connect/tell.h"
#include "cmd/look_up.h"

enum {
	/*
	 * Checks have the same deadline as the run, and know what they have come to by then: in its
	 * round of the loop, and what only the loop says in the next one.
	 */
	LATE_ROUNDS = 2,
};

static void deadline_due(struct skt_timer *timer)
{
	struct probe_run *run = SKT_CONTAINER(timer, struct probe_run, deadline);

	run->tries.over = true;
	if (run->late_rounds++ < LATE_ROUNDS) {
		skt_timer_set(&run->loop, &run->deadline, 0);
		return;
	}
	for (size_t i = 0; i < run->count; i++)
		if (!run->probes[i].finished)
			connect_probe_end(&run->probes[i]);
	if (!connect_probe_repeats(run))
		connect_probe_print_in_order(run);
	skt_loop_stop(&run->loop);
}

static void signalled(struct skt_signals *signals, int signo)
{
	struct probe_run *run = SKT_CONTAINER(signals, struct probe_run, signals);

	run->signal = signo;
	skt_loop_stop(&run->loop);
}

/* A probe for each aim. */
static int prepare(struct probe_run *run, struct skt_err *err)
{
	size_t count = run->aims.list.len;

	(void)skt_fail(err, ENOMEM, "probe");
	run->probes = calloc(count + 1, sizeof(*run->probes));
	if (!run->probes || connect_tries_init(&run->tries, count))
		return -ENOMEM;
	for (run->count = 0; run->count < count; run->count++) {
		const struct connect_aim *aim = &run->aims.list.data[run->count];

		run->probes[run->count] = (struct probe){.run = run,
			.try = {.tries = &run->tries, .aim = aim},
			.timer = {.handler = connect_probe_due}};
		connect_widths_take(&run->widths, aim->endpoint, aim->text);
	}
	return 0;
}

static void begin(struct probe_run *run)
{
	run->unfinished = run->count;
	for (size_t i = 0; i < run->count; i++)
		connect_tries_add(&run->probes[i].try);
	skt_timer_set(&run->loop, &run->deadline, run->deadline_ns);
	connect_tries_start(&run->tries);
}

static int open_all(struct probe_run *run, struct skt_err *err)
{
	int r = skt_services_open(run->ctx->services_path, &run->services);

	run->signals.handler = signalled;
	if (r == 0)
		r = skt_signals_open(
			&run->loop, &run->signals, &run->ctx->endings, run->ctx->interrupted);
	if (r == 0)
		r = skt_resolver_open(&run->loop, NULL, NULL, &run->resolver);
	if (r == 0 && run->options->rows.resolve)
		r = skt_host_names_open(
			&run->loop, connect_probe_names_came, run, NULL, &run->names);
	run->checks = (struct connect_checks){
		.options = run->options,
		.log = &run->log,
		.loop = &run->loop,
		.resolver = run->resolver,
		.plan = &run->plan,
		.arena = &run->arena,
	};
	if (r)
		return skt_fail(err, -r, "cannot begin");
	return run->options->tls.tls
		? skt_tls_client_open(&run->options->tls.client, &run->options->tls.common, true,
			  &run->checks.tls, err)
		: 0;
}

static void close_all(struct probe_run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		skt_timer_remove(&run->probes[i].timer);
		connect_try_fini(&run->probes[i].try);
		connect_statistics_fini(&run->probes[i].statistics);
	}
	free(run->probes);
	connect_tries_fini(&run->tries);
	connect_aims_fini(&run->aims);
	skt_timer_remove(&run->deadline);
	skt_tls_context_free(run->checks.tls);
	skt_chain_plan_fini(&run->plan);
	skt_resolver_free(run->resolver);
	skt_signals_close(&run->signals);
	skt_loop_fini(&run->loop);
	skt_services_free(run->services);
	skt_host_names_free(run->names);
	skt_arena_fini(&run->arena);
}

static int status_of(const struct probe_run *run)
{
	int status = SKT_EXIT_YES;

	for (size_t i = 0; i < run->count; i++) {
		if (run->probes[i].local_error)
			return SKT_EXIT_TROUBLE;
		if (!run->probes[i].succeeded)
			status = SKT_EXIT_NO;
	}
	return status;
}

static int run_all(struct probe_run *run)
{
	const struct connect_options *o = run->options;
	int status = SKT_EXIT_TROUBLE, r;

	run->rows = o->rows;
	run->rows.width_of = connect_row_width;
	run->rows.width_arg = &run->widths;
	if (skt_rows_begin(
		    &run->rows, run->ctx, sizeof(struct connect_row), &run->sink, &run->output))
		return status;
	begin(run);
	connect_probe_begin_waiting(run);
	r = run->loop.stopped ? 0 : skt_loop_run(&run->loop);
	skt_waiting_end(&run->waiting);
	skt_progress_erase(&run->progress);
	if (r)
		connect_tell_loop_broken(&run->log, r);
	status = skt_tls_common_conclude(
		&o->tls.common, run->checks.tls, &run->log, r ? SKT_EXIT_TROUBLE : status_of(run));
	status = skt_rows_end(run->ctx, &run->sink, run->output, status);
	if (connect_probe_repeats(run))
		for (size_t i = 0; i < run->count; i++)
			connect_statistics_report(
				&run->probes[i].statistics, run->aims.list.data[i].text, &run->log);
	return status;
}

int connect_probe(const struct connect_options *o, const struct skt_context *ctx)
{
	struct probe_run run = {
		.options = o,
		.ctx = ctx,
		.deadline = {.handler = deadline_due},
		.tries = {.begin = connect_probe_begin_row, .done = connect_probe_tried},
	};
	uint64_t now = skt_clock_ns();
	int status, r, signo;
	struct skt_err err;
	bool opened;

	run.widths.udp = o->udp;
	run.widths.tls = o->tls.tls;
	skt_event_log_init(&run.log, ctx, &o->events);
	skt_waiting_open(&run.progress, ctx);
	run.log.progress = &run.progress;
	run.unnamed_tail = &run.unnamed;
	run.deadline_ns =
		o->limits.timeout_ns ? skt_clock_add(now, o->limits.timeout_ns) : SKT_NEVER;
	run.tries.until_ns = o->wait ? SKT_MIN(skt_clock_add(now, o->wait_ns), run.deadline_ns)
				     : run.deadline_ns;
	run.tries.checks = &run.checks;
	r = skt_loop_init(&run.loop);
	if (r) {
		skt_event_tell(
			&run.log, SKT_EVENT_ERROR, "failed", "cannot begin: %s", strerror(-r));
		return SKT_EXIT_TROUBLE;
	}
	r = open_all(&run, &err);
	opened = r == 0;
	if (opened)
		r = skt_chain_plan(&o->chain, ctx, &run.plan, &err);
	if (r == 0) {
		run.plan.resolver = run.resolver;
		connect_confine(o, &run.plan, ctx, &run.log);
		r = connect_aims_find(o, &run.plan, run.services, &run.arena, &run.aims, &err);
	}
	if (r == 0)
		r = prepare(&run, &err);
	if (r) {
		skt_event_tell(&run.log, SKT_EVENT_ERROR, "failed", "%s", err.text);
		/* Of the aims, a service that is not known. */
		status = opened ? skt_look_up_status(r) : SKT_EXIT_TROUBLE;
	} else {
		status = run_all(&run);
	}
	signo = run.signal;
	close_all(&run);
	skt_event_log_fini(&run.log);
	if (signo)
		(void)raise(signo);
	return status;
}
