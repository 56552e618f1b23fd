/* One result for each pair: from what was seen, and from what was not. */
#include "scan/result.h"

#include <errno.h>

#include "base/clock.h"
#include "base/macros.h"
#include "scan/control.h"

enum {
	LOCAL_FAILURES_MAX = 60, /* refusals in a row, each waited for, that end a probe */
};

void skt_scan_resolve(struct skt_scan *scan, const struct skt_plan_pair *pair, uint64_t index,
	const struct skt_verdict *verdict, const struct skt_evidence *evidence, unsigned int tries)
{
	struct skt_scan_result result = {
		.index = index,
		.host = pair->host,
		.label = pair->range->label,
		.addr = pair->addr,
		.port = pair->port,
		.state = verdict->state,
		.reason = verdict->reason,
		.tries = (uint8_t)SKT_MIN(tries, 255U),
	};

	if (evidence) {
		result.rtt_ns = evidence->rtt_ns;
		result.ttl = evidence->ttl;
		if (evidence->kind != SKT_EVIDENCE_LOCAL)
			result.from =
				evidence->from.family == AF_UNSPEC ? pair->addr : evidence->from;
	}
	/* What whoever asked looks up in tables of names, and remembers by pair. */
	SKT_ASSERT(verdict->state < SKT_SCAN_STATES && verdict->reason < SKT_REASONS);
	SKT_ASSERT(index < scan->plan->count && !skt_scan_is_resolved(scan, index));
	scan->stats->counts[verdict->state]++;
	if (!scan->failed)
		scan->failed = scan->config->result(scan->config->ctx, &result);
	/* Behind the result, so that none is lost where the program is killed in between. */
	if (verdict->state != SKT_SCAN_SKIPPED)
		scan->resolved[index / 64] |= UINT64_C(1) << index % 64;
}

/* This host could not send it: later, and that is no try. */
static bool requeue(struct skt_scan *scan, struct skt_probe *probe)
{
	if (probe->failures >= LOCAL_FAILURES_MAX)
		return false;
	if (probe->state == SKT_PROBE_WAITING)
		scan->waiting--;
	probe->state = SKT_PROBE_RESTING;
	if (probe->tries && --probe->tries == 0)
		probe->first_ns = 0;
	scan->stats->requeued++;
	scan->stats->sent--;
	skt_flight_wait(&scan->flight, probe,
		skt_clock_ns() + (SKT_NS_PER_MS << SKT_MIN(probe->failures, (uint16_t)8)));
	probe->failures++;
	skt_control_local_failure(scan);
	return true;
}

static void note_host(struct skt_scan *scan, const struct skt_plan_pair *pair,
	const struct skt_verdict *verdict, const struct skt_evidence *evidence, unsigned int tries,
	uint64_t now_ns)
{
	bool fresh;
	struct skt_host *host = skt_hosts_at(&scan->hosts, pair->host, &fresh);

	if (verdict->host && !host->answered) {
		host->down = true;
		host->down_from = evidence->from;
		return;
	}
	if (evidence->kind == SKT_EVIDENCE_LOCAL || verdict->host)
		return;
	if (verdict->reason == SKT_REASON_PORT_UNREACHABLE && verdict->state == SKT_SCAN_CLOSED) {
		host->unreachables++;
		host->late_unreachables += tries > 1;
	}
	if (evidence->from.family == AF_UNSPEC || skt_addr_equal(&evidence->from, &pair->addr))
		host->heard_ns = now_ns;
	scan->stats->answered++;
	skt_control_answer(scan, host, tries ? tries : 1, evidence->try, evidence->rtt_ns);
}

/* The round trip, where it is certain which probe was answered; 0: it is not. */
static uint64_t round_trip(
	const struct skt_probe *probe, const struct skt_evidence *evidence, uint64_t now_ns)
{
	if (evidence->rtt_ns || !probe->tries)
		return evidence->rtt_ns;
	if (evidence->try == probe->tries || (!evidence->try && probe->tries == 1))
		return now_ns - probe->sent_ns;
	return evidence->try == 1 ? now_ns - probe->first_ns : 0;
}

/* Whether the answer came when it was not waited for any more. */
static bool is_late(const struct skt_probe *probe, const struct skt_evidence *evidence)
{
	if (evidence->kind == SKT_EVIDENCE_LOCAL)
		return false;
	return !probe || probe->state == SKT_PROBE_RESTING ||
		(evidence->try && evidence->try < probe->tries);
}

void skt_scan_seen(void *ctx, const struct skt_evidence *evidence)
{
	struct skt_scan *scan = ctx;
	struct skt_probe *probe;
	struct skt_plan_pair pair;
	struct skt_verdict verdict;
	struct skt_evidence known = *evidence;
	unsigned int tries = 0;
	uint64_t now_ns;

	SKT_ASSERT(evidence->index < scan->plan->count);
	if (skt_scan_is_resolved(scan, evidence->index)) {
		scan->stats->duplicates++;
		return;
	}
	skt_plan_at(scan->plan, evidence->index, &pair);
	verdict = skt_verdict_of(scan->config->method == SKT_SCAN_UDP, &pair.addr, evidence);
	probe = skt_flight_find(&scan->flight, evidence->index);
	now_ns = skt_clock_ns();
	if (is_late(probe, evidence))
		scan->late_ns = now_ns;
	if (!probe && scan->silent)
		scan->silent--;
	if (probe) {
		tries = probe->tries;
		known.rtt_ns = round_trip(probe, evidence, now_ns);
		if (verdict.retry && requeue(scan, probe))
			return;
		scan->waiting -= probe->state == SKT_PROBE_WAITING;
		scan->reserved -= probe->reserved;
		skt_flight_remove(&scan->flight, probe);
	}
	note_host(scan, &pair, &verdict, &known, tries, now_ns);
	skt_scan_resolve(scan, &pair, evidence->index, &verdict, &known, tries);
}

/* ---- what stayed silent ---- */

/*
 * A host whose "port unreachable" came for later probes only kept the first ones back: Linux sends
 * six at once and then one a second (icmp_ratelimit, net/ipv4/icmp.c).
 */
static bool is_icmp_limited(const struct skt_host *host)
{
	return host->late_unreachables > 0;
}

/* Results come host after host; the largest number of silent ports is what takes longest. */
static void note_bound(struct skt_scan *scan, uint64_t host)
{
	if (scan->limited_host != host)
		scan->limited_ports = 0;
	scan->limited_host = host;
	scan->limited_ports++;
	scan->stats->icmp_bound_sec = SKT_MAX(scan->stats->icmp_bound_sec, scan->limited_ports);
}

static void conclude_one(struct skt_scan *scan, uint64_t index, enum skt_scan_reason unasked)
{
	const bool udp = scan->config->method == SKT_SCAN_UDP;
	struct skt_verdict verdict = {
		.state = udp ? SKT_SCAN_OPEN_FILTERED : SKT_SCAN_FILTERED,
		.reason = SKT_REASON_NO_RESPONSE,
	};
	struct skt_evidence evidence = {.kind = SKT_EVIDENCE_ICMP};
	struct skt_probe *probe = skt_flight_find(&scan->flight, index);
	const struct skt_host *host;
	struct skt_plan_pair pair;

	if (skt_scan_is_resolved(scan, index))
		return;
	skt_plan_at(scan->plan, index, &pair);
	host = skt_hosts_find(&scan->hosts, pair.host);
	if (host && host->down) {
		verdict = (struct skt_verdict){
			.state = SKT_SCAN_UNREACHABLE, .reason = SKT_REASON_NO_NEIGHBOR};
		evidence.from = host->down_from;
		skt_scan_resolve(scan, &pair, index, &verdict, &evidence, 0);
		return;
	}
	if (unasked != SKT_REASON_NO_RESPONSE)
		verdict =
			(struct skt_verdict){.state = SKT_SCAN_SKIPPED, .reason = (uint8_t)unasked};
	else if (udp && host && is_icmp_limited(host)) {
		verdict.reason = SKT_REASON_ICMP_LIMITED;
		scan->stats->icmp_limited++;
		note_bound(scan, pair.host);
	}
	skt_scan_resolve(scan, &pair, index, &verdict, NULL,
		probe ? probe->tries
			: unasked == SKT_REASON_NO_RESPONSE
			? skt_control_tries(scan, host ? host : &(struct skt_host){0})
			: 0);
}

void skt_scan_conclude(struct skt_scan *scan, enum skt_scan_reason unasked)
{
	uint64_t words = scan->plan->count / 64 + 1;

	if (scan->shard_count > 1) {
		for (uint64_t i = scan->config->shard; i < scan->plan->count && !scan->failed;
			i += scan->shard_count)
			conclude_one(scan, skt_order_at(&scan->order, i), unasked);
		return;
	}
	for (uint64_t word = 0; word < words && !scan->failed; word++)
		for (unsigned int bit = 0; bit < 64 && ~scan->resolved[word]; bit++)
			if (word * 64 + bit < scan->plan->count)
				conclude_one(scan, word * 64 + bit, unasked);
}
