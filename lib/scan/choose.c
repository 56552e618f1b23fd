#include "scan/choose.h"

#include <errno.h>

#include "base/clock.h"
#include "base/macros.h"
#include "scan/control.h"
#include "scan/gate.h"
#include "scan/result.h"

enum { RESERVED_MAX = 4096 };

/* Turns are not given out for longer: the limit of a host may change. */
static const uint64_t turns_ahead_ns = 250 * SKT_NS_PER_MS;

struct skt_host *skt_scan_host(struct skt_scan *scan, const struct skt_plan_pair *pair)
{
	bool fresh;

	return skt_hosts_at(&scan->hosts, pair->host, &fresh);
}

/* A pair that was not probed yet, or NULL: none is left, or no more can be held. */
static struct skt_probe *next_new(struct skt_scan *scan)
{
	while (scan->position < scan->plan->count) {
		uint64_t index = skt_order_at(&scan->order, scan->position);
		struct skt_probe *probe;

		if (!skt_scan_is_resolved(scan, index)) {
			probe = skt_flight_add(&scan->flight, index);
			if (!probe)
				return NULL;
			probe->tries = (uint8_t)skt_given_tries(&scan->given, index);
			scan->position += scan->shard_count;
			return probe;
		}
		scan->position += scan->shard_count;
	}
	return NULL;
}

/* Whether the host may be probed now; else PROBE waits for its turn. */
static bool take_turn(
	struct skt_scan *scan, struct skt_host *host, struct skt_probe *probe, uint64_t now_ns)
{
	const uint64_t gap_ns = skt_control_gap(scan, host);

	if (probe->reserved) {
		probe->reserved = false;
		scan->reserved--;
		if (!probe->parked)
			return true;
	}
	if (!gap_ns)
		return true;
	if (host->next_ns <= now_ns) {
		host->next_ns = now_ns + gap_ns;
		return true;
	}
	probe->state = SKT_PROBE_RESTING;
	probe->reserved = true;
	scan->reserved++;
	probe->parked = host->next_ns > now_ns + turns_ahead_ns;
	skt_flight_wait(
		&scan->flight, probe, probe->parked ? now_ns + turns_ahead_ns : host->next_ns);
	host->next_ns += probe->parked ? 0 : gap_ns;
	return false;
}

/* PROBE is over without having been sent, or to nobody. */
static void give(struct skt_scan *scan, const struct skt_plan_pair *pair, struct skt_probe *probe,
	const struct skt_finding *finding)
{
	struct skt_finding known = probe->known;
	uint64_t index = probe->index;
	unsigned int tries = probe->tries;

	skt_finding_merge(&known, finding);
	scan->reserved -= probe->reserved;
	skt_flight_remove(&scan->flight, probe);
	skt_scan_resolve(scan, pair, index, &known, tries);
}

static void give_down(struct skt_scan *scan, const struct skt_plan_pair *pair,
	const struct skt_host *host, struct skt_probe *probe)
{
	const struct skt_finding finding = skt_host_down(host);

	give(scan, pair, probe, &finding);
}

/* There is no path to HOST: one may come back, or that is the result. */
static void give_no_path(struct skt_scan *scan, const struct skt_plan_pair *pair,
	const struct skt_host *host, struct skt_probe *probe, uint64_t now_ns)
{
	const struct skt_path *path = skt_gate_path(scan, host);
	const struct skt_refusal refusal =
		skt_refusal_of(path->error, path, skt_gate_has_changed(scan, now_ns));

	if (!skt_scan_postpone(scan, probe, refusal.wait))
		give(scan, pair, probe, &(struct skt_finding){.verdict = refusal.verdict});
}

bool skt_scan_found(struct skt_scan *scan, const struct skt_plan_pair *pair,
	const struct skt_host *host, struct skt_probe *probe, uint64_t now_ns)
{
	struct skt_finding finding = {
		.verdict = {.state = SKT_SCAN_OPEN,
			.reason = SKT_REASON_NEIGHBOR,
			.weight = SKT_WEIGHT_OWN},
		.from = pair->addr,
	};

	if (scan->config->method != SKT_SCAN_HOSTS || !skt_gate_is_found(scan, host))
		return false;
	if (probe->tries == 1)
		finding.rtt_ns = now_ns - probe->sent_ns;
	give(scan, pair, probe, &finding);
	return true;
}

static void fill_shot(struct skt_scan *scan, struct skt_probe *probe, struct skt_host *host,
	const struct skt_plan_pair *pair, uint64_t now_ns, struct skt_shot *shot)
{
	const struct skt_path *path = skt_gate_path(scan, host);

	const bool first = !host->first_ns;

	if (first)
		host->first_ns = now_ns;
	if (!probe->first_ns)
		probe->first_ns = now_ns;
	probe->sent_ns = now_ns;
	probe->tries++;
	*shot = (struct skt_shot){
		.index = probe->index,
		.host = pair->host,
		.addr = pair->addr,
		.port = pair->port,
		.try = probe->tries,
		.wait_ns = skt_control_timeout(scan, host, probe->tries),
		.keep_ns = first ? skt_control_keep(scan, host) : 0,
	};
	if (path && path->kind == SKT_PATH_LOCAL) {
		/* Its interface is loopback in one table, and another in the next. */
		shot->source = path->source.family == AF_UNSPEC ? pair->addr : path->source;
	} else if (path) {
		shot->source = path->source;
		shot->ifindex = path->ifindex;
	}
	skt_control_sent(scan, host, probe, now_ns);
	scan->stats->sent++;
}

/* Sends PROBE, which then is waited for, or parked at PARK where it is the question. */
static void shoot(struct skt_scan *scan, struct skt_probe *probe, struct skt_host *host,
	const struct skt_plan_pair *pair, uint64_t now_ns, struct skt_shot *shot)
{
	fill_shot(scan, probe, host, pair, now_ns, shot);
	probe->state = SKT_PROBE_WAITING;
	scan->waiting++;
	skt_flight_wait(&scan->flight, probe, now_ns + skt_control_look(scan, host));
}

static void shoot_question(struct skt_scan *scan, struct skt_probe *probe, struct skt_host *host,
	const struct skt_plan_pair *pair, uint64_t now_ns, struct skt_shot *shot)
{
	fill_shot(scan, probe, host, pair, now_ns, shot);
	probe->state = SKT_PROBE_ASKING;
	if (skt_flight_park(&scan->flight, probe, host->neighbor)) {
		scan->failed = -ENOMEM;
		return;
	}
	skt_gate_ask(scan, host, now_ns);
}

/* Where the gate of its host lets PROBE go: whether into SHOT. */
static bool pass(
	struct skt_scan *scan, struct skt_probe *probe, uint64_t now_ns, struct skt_shot *shot)
{
	struct skt_plan_pair pair;
	struct skt_host *host;
	uint32_t park = 0;

	skt_plan_at(scan->plan, probe->index, &pair);
	host = skt_scan_host(scan, &pair);
	/* What others have shown since its error came. */
	if (skt_scan_is_firm(host, &pair, probe)) {
		give(scan, &pair, probe, &probe->known);
		return false;
	}
	switch (skt_gate_for(scan, host, &pair, &park)) {
	case SKT_GATE_OPEN:
		if (skt_scan_found(scan, &pair, host, probe, now_ns) ||
			!take_turn(scan, host, probe, now_ns))
			return false;
		shoot(scan, probe, host, &pair, now_ns, shot);
		return true;
	case SKT_GATE_QUESTION:
		if (!take_turn(scan, host, probe, now_ns))
			return false;
		shoot_question(scan, probe, host, &pair, now_ns, shot);
		return true;
	case SKT_GATE_HOLD:
		if (skt_flight_park(&scan->flight, probe, park))
			scan->failed = -ENOMEM;
		return false;
	case SKT_GATE_DOWN:
		give_down(scan, &pair, host, probe);
		return false;
	case SKT_GATE_NO_PATH:
		give_no_path(scan, &pair, host, probe, now_ns);
		return false;
	}
	return false;
}

size_t skt_scan_choose(struct skt_scan *scan, struct skt_shot *shots, size_t count, uint64_t now_ns)
{
	size_t n = 0;

	while (n < count && !scan->failed) {
		struct skt_probe *probe = skt_flight_take(&scan->flight);

		if (!probe && scan->reserved < RESERVED_MAX)
			probe = next_new(scan);
		if (!probe)
			break;
		n += pass(scan, probe, now_ns, &shots[n]);
	}
	return n;
}
