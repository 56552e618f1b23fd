#include <stdio.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/connect/probe_internal.h"

enum {
	LINE_MAX_BYTES = 512, /* as much as any terminal is wide */
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

void connect_probe_print_in_order(struct probe_run *run)
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

bool connect_probe_repeats(const struct probe_run *run)
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

void connect_probe_begin_waiting(struct probe_run *run)
{
	if (!is_watched(run) || connect_probe_repeats(run))
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

	if (!connect_probe_repeats(run)) {
		finish(probe);
		connect_probe_print_in_order(run);
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

void connect_probe_names_came(void *arg)
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
void connect_probe_tried(struct connect_try *try, bool ready)
{
	struct probe *probe = SKT_CONTAINER(try, struct probe, try);
	struct probe_run *run = probe->run;
	struct connect_row *row = &probe->try.row;
	uint8_t protocol = run->options->udp ? SKT_SERVICE_UDP : SKT_SERVICE_TCP;

	probe->succeeded |= ready;
	probe->local_error |= row->state == CONNECT_ERROR;
	if (row->present & UINT64_C(1) << CONNECT_HAS_PORT)
		row->service = skt_services_name(run->services, row->port, protocol);
	if (connect_probe_repeats(run))
		connect_statistics_add(&probe->statistics, ready,
			row->present & UINT64_C(1) << CONNECT_HAS_TCP ? row->tcp_us
								      : row->total_us);
	name_and_deliver(probe);
}

struct connect_row connect_probe_begin_row(struct connect_try *try, bool repeated)
{
	struct probe *probe = SKT_CONTAINER(try, struct probe, try);

	probe->seq += !repeated;
	if (!probe->due_ns)
		probe->due_ns = skt_clock_ns();
	return new_row(probe);
}

void connect_probe_due(struct skt_timer *timer)
{
	struct probe *probe = SKT_CONTAINER(timer, struct probe, timer);

	connect_tries_add(&probe->try);
	connect_tries_start(&probe->run->tries);
}

void connect_probe_end(struct probe *probe)
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
		if (connect_probe_repeats(run)) {
			connect_statistics_add(&probe->statistics, false, 0);
			print(run, &probe->try.row);
		}
	} else if (probe->unnamed && connect_probe_repeats(run)) {
		print(run, &probe->try.row);
	}
	probe->finished = true;
}
