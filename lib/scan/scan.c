#include "scan/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "scan/choose.h"
#include "scan/control.h"
#include "scan/gate.h"
#include "scan/result.h"
#include "scan/running.h"

static const uint64_t tick_ns = 50 * SKT_NS_PER_MS;
static const uint64_t check_ns = 100 * SKT_NS_PER_MS;

/* ---- beginning and end ---- */

static int open_engine(struct skt_scan *scan, struct skt_err *err)
{
	const struct skt_scan_config *c = scan->config;
	const struct skt_engine_config config = {
		.plan = c->plan,
		.local = c->local,
		.source4 = c->source4,
		.source6 = c->source6,
		.interface = c->interface,
		.seed = c->seed,
		.wake_fd = skt_gate_fd(scan),
		.in_flight = (uint32_t)SKT_MIN(c->plan->count, (uint64_t)SKT_FLIGHT_MAX),
		.seen = skt_scan_seen,
		.ctx = scan,
	};

	switch (c->method) {
	case SKT_SCAN_CONNECT:
		return skt_engine_connect_new(&config, &scan->engine, err);
	case SKT_SCAN_UDP:
		return skt_engine_udp_new(&config, &scan->engine, err);
	case SKT_SCAN_SYN:
		return skt_engine_syn_new(&config, &scan->engine, err);
	case SKT_SCAN_HOSTS:
		return skt_engine_hosts_new(&config, &scan->engine, err);
	}
	return -EINVAL;
}

/* Too few descriptors to begin with: none will be given back, so that no wait helps. */
static bool is_want(int rc)
{
	return rc == -EMFILE || rc == -ENFILE;
}

static int fail_for_want(struct skt_err *err, int rc)
{
	return skt_fail(err, -rc, "sockets for the scan: see ulimit -n");
}

static void scan_fini(struct skt_scan *scan)
{
	if (scan->engine)
		scan->engine->ops->free(scan->engine);
	skt_gate_fini(scan);
	skt_flight_fini(&scan->flight);
	skt_hosts_fini(&scan->hosts);
	skt_given_fini(&scan->given);
	if (!scan->config->resolved)
		free(scan->resolved);
}

/* Pairs of this shard that were known before. */
static uint64_t count_resolved(const struct skt_scan *scan)
{
	struct skt_order order;
	uint64_t count = 0;

	skt_order_init(&order, scan->plan->count, scan->config->seed);
	for (uint64_t i = scan->config->shard; i < scan->plan->count; i += scan->shard_count)
		count += skt_scan_is_resolved(scan, skt_order_at(&order, i));
	return count;
}

static int scan_init(struct skt_scan *scan, uint64_t now_ns, struct skt_err *err)
{
	const struct skt_scan_config *c = scan->config;
	int rc;

	scan->plan = c->plan;
	scan->shard_count = c->shards ? c->shards : 1;
	scan->position = c->shard;
	if (c->plan->count > c->shard)
		scan->stats->planned =
			(c->plan->count - c->shard + scan->shard_count - 1) / scan->shard_count;
	scan->resolved = c->resolved ? c->resolved
				     : calloc(c->plan->count / 64 + 1, sizeof(*scan->resolved));
	if (c->resolved)
		scan->stats->planned -= count_resolved(scan);
	rc = scan->resolved ? skt_given_init(&scan->given, c->plan->count) : -ENOMEM;
	rc = rc ? rc : skt_hosts_init(&scan->hosts, c->plan->hosts);
	rc = rc ? rc
		: skt_flight_init(&scan->flight,
			  (uint32_t)SKT_MIN(c->plan->count, (uint64_t)SKT_FLIGHT_MAX), now_ns);
	rc = rc ? rc : skt_gate_init(scan);
	if (is_want(rc))
		return fail_for_want(err, rc);
	if (rc == -EOPNOTSUPP && c->method == SKT_SCAN_SYN)
		return skt_fail_text(err, EOPNOTSUPP,
			"SYN probes take the source address of routes, and netlink does not tell "
			"them here: --method=connect does without");
	if (rc && rc != -EOPNOTSUPP)
		return skt_fail(err, -rc, "memory for the scan");
	skt_order_init(&scan->order, c->plan->count, c->seed);
	skt_pacer_init(&scan->pacer, c->rate, now_ns);
	rc = open_engine(scan, err);
	if (is_want(rc))
		return fail_for_want(err, rc);
	if (!rc)
		skt_control_init(scan, now_ns);
	return rc;
}

/* ---- time ---- */

/* An ICMP error was said of the port, and nothing better came when it was asked once more: that is
 * told, or there is reason to ask on. */
static void tell_known(struct skt_scan *scan, const struct skt_plan_pair *pair,
	struct skt_host *host, struct skt_probe *probe)
{
	const struct skt_finding known = probe->known;
	const uint64_t index = probe->index;
	const unsigned int tries = probe->tries;

	if (skt_scan_doubts(scan, host, probe)) {
		probe->state = SKT_PROBE_RESTING;
		skt_flight_queue(&scan->flight, probe);
		return;
	}
	host->firm++;
	skt_flight_remove(&scan->flight, probe);
	skt_scan_resolve(scan, pair, index, &known, tries);
}

/* Whether the silence of HOST may be believed; else PROBE waits for what the kernel finds out. */
static bool is_there(
	struct skt_scan *scan, struct skt_host *host, struct skt_probe *probe, uint64_t now_ns)
{
	switch (skt_gate_check(scan, host, now_ns)) {
	case SKT_HOST_DOWN:
		skt_flight_queue(&scan->flight, probe);
		return false;
	case SKT_HOST_ASKING:
		skt_flight_wait(&scan->flight, probe, now_ns + check_ns);
		return false;
	case SKT_HOST_UNKNOWN:
	case SKT_HOST_UP:
		break;
	}
	return true;
}

static void expire(struct skt_scan *scan, struct skt_probe *probe, uint64_t now_ns)
{
	struct skt_plan_pair pair;
	struct skt_host *host;
	unsigned int tries = probe->tries;
	uint64_t rest, due;

	skt_plan_at(scan->plan, probe->index, &pair);
	host = skt_scan_host(scan, &pair);
	due = probe->sent_ns + skt_control_timeout(scan, host, 1);
	if (probe->state == SKT_PROBE_WAITING && now_ns < due) {
		skt_flight_wait(&scan->flight, probe, due);
		return;
	}
	if (probe->state == SKT_PROBE_WAITING) {
		scan->waiting--;
		host->silences++;
		skt_control_silence(scan);
		if (probe->known.verdict.weight == SKT_WEIGHT_ICMP) {
			tell_known(scan, &pair, host, probe);
			return;
		}
		rest = skt_control_rest(scan, host, probe);
		probe->state = SKT_PROBE_RESTING;
		if (rest) {
			skt_flight_wait(&scan->flight, probe, now_ns + rest);
			return;
		}
	}
	if (tries < skt_control_tries(scan, host) || probe->reserved || !tries ||
		host->state == SKT_HOST_DOWN) {
		skt_flight_queue(&scan->flight, probe);
		return;
	}
	if (!host->answered && !is_there(scan, host, probe, now_ns))
		return;
	if (skt_scan_found(scan, &pair, host, probe, now_ns))
		return;
	scan->given_up[SKT_MIN(tries, (unsigned int)SKT_SCAN_TRIES_MAX)]++;
	scan->silent++;
	if (skt_given_set(&scan->given, probe->index, tries))
		scan->failed = -ENOMEM;
	skt_flight_remove(&scan->flight, probe);
}

/*
 * Losses, or the limit of a host, became known after some ports had been given up: asks those
 * again. Whether there is anything to ask.
 */
static bool sweep_again(struct skt_scan *scan)
{
	unsigned int least = 0;

	if (scan->config->retries != SKT_SCAN_RETRIES_AUTO)
		return false;
	while (++least <= SKT_SCAN_TRIES_MAX && !scan->given_up[least])
		;
	if (least > SKT_SCAN_TRIES_MAX || (least >= scan->tries && !scan->limit_found))
		return false;
	scan->limit_found = false;
	for (size_t i = 0; i <= SKT_SCAN_TRIES_MAX; i++)
		scan->given_up[i] = 0;
	scan->silent = 0;
	skt_given_clear(&scan->given);
	scan->position = scan->config->shard;
	return true;
}

static bool is_over(struct skt_scan *scan, uint64_t now_ns)
{
	if (scan->position < scan->plan->count || scan->flight.count)
		return false;
	return !sweep_again(scan) && now_ns >= skt_control_end(scan);
}

/* Nothing is under way but questions whether there is anybody. */
static bool is_idle(const struct skt_scan *scan)
{
	return scan->position >= scan->plan->count && scan->flight.count == scan->flight.parked;
}

/* ---- the loop ---- */

/* One round. Whether anything was sent. */
static bool send_some(struct skt_scan *scan, uint64_t now_ns)
{
	struct skt_shot shots[SKT_SHOTS_MAX];
	uint64_t room = scan->engine->ops->room(scan->engine);
	size_t count;

	if (scan->waiting >= (uint64_t)scan->window)
		return false;
	room = SKT_MIN(room, (uint64_t)scan->window - scan->waiting);
	room = skt_pacer_allow(&scan->pacer, SKT_MIN(room, (uint64_t)SKT_SHOTS_MAX), now_ns);
	count = skt_scan_choose(scan, shots, room, now_ns);
	if (!count)
		return false;
	skt_pacer_spend(&scan->pacer, count);
	scan->engine->ops->submit(scan->engine, shots, count, now_ns);
	return true;
}

static uint64_t wait_until(const struct skt_scan *scan, uint64_t now_ns)
{
	uint64_t until = SKT_MIN(now_ns + tick_ns, skt_flight_next(&scan->flight, 50));
	uint64_t paced = skt_pacer_when(&scan->pacer);

	if (paced > now_ns &&
		(scan->position < scan->plan->count || skt_flight_has_due(&scan->flight)))
		until = SKT_MIN(until, paced);
	return SKT_MAX(until, now_ns + 1);
}

/* Until all is known, or something ends it. The reason why pairs stay unasked, if any do. */
static int loop(struct skt_scan *scan, uint64_t begin_ns, enum skt_scan_reason *ret_unasked)
{
	const struct skt_scan_config *c = scan->config;
	uint64_t next_tick = begin_ns;
	struct skt_probe *probe;
	int rc = 0;

	while (!rc && !scan->failed) {
		uint64_t now_ns = skt_clock_ns();
		bool sent;

		skt_gate_tick(scan, now_ns, is_idle(scan));
		while ((probe = skt_flight_expired(&scan->flight, now_ns)))
			expire(scan, probe, now_ns);
		if (is_over(scan, now_ns))
			return 0;
		if (c->stop && *c->stop) {
			*ret_unasked = SKT_REASON_CANCELLED;
			return 0;
		}
		if (c->max_time_ns && now_ns - begin_ns >= c->max_time_ns) {
			*ret_unasked = SKT_REASON_MAX_TIME;
			return 0;
		}
		sent = send_some(scan, now_ns);
		rc = scan->engine->ops->collect(scan->engine, sent ? 0 : wait_until(scan, now_ns));
		skt_control_tick(scan, now_ns);
		if (c->tick && now_ns >= next_tick) {
			scan->stats->elapsed_ns = now_ns - begin_ns;
			c->tick(c->ctx, scan->stats);
			next_tick = now_ns + tick_ns;
		}
	}
	return rc;
}

static void sum_limits(struct skt_scan *scan)
{
	struct skt_scan_stats *stats = scan->stats;

	for (uint64_t i = 0; i <= scan->hosts.mask; i++) {
		const struct skt_host *host = &scan->hosts.slots[i];

		if (!(host->limit.per_sec > 0))
			continue;
		stats->limited_hosts++;
		if (host->number_plus_1 == scan->limited_plus_1)
			stats->resets_per_sec = host->limit.per_sec;
	}
}

static void finish_stats(struct skt_scan *scan, uint64_t begin_ns, bool complete)
{
	struct skt_scan_stats *stats = scan->stats;

	stats->elapsed_ns = skt_clock_ns() - begin_ns;
	stats->complete = complete;
	stats->dropped = scan->engine->dropped;
	stats->foreign = scan->engine->foreign;
	stats->loss = skt_loss_rate(&scan->loss);
	stats->missed = (double)stats->answered;
	for (unsigned int i = 0; i < scan->tries; i++)
		stats->missed *= stats->loss;
	stats->missed = SKT_MIN(stats->missed, (double)scan->unanswered);
	sum_limits(scan);
}

int skt_scan_run(
	const struct skt_scan_config *config, struct skt_scan_stats *stats, struct skt_err *err)
{
	struct skt_scan scan = {.config = config, .stats = stats};
	enum skt_scan_reason unasked = SKT_REASON_NO_RESPONSE;
	uint64_t begin_ns = skt_clock_ns();
	int rc;

	*stats = (struct skt_scan_stats){0};
	rc = scan_init(&scan, begin_ns, err);
	if (!rc) {
		if (config->opened)
			config->opened(config->ctx);
		rc = loop(&scan, begin_ns, &unasked);
		if (rc)
			(void)skt_fail(err, -rc, "waiting for answers");
		else if (!scan.failed)
			skt_scan_conclude(&scan, unasked);
		finish_stats(&scan, begin_ns, !rc && unasked == SKT_REASON_NO_RESPONSE);
	}
	if (!rc && scan.failed)
		rc = skt_fail(err, -scan.failed, "keeping results");
	scan_fini(&scan);
	return rc;
}
