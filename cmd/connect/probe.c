/* connect --probe: many connections at once, each made, reported and closed; perhaps again. */
#include "cmd/connect/probe.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/connect/check.h"
#include "cmd/connect/row.h"
#include "cmd/connect/statistics.h"
#include "cmd/host_names.h"

#define TCP_TIMEOUT_NS (5 * SKT_NS_PER_SEC)
#define UDP_TIMEOUT_NS (2 * SKT_NS_PER_SEC)

/* Between two tries of --wait; less where that leaves no time for another. */
#define RETRY_NS (200 * SKT_NS_PER_MS)
#define RETRY_MIN_NS (20 * SKT_NS_PER_MS)

enum {
	AT_ONCE = 512,
	RESERVE = 24, /* descriptors for all else: lookups, the loop, the standard ones */
};

struct probe_run;

/* A check that is under way. */
struct probe_attempt {
	struct probe *probe;
	struct connect_check check;
};

/* One port of one endpoint. */
struct probe {
	struct probe *next; /* in the queue of those that wait for their turn, or for a name */
	struct probe_run *run;
	const struct connect_target *target;
	struct connect_host *host; /* NULL: no name */
	const char *text;
	uint16_t port;
	bool finished, succeeded, local_error;
	bool tried;   /* `row` tells of a try before this one, of the same probe */
	bool unnamed; /* `row` waits for the name of its address */
	uint64_t seq, due_ns;
	struct skt_timer timer;
	struct probe_attempt *attempt; /* while one is under way */
	struct connect_row row;
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
	struct connect_checks checks;
	struct connect_host *hosts;
	SKT_VEC(struct probe) probes;
	struct probe *queue, **queue_tail;
	struct probe *unnamed, **unnamed_tail; /* rows that wait for the name of their address */
	struct skt_timer deadline;
	uint64_t deadline_ns, wait_until_ns;
	size_t active, limit, unfinished, printed;
	struct skt_rows_options rows;
	struct connect_widths widths;
	struct skt_sink sink;
	struct skt_output *output;
	int signal;
};

/* ---- rows ---- */

static void print(struct probe_run *run, const struct connect_row *row)
{
	if (skt_output_row(run->output, row))
		skt_loop_stop(&run->loop);
	else if (run->options->rows.live)
		(void)skt_sink_flush(&run->sink);
}

/* Rows of one round stand in the order of the arguments, whoever answers first. */
static void print_in_order(struct probe_run *run)
{
	while (run->printed < run->probes.len && run->probes.data[run->printed].finished)
		print(run, &run->probes.data[run->printed++].row);
}

static struct connect_row new_row(const struct probe *probe)
{
	const struct skt_endpoint *endpoint = &probe->target->endpoint;

	return (struct connect_row){
		.time_ns = skt_clock_real_ns(),
		.seq = probe->seq,
		.endpoint = probe->text,
		.proto = connect_proto(endpoint, probe->run->options->udp),
		.address = endpoint->addr,
		.port = probe->port,
		.present =
			endpoint->kind == SKT_ENDPOINT_INET ? UINT64_C(1) << CONNECT_HAS_PORT : 0,
	};
}

/* ---- one probe ---- */

static void append(struct probe ***tail, struct probe *probe)
{
	probe->next = NULL;
	**tail = probe;
	*tail = &probe->next;
}

static bool repeats(const struct probe_run *run)
{
	return run->options->has_count || run->options->has_interval;
}

static void finish(struct probe *probe)
{
	struct probe_run *run = probe->run;

	probe->finished = true;
	if (--run->unfinished == 0)
		skt_loop_stop(&run->loop);
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
	print(run, &probe->row);
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
	struct connect_row *row = &probe->row;

	return !run->names || row->address.family == AF_UNSPEC ||
		skt_host_names_get(run->names, &row->address, &row->host);
}

static void name_and_deliver(struct probe *probe)
{
	probe->unnamed = !name_row(probe);
	if (probe->unnamed)
		append(&probe->run->unnamed_tail, probe);
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
static void conclude(struct probe *probe, bool ready)
{
	struct probe_run *run = probe->run;
	struct connect_row *row = &probe->row;
	uint8_t protocol = run->options->udp ? SKT_SERVICE_UDP : SKT_SERVICE_TCP;

	probe->tried = false;
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

/* Whether --wait tries again; then that is on its way. */
static bool retry(struct probe *probe)
{
	struct probe_run *run = probe->run;
	uint64_t now = skt_clock_ns(), rest_ns;

	if (!run->options->wait || probe->row.state == CONNECT_ERROR)
		return false;
	rest_ns = run->wait_until_ns > now ? run->wait_until_ns - now : 0;
	if (rest_ns < RETRY_MIN_NS)
		return false;
	probe->tried = true;
	skt_timer_set(&run->loop, &probe->timer, now + SKT_MIN(RETRY_NS, rest_ns / 2));
	return true;
}

static void start_more(struct probe_run *run);

static void end_attempt(struct probe *probe)
{
	struct probe_attempt *attempt = probe->attempt;

	probe->attempt = NULL;
	probe->run->active--;
	connect_check_fini(&attempt->check);
	free(attempt);
}

static uint64_t attempt_timeout(const struct probe_run *run)
{
	const struct connect_options *o = run->options;

	if (o->connect_timeout_ns)
		return o->connect_timeout_ns;
	return o->udp ? UDP_TIMEOUT_NS : TCP_TIMEOUT_NS;
}

/*
 * The last try of --wait is cut short by its end: that it had no time to be answered does not take
 * the place of an answer that a try before it had.
 */
static bool tells_more(const struct probe *probe, const struct connect_check *check)
{
	return !probe->tried || check->row.state != CONNECT_FILTERED ||
		check->deadline_ns < probe->run->wait_until_ns;
}

static void checked(struct connect_check *check)
{
	struct probe *probe = SKT_CONTAINER(check, struct probe_attempt, check)->probe;
	struct probe_run *run = probe->run;
	bool ready = check->ready;

	if (tells_more(probe, check))
		probe->row = check->row;
	end_attempt(probe);
	if (ready || !retry(probe))
		conclude(probe, ready);
	start_more(run);
}

static void start(struct probe *probe)
{
	struct probe_run *run = probe->run;
	uint64_t until_ns = run->options->wait ? run->wait_until_ns : run->deadline_ns;
	bool again = probe->tried || probe->seq;

	probe->seq += !probe->tried;
	if (!probe->due_ns)
		probe->due_ns = skt_clock_ns();
	probe->attempt = calloc(1, sizeof(*probe->attempt));
	if (!probe->attempt) {
		probe->row = new_row(probe);
		connect_row_fail(&probe->row, -ENOMEM, false, &run->arena);
		conclude(probe, false);
		return;
	}
	probe->attempt->probe = probe;
	probe->attempt->check = (struct connect_check){
		.done = checked,
		.shared = &run->checks,
		.endpoint = &probe->target->endpoint,
		.port = probe->port,
		.host = probe->host,
		.row = new_row(probe),
	};
	run->active++;
	connect_check_start(&probe->attempt->check,
		SKT_MIN(skt_clock_add(skt_clock_ns(), attempt_timeout(run)), until_ns), again);
}

static void start_more(struct probe_run *run)
{
	struct probe *probe;

	while (!run->loop.stopped && run->active < run->limit && (probe = run->queue)) {
		run->queue = probe->next;
		if (!run->queue)
			run->queue_tail = &run->queue;
		start(probe);
	}
}

/* Time for the next probe, or for the next try of one. */
static void due(struct skt_timer *timer)
{
	struct probe *probe = SKT_CONTAINER(timer, struct probe, timer);

	append(&probe->run->queue_tail, probe);
	start_more(probe->run);
}

/* The host of NAME, new or known. NULL: no memory. */
static struct connect_host *find_host(struct probe_run *run, const char *name)
{
	struct connect_host *host;

	for (host = run->hosts; host; host = host->next)
		if (strcmp(host->name, name) == 0)
			return host;
	host = skt_arena_alloc(&run->arena, sizeof(*host));
	if (!host)
		return NULL;
	*host = (struct connect_host){
		.next = run->hosts, .name = name, .family = run->options->socket.family};
	run->hosts = host;
	return host;
}

/* ---- the run ---- */

/* Whatever has no answer now gets none. */
static void end_now(struct probe *probe)
{
	struct probe_run *run = probe->run;
	bool looks_up =
		probe->host && !probe->host->resolve.v6.count && !probe->host->resolve.v4.count;
	bool waits_for_turn = !probe->seq || probe->attempt || probe->tried;

	skt_timer_remove(&probe->timer);
	if (probe->attempt)
		end_attempt(probe);
	if (waits_for_turn) {
		if (!probe->tried) {
			probe->row = new_row(probe);
			connect_row_fail(&probe->row, -ETIMEDOUT, looks_up, &run->arena);
		}
		if (repeats(run)) {
			connect_statistics_add(&probe->statistics, false, 0);
			print(run, &probe->row);
		}
	} else if (probe->unnamed && repeats(run)) {
		print(run, &probe->row);
	}
	probe->finished = true;
}

static void deadline_due(struct skt_timer *timer)
{
	struct probe_run *run = SKT_CONTAINER(timer, struct probe_run, deadline);

	for (size_t i = 0; i < run->probes.len; i++)
		if (!run->probes.data[i].finished)
			end_now(&run->probes.data[i]);
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

static int add_probe(struct probe_run *run, const struct connect_target *target, uint16_t port)
{
	struct skt_endpoint shown = target->endpoint;
	char text[SKT_ENDPOINT_TEXT_MAX];
	struct probe probe = {
		.run = run, .target = target, .port = port, .timer = {.handler = due}};

	shown.port = port;
	shown.service[0] = '\0';
	(void)skt_endpoint_text(&shown, text);
	probe.text = skt_arena_text(&run->arena, text, strlen(text));
	connect_widths_take(&run->widths, &target->endpoint, text);
	return probe.text ? skt_vec_push(&run->probes, probe) : -ENOMEM;
}

/* One target becomes a probe for each of its ports. */
static int add_target(
	struct probe_run *run, const struct connect_target *target, struct skt_err *err)
{
	uint8_t protocol = run->options->udp ? SKT_SERVICE_UDP : SKT_SERVICE_TCP;
	struct skt_portset *set;
	uint16_t port = 0;
	int r;

	if (target->endpoint.kind != SKT_ENDPOINT_INET) {
		if (run->options->udp)
			return skt_fail_text(err, EAFNOSUPPORT, "--udp: only for HOST:PORT");
		return add_probe(run, target, 0);
	}
	if (!target->ports.len) {
		r = skt_resolve_port(&target->endpoint, run->services, protocol, &port, err);
		return r ? r : add_probe(run, target, port);
	}
	set = calloc(1, sizeof(*set));
	if (!set)
		return -ENOMEM;
	r = skt_services_resolve(run->services, &target->ports, protocol, set, err);
	/* Nothing listens at port 0: `-1023` means from 1. */
	for (unsigned int i = 1; r == 0 && i <= UINT16_MAX; i++)
		if (skt_portset_has(set, (uint16_t)i))
			r = add_probe(run, target, (uint16_t)i);
	free(set);
	return r;
}

static int add_targets(struct probe_run *run, struct skt_err *err)
{
	const struct connect_targets *targets = &run->options->targets;
	int r = 0;

	(void)skt_fail(err, ENOMEM, "probe");
	for (size_t i = 0; r == 0 && i < targets->len; i++)
		r = add_target(run, &targets->data[i], err);
	return r;
}

/* From here on the list of probes stays where it is. */
static int begin(struct probe_run *run, struct skt_err *err)
{
	run->unfinished = run->probes.len;
	for (size_t i = 0; i < run->probes.len; i++) {
		struct probe *probe = &run->probes.data[i];
		const struct skt_endpoint *endpoint = &probe->target->endpoint;

		if (endpoint->kind == SKT_ENDPOINT_INET && endpoint->addr.family == AF_UNSPEC) {
			probe->host = find_host(run, endpoint->host);
			if (!probe->host)
				return skt_fail(err, ENOMEM, "probe");
		}
		append(&run->queue_tail, probe);
	}
	skt_timer_set(&run->loop, &run->deadline, run->deadline_ns);
	start_more(run);
	return 0;
}

/* As many sockets at once as there may be, without taking the last descriptor. */
static size_t choose_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return AT_ONCE;
	files.rlim_cur = SKT_MIN(files.rlim_max, (rlim_t)4 * AT_ONCE);
	(void)setrlimit(RLIMIT_NOFILE, &files);
	(void)getrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur <= RESERVE)
		return 1;
	return SKT_MIN((size_t)files.rlim_cur - RESERVE, (size_t)AT_ONCE);
}

static int open_all(struct probe_run *run, struct skt_err *err)
{
	int r = skt_services_open(run->ctx->services_path, &run->services);

	run->signals.handler = signalled;
	if (r == 0)
		r = skt_signals_open(&run->loop, &run->signals, &run->ctx->endings);
	if (r == 0)
		r = skt_resolver_open(&run->loop, NULL, NULL, &run->resolver);
	if (r == 0 && run->options->rows.resolve)
		r = skt_host_names_open(&run->loop, names_came, run, NULL, &run->names);
	run->checks = (struct connect_checks){
		.options = run->options,
		.log = &run->log,
		.loop = &run->loop,
		.resolver = run->resolver,
		.arena = &run->arena,
	};
	return r ? skt_fail(err, -r, "cannot begin") : 0;
}

static void close_all(struct probe_run *run)
{
	for (size_t i = 0; i < run->probes.len; i++) {
		struct probe *probe = &run->probes.data[i];

		skt_timer_remove(&probe->timer);
		if (probe->attempt)
			end_attempt(probe);
		connect_statistics_fini(&probe->statistics);
	}
	for (struct connect_host *host = run->hosts; host; host = host->next)
		skt_resolve_cancel(&host->resolve);
	skt_vec_free(&run->probes);
	skt_timer_remove(&run->deadline);
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

	for (size_t i = 0; i < run->probes.len; i++) {
		if (run->probes.data[i].local_error)
			return SKT_EXIT_TROUBLE;
		if (!run->probes.data[i].succeeded)
			status = SKT_EXIT_NO;
	}
	return status;
}

static int run_all(struct probe_run *run)
{
	const struct connect_options *o = run->options;
	int status = SKT_EXIT_TROUBLE;
	struct skt_err err;

	run->rows = o->rows;
	run->rows.width_of = connect_row_width;
	run->rows.width_arg = &run->widths;
	if (skt_rows_begin(
		    &run->rows, run->ctx, sizeof(struct connect_row), &run->sink, &run->output))
		return status;
	if (begin(run, &err)) {
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", err.text);
	} else {
		if (!run->loop.stopped)
			(void)skt_loop_run(&run->loop);
		status = status_of(run);
	}
	status = skt_rows_end(run->ctx, &run->sink, run->output, status);
	if (repeats(run))
		for (size_t i = 0; i < run->probes.len; i++)
			connect_statistics_report(&run->probes.data[i].statistics,
				run->probes.data[i].text, &run->log);
	return status;
}

int connect_probe(const struct connect_options *o, const struct skt_context *ctx)
{
	struct probe_run run = {
		.options = o,
		.ctx = ctx,
		.deadline = {.handler = deadline_due},
		.limit = choose_limit(),
	};
	uint64_t now = skt_clock_ns();
	int status, r, signo;
	struct skt_err err;

	run.widths.udp = o->udp;
	skt_event_log_init(&run.log, ctx, &o->events);
	run.queue_tail = &run.queue;
	run.unnamed_tail = &run.unnamed;
	run.deadline_ns =
		o->limits.timeout_ns ? skt_clock_add(now, o->limits.timeout_ns) : SKT_NEVER;
	run.wait_until_ns = SKT_MIN(skt_clock_add(now, o->wait_ns), run.deadline_ns);
	r = skt_loop_init(&run.loop);
	if (r) {
		skt_event_tell(
			&run.log, SKT_EVENT_ERROR, "failed", "cannot begin: %s", strerror(-r));
		return SKT_EXIT_TROUBLE;
	}
	r = open_all(&run, &err);
	if (r == 0)
		r = add_targets(&run, &err);
	if (r) {
		skt_event_tell(&run.log, SKT_EVENT_ERROR, "failed", "%s", err.text);
		status = r == -ENOENT ? SKT_EXIT_NO : SKT_EXIT_TROUBLE;
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
