/* connect --probe: many connections at once, each made, reported and closed; perhaps again. */
#include "cmd/connect/probe.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/connect/aims.h"
#include "cmd/connect/columns.h"
#include "cmd/connect/privilege.h"
#include "cmd/connect/row.h"
#include "cmd/connect/statistics.h"
#include "cmd/connect/tell.h"
#include "cmd/connect/tries.h"
#include "cmd/host_names.h"
#include "cmd/look_up.h"
#include "cmd/waiting.h"

enum {
	LINE_MAX_BYTES = 512, /* as much as any terminal is wide */
	/*
	 * Checks have the same deadline as the run, and know what they have come to by then: in its
	 * round of the loop, and what only the loop says in the next one.
	 */
	LATE_ROUNDS = 2,
};

struct probe_run;

/* One aim, once or repeatedly. */
struct probe {
	struct probe *next; /* of those that wait for a name */
	struct probe_run *run;
	struct connect_try try; /* its row is the probe's */
	bool finished, succeeded, local_error;
	bool unnamed; /* the row waits for the name of its address */
	uint64_t seq, due_ns;
	struct skt_timer timer; /* until the next round */
	struct connect_statistics statistics;
};

struct probe_run {
	const struct connect_options *options;
	const struct skt_context *ctx;
	struct skt_event_log log;
	struct skt_loop loop;
	struct skt_signals signals;
	struct skt_resolver *resolver;
	struct skt_services *services;
	struct skt_host_names *names; /* with --resolve */
	struct skt_arena arena;
	struct skt_chain_plan plan;
	struct connect_checks checks;
	struct connect_aims aims;
	struct connect_tries tries;
	struct probe *probes; /* one for each of the aims */
	size_t count;
	struct probe *unnamed, **unnamed_tail; /* rows that wait for the name of their address */
	struct skt_timer deadline;
	uint64_t deadline_ns;
	unsigned int late_rounds;
	size_t unfinished, printed;
	struct skt_rows_options rows;
	struct connect_widths widths;
	struct skt_sink sink;
	struct skt_output *output;
	struct skt_progress progress;
	struct skt_waiting waiting; /* for answers, where each is asked for once */
	char what[SKT_ENDPOINT_TEXT_MAX + 32];
	int signal;
};

/* ---- rows ---- */

static void print(struct probe_run *run, const struct connect_row *row)
{
	skt_progress_erase(&run->progress);
	if (skt_output_row(run->output, row))
		skt_loop_stop(&run->loop);
	else if (run->options->rows.live)
		(void)skt_sink_flush(&run->sink);
}

/* Rows of one round stand in the order of the arguments, whoever answers first. */
static void print_in_order(struct probe_run *run)
{
	while (run->printed < run->count && run->probes[run->printed].finished)
		print(run, &run->probes[run->printed++].try.row);
}

static struct connect_row new_row(const struct probe *probe)
{
	const struct connect_aim *aim = probe->try.aim;
	const struct skt_endpoint *endpoint = aim->endpoint;

	return (struct connect_row){
		.time_ns = skt_clock_real_ns(),
		.seq = probe->seq,
		.endpoint = aim->text,
		.proto = connect_proto(endpoint, probe->run->options->udp),
		.address = endpoint->addr,
		.port = aim->port,
		.present =
			endpoint->kind == SKT_ENDPOINT_INET ? UINT64_C(1) << CONNECT_HAS_PORT : 0,
	};
}

/* ---- one probe ---- */

static bool repeats(const struct probe_run *run)
{
	return run->options->has_count || run->options->has_interval;
}

/* ---- what people see meanwhile ---- */

static bool is_watched(const struct probe_run *run)
{
	return run->progress.enabled && !run->log.json &&
		skt_event_wanted(&run->log, SKT_EVENT_NOTICE);
}

/* How it goes: a line below the rows, until the next row. */
static void sketch(struct probe_run *run)
{
	const uint64_t now = skt_clock_ns();
	const size_t share = run->progress.width / SKT_MAX(run->count, (size_t)1);
	struct skt_str line = {0};

	if (!is_watched(run))
		return;
	for (size_t i = 0; i < run->count && line.len < LINE_MAX_BYTES; i++) {
		if (run->count > 1)
			skt_str_add_format(
				&line, "%s%s ", i ? "  " : "", run->aims.list.data[i].text);
		connect_statistics_sketch(&run->probes[i].statistics,
			run->count > 1 ? SKT_MAX(share / 4, (size_t)1) : share / 2, &line);
	}
	if (!line.failed && line.len)
		skt_progress_draw(&run->progress, now, "%.*s", (int)line.len, line.data);
	skt_str_fini(&line);
}

/* Names the first of those that have no answer yet. */
static void name_waited(struct probe_run *run)
{
	size_t first = 0;

	while (first < run->count && run->probes[first].finished)
		first++;
	if (first < run->count)
		(void)snprintf(run->what, sizeof(run->what),
			run->unfinished > 1 ? "waiting for %s and %zu more" : "waiting for %s",
			run->aims.list.data[first].text, run->unfinished - 1);
}

static void begin_waiting(struct probe_run *run)
{
	if (!is_watched(run) || repeats(run))
		return;
	name_waited(run);
	skt_waiting_begin(&run->waiting, &run->progress, run->what, run->tries.until_ns);
	skt_waiting_run(&run->waiting, &run->loop);
}

static void finish(struct probe *probe)
{
	struct probe_run *run = probe->run;

	probe->finished = true;
	if (--run->unfinished == 0)
		skt_loop_stop(&run->loop);
	name_waited(run);
}

/* The row is all that it will be: shows it, and sees to the next one. */
static void deliver(struct probe *probe)
{
	struct probe_run *run = probe->run;
	const struct connect_options *o = run->options;

	if (!repeats(run)) {
		finish(probe);
		print_in_order(run);
		return;
	}
	print(run, &probe->try.row);
	sketch(run);
	if (o->count && probe->seq >= o->count) {
		finish(probe);
		return;
	}
	probe->due_ns = SKT_MAX(skt_clock_add(probe->due_ns, o->interval_ns), skt_clock_ns());
	skt_timer_set(&run->loop, &probe->timer, probe->due_ns);
}

/* Whether the name of the row's address is known, or there is none to be known. */
static bool name_row(struct probe *probe)
{
	struct probe_run *run = probe->run;
	struct connect_row *row = &probe->try.row;

	return !run->names || row->address.family == AF_UNSPEC ||
		skt_host_names_get(run->names, &row->address, &row->host);
}

static void hold(struct probe *probe)
{
	probe->next = NULL;
	*probe->run->unnamed_tail = probe;
	probe->run->unnamed_tail = &probe->next;
}

static void name_and_deliver(struct probe *probe)
{
	probe->unnamed = !name_row(probe);
	if (probe->unnamed)
		hold(probe);
	else
		deliver(probe);
}

static void names_came(void *arg)
{
	struct probe_run *run = arg;
	struct probe *list = run->unnamed, *probe;

	run->unnamed = NULL;
	run->unnamed_tail = &run->unnamed;
	while ((probe = list)) {
		list = probe->next;
		name_and_deliver(probe);
	}
}

/* What the probe came to is known. */
static void tried(struct connect_try *try, bool ready)
{
	struct probe *probe = SKT_CONTAINER(try, struct probe, try);
	struct probe_run *run = probe->run;
	struct connect_row *row = &probe->try.row;
	uint8_t protocol = run->options->udp ? SKT_SERVICE_UDP : SKT_SERVICE_TCP;

	probe->succeeded |= ready;
	probe->local_error |= row->state == CONNECT_ERROR;
	if (row->present & UINT64_C(1) << CONNECT_HAS_PORT)
		row->service = skt_services_name(run->services, row->port, protocol);
	if (repeats(run))
		connect_statistics_add(&probe->statistics, ready,
			row->present & UINT64_C(1) << CONNECT_HAS_TCP ? row->tcp_us
								      : row->total_us);
	name_and_deliver(probe);
}

static struct connect_row begin_row(struct connect_try *try, bool repeated)
{
	struct probe *probe = SKT_CONTAINER(try, struct probe, try);

	probe->seq += !repeated;
	if (!probe->due_ns)
		probe->due_ns = skt_clock_ns();
	return new_row(probe);
}

/* Time for the next round. */
static void due(struct skt_timer *timer)
{
	struct probe *probe = SKT_CONTAINER(timer, struct probe, timer);

	connect_tries_add(&probe->try);
	connect_tries_start(&probe->run->tries);
}

/* ---- the run ---- */

/* Whatever has no answer now gets none. */
static void end_now(struct probe *probe)
{
	struct probe_run *run = probe->run;
	const struct connect_host *host = probe->try.aim->host;
	bool looks_up = host && !host->resolve.v6.count && !host->resolve.v4.count;
	bool waits_for_turn = !probe->seq || connect_try_is_under_way(&probe->try);

	skt_timer_remove(&probe->timer);
	connect_try_stop(&probe->try);
	if (waits_for_turn) {
		if (!probe->try.repeated) {
			probe->try.row = new_row(probe);
			if (probe->seq)
				connect_row_fail(
					&probe->try.row, -ETIMEDOUT, looks_up, &run->arena);
			else
				connect_row_not_asked(&probe->try.row);
			probe->local_error |= !probe->seq;
		}
		if (repeats(run)) {
			connect_statistics_add(&probe->statistics, false, 0);
			print(run, &probe->try.row);
		}
	} else if (probe->unnamed && repeats(run)) {
		print(run, &probe->try.row);
	}
	probe->finished = true;
}

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
			end_now(&run->probes[i]);
	if (!repeats(run))
		print_in_order(run);
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
			.timer = {.handler = due}};
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
		r = skt_host_names_open(&run->loop, names_came, run, NULL, &run->names);
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
	begin_waiting(run);
	r = run->loop.stopped ? 0 : skt_loop_run(&run->loop);
	skt_waiting_end(&run->waiting);
	skt_progress_erase(&run->progress);
	if (r)
		connect_tell_loop_broken(&run->log, r);
	status = skt_tls_common_conclude(
		&o->tls.common, run->checks.tls, &run->log, r ? SKT_EXIT_TROUBLE : status_of(run));
	status = skt_rows_end(run->ctx, &run->sink, run->output, status);
	if (repeats(run))
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
		.tries = {.begin = begin_row, .done = tried},
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
