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
#include "cmd/connect/row.h"
#include "cmd/connect/statistics.h"
#include "cmd/connect/udp_probe.h"
#include "cmd/names.h"

#define TCP_TIMEOUT_NS (5 * SKT_NS_PER_SEC)
#define UDP_TIMEOUT_NS (2 * SKT_NS_PER_SEC)
#define RETRY_NS (200 * SKT_NS_PER_MS)

enum {
	AT_ONCE = 512,
	RESERVE = 24, /* descriptors for all else: lookups, the loop, the standard ones */
};

struct probe_run;

/* A name, looked up once for all of its ports and all rounds. */
struct probe_host {
	struct probe_host *next;
	const char *name;
	struct probe_run *run;
	struct skt_resolve resolve;
	bool answered;
};

/* What is needed only while a probe is under way: a dial, or for UDP the other. */
struct probe_attempt {
	struct probe *probe;
	struct skt_dial dial;
	struct connect_udp_probe udp;
};

/* One port of one endpoint. */
struct probe {
	struct probe *next; /* in the queue of those that wait for their turn */
	struct probe_run *run;
	const struct connect_target *target;
	struct probe_host *host; /* NULL: no name */
	const char *text;
	uint16_t port;
	bool finished, was_open, local_error;
	bool awaits_host; /* to be queued once the lookup is answered */
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
	struct skt_names names;
	struct skt_arena arena;
	struct probe_host *hosts;
	SKT_VEC(struct probe) probes;
	struct probe *queue, **queue_tail;
	struct skt_timer deadline;
	uint64_t deadline_ns, wait_until_ns;
	size_t active, limit, unfinished, printed;
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

static void name_row(struct probe_run *run, struct connect_row *row)
{
	uint8_t protocol = run->options->udp ? SKT_SERVICE_UDP : SKT_SERVICE_TCP;

	if (row->present & UINT64_C(1) << CONNECT_HAS_PORT)
		row->service = skt_services_name(run->services, row->port, protocol);
	if (run->options->rows.resolve && row->address.family != AF_UNSPEC)
		row->host = skt_names_host(&run->names, &row->address);
}

static void begin_row(struct probe *probe)
{
	const struct skt_endpoint *endpoint = &probe->target->endpoint;

	probe->row = (struct connect_row){
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

static void enqueue(struct probe *probe)
{
	struct probe_run *run = probe->run;

	probe->next = NULL;
	*run->queue_tail = probe;
	run->queue_tail = &probe->next;
}

static void finish(struct probe *probe)
{
	struct probe_run *run = probe->run;

	probe->finished = true;
	if (--run->unfinished == 0)
		skt_loop_stop(&run->loop);
}

static bool will_retry(const struct probe *probe)
{
	return probe->run->options->wait && probe->row.state != CONNECT_OPEN &&
		probe->row.state != CONNECT_ERROR && skt_clock_ns() < probe->run->wait_until_ns;
}

/* The row is complete: what follows from it? */
static void conclude(struct probe *probe)
{
	struct probe_run *run = probe->run;
	const struct connect_options *o = run->options;
	struct connect_row *row = &probe->row;
	bool open = row->state == CONNECT_OPEN, repeats = o->has_count || o->has_interval;

	if (will_retry(probe)) {
		skt_timer_set(&run->loop, &probe->timer, skt_clock_ns() + RETRY_NS);
		return;
	}
	/* The name was looked up once: that counts for the first row only. */
	if (probe->seq > 1)
		row->present &= ~(UINT64_C(1) << CONNECT_HAS_DNS);
	else if (row->present & UINT64_C(1) << CONNECT_HAS_DNS)
		row->total_us += row->dns_us;
	name_row(run, row);
	probe->was_open |= open || row->state == CONNECT_OPEN_FILTERED;
	probe->local_error |= row->state == CONNECT_ERROR;
	if (!repeats) {
		finish(probe);
		print_in_order(run);
		return;
	}
	connect_statistics_add(&probe->statistics, open,
		row->present & UINT64_C(1) << CONNECT_HAS_TCP ? row->tcp_us : row->total_us);
	print(run, row);
	if (o->count && probe->seq >= o->count) {
		finish(probe);
		return;
	}
	probe->due_ns = SKT_MAX(probe->due_ns + o->interval_ns, skt_clock_ns());
	skt_timer_set(&run->loop, &probe->timer, probe->due_ns);
}

static void start_more(struct probe_run *run);

static void end_attempt(struct probe *probe)
{
	struct probe_attempt *attempt = probe->attempt;

	probe->attempt = NULL;
	probe->run->active--;
	if (probe->run->options->udp)
		connect_udp_probe_stop(&attempt->udp);
	else
		skt_dial_fini(&attempt->dial);
	free(attempt);
}

static void dialled(struct skt_dial *dial, int fd)
{
	struct probe *probe = SKT_CONTAINER(dial, struct probe_attempt, dial)->probe;
	struct probe_run *run = probe->run;

	connect_row_of_dial(&probe->row, dial, fd, run->options->timing, &run->arena);
	if (fd >= 0) {
		if (run->options->timing)
			connect_row_of_socket(&probe->row, fd);
		(void)close(fd);
	} else if (skt_dial_is_local(fd)) {
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", dial->err.text);
	}
	end_attempt(probe);
	conclude(probe);
	start_more(run);
}

static void udp_done(struct connect_udp_probe *udp)
{
	struct probe *probe = SKT_CONTAINER(udp, struct probe_attempt, udp)->probe;
	struct probe_run *run = probe->run;

	if (udp->error)
		connect_row_fail(&probe->row, udp->error, false, &run->arena);
	probe->row.state = (uint8_t)udp->state;
	if (udp->reason)
		probe->row.reason = udp->reason;
	probe->row.total_us = (udp->end_ns - udp->start_ns) / SKT_NS_PER_US;
	end_attempt(probe);
	conclude(probe);
	start_more(run);
}

static uint64_t attempt_timeout(const struct probe_run *run)
{
	const struct connect_options *o = run->options;

	if (o->connect_timeout_ns)
		return o->connect_timeout_ns;
	return o->udp ? UDP_TIMEOUT_NS : TCP_TIMEOUT_NS;
}

/* Fails at once, without anything under way. */
static void fail(struct probe *probe, int r, bool no_name)
{
	connect_row_fail(&probe->row, r, no_name, &probe->run->arena);
	conclude(probe);
}

static void start_udp(struct probe *probe)
{
	struct probe_run *run = probe->run;
	const struct skt_resolve *known = probe->host ? &probe->host->resolve : NULL;
	struct skt_addr addr = {0};
	struct skt_err err;
	int r = 0;

	if (known && known->v6.count)
		addr = known->v6.addrs[0];
	else if (known && known->v4.count)
		addr = known->v4.addrs[0];
	else if (known)
		r = skt_resolve_error(known, probe->host->name, &err);
	if (known && addr.family == AF_UNSPEC) {
		end_attempt(probe);
		fail(probe, r, true);
		return;
	}
	r = known ? 0 : skt_resolve_numeric(&probe->target->endpoint, &addr, &err);
	probe->row.address = addr;
	probe->attempt->udp = (struct connect_udp_probe){.done = udp_done, .loop = &run->loop};
	probe->attempt->udp.watch.fd = -1;
	if (r == 0)
		r = connect_udp_probe_start(&probe->attempt->udp, &addr, probe->port, run->options,
			attempt_timeout(run));
	if (r == 0)
		return;
	end_attempt(probe);
	fail(probe, r, false);
}

static void start_dial(struct probe *probe)
{
	struct probe_run *run = probe->run;
	struct skt_dial_options options = connect_dial_options(run->options);
	uint64_t deadline_ns = SKT_MIN(skt_clock_ns() + attempt_timeout(run), run->deadline_ns);
	struct skt_err err;
	int r;

	options.known = probe->host ? &probe->host->resolve : NULL;
	probe->attempt->dial.done = dialled;
	r = skt_dial_start(&probe->attempt->dial, &run->loop, run->resolver,
		&probe->target->endpoint, probe->port, &options, deadline_ns, &err);
	if (r == 0)
		return;
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", err.text);
	end_attempt(probe);
	fail(probe, r, false);
}

static void start(struct probe *probe)
{
	struct probe_run *run = probe->run;

	probe->seq++;
	if (!probe->due_ns)
		probe->due_ns = skt_clock_ns();
	begin_row(probe);
	probe->attempt = calloc(1, sizeof(*probe->attempt));
	if (!probe->attempt) {
		fail(probe, -ENOMEM, false);
		return;
	}
	probe->attempt->probe = probe;
	run->active++;
	if (run->options->udp)
		start_udp(probe);
	else
		start_dial(probe);
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

/* ---- names ---- */

static void answered(struct skt_resolve *resolve)
{
	struct probe_host *host = SKT_CONTAINER(resolve, struct probe_host, resolve);
	struct probe_run *run = host->run;

	if (skt_resolve_pending(resolve))
		return;
	host->answered = true;
	for (size_t i = 0; i < run->probes.len; i++)
		if (run->probes.data[i].host == host && run->probes.data[i].awaits_host) {
			run->probes.data[i].awaits_host = false;
			enqueue(&run->probes.data[i]);
		}
	start_more(run);
}

static int look_up(struct probe_host *host)
{
	struct probe_run *run = host->run;
	uint64_t limit_ns = skt_clock_ns() + attempt_timeout(run);

	host->answered = false;
	host->resolve = (struct skt_resolve){.answered = answered};
	return skt_resolve_start(run->resolver, host->name, run->options->socket.family,
		SKT_MIN(limit_ns, run->deadline_ns), &host->resolve);
}

/* The host of NAME, asked for when it is new. NULL: no memory. */
static struct probe_host *find_host(struct probe_run *run, const char *name)
{
	struct probe_host *host;

	for (host = run->hosts; host; host = host->next)
		if (strcmp(host->name, name) == 0)
			return host;
	host = skt_arena_alloc(&run->arena, sizeof(*host));
	if (!host)
		return NULL;
	host->run = run;
	host->name = name;
	if (look_up(host))
		return NULL;
	host->next = run->hosts;
	run->hosts = host;
	return host;
}

/* Time for the next probe, or for the next try of one. */
static void due(struct skt_timer *timer)
{
	struct probe *probe = SKT_CONTAINER(timer, struct probe, timer);
	struct probe_host *host = probe->host;

	if (probe->run->options->wait) {
		probe->seq--;
		/* A name that was unknown may be known by now. */
		if (host && !host->resolve.v4.count && !host->resolve.v6.count &&
			(skt_resolve_pending(&host->resolve) || look_up(host) == 0)) {
			probe->awaits_host = true;
			return;
		}
	}
	enqueue(probe);
	start_more(probe->run);
}

/* ---- the run ---- */

/* Whatever has no answer now gets none. */
static void deadline_due(struct skt_timer *timer)
{
	struct probe_run *run = SKT_CONTAINER(timer, struct probe_run, deadline);

	for (size_t i = 0; i < run->probes.len; i++) {
		struct probe *probe = &run->probes.data[i];

		if (probe->finished || (probe->seq && !probe->attempt && !run->options->wait))
			continue;
		skt_timer_remove(&probe->timer);
		if (!probe->seq || probe->attempt) {
			if (probe->attempt)
				end_attempt(probe);
			begin_row(probe);
			connect_row_fail(&probe->row, -ETIMEDOUT,
				probe->host && !probe->host->answered, &run->arena);
		}
		probe->finished = true;
		name_row(run, &probe->row);
		if (run->options->has_count || run->options->has_interval) {
			connect_statistics_add(&probe->statistics, false, 0);
			print(run, &probe->row);
		}
	}
	if (!run->options->has_count && !run->options->has_interval)
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
	(void)skt_fail(err, ENOMEM, "probe");
	run->unfinished = run->probes.len;
	for (size_t i = 0; i < run->probes.len; i++) {
		struct probe *probe = &run->probes.data[i];
		const struct skt_endpoint *endpoint = &probe->target->endpoint;

		if (endpoint->kind == SKT_ENDPOINT_INET && endpoint->addr.family == AF_UNSPEC) {
			probe->host = find_host(run, endpoint->host);
			if (!probe->host)
				return -ENOMEM;
			probe->awaits_host = true;
		} else {
			enqueue(probe);
		}
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
	for (struct probe_host *host = run->hosts; host; host = host->next)
		skt_resolve_cancel(&host->resolve);
	skt_vec_free(&run->probes);
	skt_timer_remove(&run->deadline);
	skt_resolver_free(run->resolver);
	skt_signals_close(&run->signals);
	skt_loop_fini(&run->loop);
	skt_services_free(run->services);
	skt_names_fini(&run->names);
	skt_arena_fini(&run->arena);
}

static int status_of(const struct probe_run *run)
{
	int status = SKT_EXIT_YES;

	for (size_t i = 0; i < run->probes.len; i++) {
		if (run->probes.data[i].local_error)
			return SKT_EXIT_TROUBLE;
		if (!run->probes.data[i].was_open)
			status = SKT_EXIT_NO;
	}
	return status;
}

static int run_all(struct probe_run *run)
{
	const struct connect_options *o = run->options;
	int status = SKT_EXIT_TROUBLE;
	struct skt_err err;

	if (skt_rows_begin(
		    &o->rows, run->ctx, sizeof(struct connect_row), &run->sink, &run->output))
		return status;
	if (begin(run, &err)) {
		skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", err.text);
	} else {
		if (!run->loop.stopped)
			(void)skt_loop_run(&run->loop);
		status = status_of(run);
	}
	status = skt_rows_end(run->ctx, &run->sink, run->output, status);
	if (o->has_count || o->has_interval)
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

	skt_event_log_init(&run.log, ctx, &o->events);
	run.queue_tail = &run.queue;
	run.deadline_ns = o->limits.timeout_ns ? now + o->limits.timeout_ns : SKT_NEVER;
	run.wait_until_ns = SKT_MIN(now + o->wait_ns, run.deadline_ns);
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
	if (signo)
		(void)raise(signo);
	return status;
}
