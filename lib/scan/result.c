/* One result for each pair: from what was seen, and from what was not. */
#include "scan/result.h"

#include <errno.h>

#include "base/clock.h"
#include "base/macros.h"
#include "scan/control.h"

enum {
	ALL_OPEN_MIN = 50, /* so many open ports of a host are suspicious, if few are not open */
	DOUBTS_MAX = 16,   /* probes of one port, and then an error is believed in any case */
	FIRM_MIN = 4,      /* ports that had nothing but errors make a host believed at once */
	PORTS_MANY =
		1024, /* up to so many of a host each is asked again, and the first in any case */
};
#include "scan/gate.h"

void skt_scan_resolve(struct skt_scan *scan, const struct skt_plan_pair *pair, uint64_t index,
	const struct skt_finding *finding, unsigned int tries)
{
	const struct skt_verdict *verdict = &finding->verdict;
	struct skt_scan_result result = {
		.index = index,
		.host = pair->host,
		.label = pair->range->label,
		.addr = pair->addr,
		.port = pair->port,
		.state = verdict->state,
		.reason = verdict->reason,
		.from = finding->from,
		.rtt_ns = finding->rtt_ns,
		.from_port = finding->from_port,
		.ttl = finding->ttl,
		.tries = (uint8_t)SKT_MIN(tries, 255U),
	};

	if (scan->config->method == SKT_SCAN_HOSTS && result.state == SKT_SCAN_OPEN)
		skt_gate_lladdr(scan, pair, &result);
	/* What whoever asked looks up in tables of names, and remembers by pair. */
	SKT_ASSERT(verdict->state < SKT_SCAN_STATES && verdict->reason < SKT_REASONS);
	SKT_ASSERT(index < scan->plan->count && !skt_scan_is_resolved(scan, index));
	scan->stats->counts[verdict->state]++;
	scan->stats->answered += verdict->weight >= SKT_WEIGHT_ICMP && !verdict->host;
	if (!scan->failed)
		scan->failed = scan->config->result(scan->config->ctx, &result);
	/* Behind the result, so that none is lost where the program is killed in between. */
	if (verdict->state != SKT_SCAN_SKIPPED)
		scan->resolved[index / 64] |= UINT64_C(1) << index % 64;
}

bool skt_scan_postpone(struct skt_scan *scan, struct skt_probe *probe, enum skt_scan_wait wait)
{
	const uint64_t rest_ns = skt_refusal_rest(wait, probe->failures);

	if (!rest_ns)
		return false;
	scan->stats->requeued++;
	scan->stats->waits[wait]++;
	probe->state = SKT_PROBE_RESTING;
	probe->failures++;
	skt_flight_wait(&scan->flight, probe, skt_clock_ns() + rest_ns);
	return true;
}

/* This host would not send PROBE: that is no try, and whether it is the end depends. */
static void refused(struct skt_scan *scan, struct skt_probe *probe,
	const struct skt_plan_pair *pair, const struct skt_evidence *evidence)
{
	bool fresh;
	struct skt_host *host = skt_hosts_at(&scan->hosts, pair->host, &fresh);
	const struct skt_refusal refusal = skt_refusal_of(evidence->error,
		skt_gate_path(scan, host), skt_gate_has_changed(scan, skt_clock_ns()));
	const struct skt_finding finding = {.verdict = refusal.verdict};
	struct skt_finding known = probe->known;
	uint64_t index = probe->index;
	unsigned int tries;

	if (probe->state == SKT_PROBE_ASKING)
		skt_gate_unask(scan, host, evidence->error);
	scan->waiting -= probe->state == SKT_PROBE_WAITING;
	if (probe->tries && --probe->tries == 0)
		probe->first_ns = 0;
	scan->stats->sent--;
	skt_control_local_failure(scan);
	if (skt_scan_postpone(scan, probe, (enum skt_scan_wait)refusal.wait))
		return;
	tries = probe->tries;
	scan->reserved -= probe->reserved;
	skt_flight_remove(&scan->flight, probe);
	skt_finding_merge(&known, &finding);
	skt_scan_resolve(scan, pair, index, &known, tries);
}

/* Something takes every connection for the host: a proxy, a firewall, a trap for scanners. */
static void note_open(
	struct skt_scan *scan, struct skt_host *host, const struct skt_plan_pair *pair)
{
	const uint32_t planned = pair->range->port_count;

	if (++host->opened != SKT_MAX(planned - planned / 10, (uint32_t)ALL_OPEN_MIN))
		return;
	if (!scan->stats->all_open_hosts++)
		scan->stats->all_open = pair->addr;
}

static void note_host(struct skt_scan *scan, const struct skt_plan_pair *pair,
	const struct skt_finding *finding, const struct skt_evidence *evidence,
	const struct skt_probe *probe, uint64_t now_ns)
{
	const struct skt_verdict *verdict = &finding->verdict;
	bool fresh;
	struct skt_host *host = skt_hosts_at(&scan->hosts, pair->host, &fresh);

	if (verdict->host) {
		skt_gate_missed(scan, host, &evidence->from);
		return;
	}
	/* A rule of this host's own firewall says nothing of whoever is there. */
	if (evidence->from_self && !skt_addr_equal(&evidence->from, &pair->addr))
		skt_gate_unask(scan, host, 0);
	else
		skt_gate_heard(scan, host);
	if (verdict->reason == SKT_REASON_PORT_UNREACHABLE && verdict->state == SKT_SCAN_CLOSED) {
		host->unreachables++;
		host->late_unreachables += probe && probe->tries > 1;
		skt_control_unreachable(scan, host, evidence, probe, now_ns);
	}
	if (skt_addr_equal(&finding->from, &pair->addr))
		host->heard_ns = now_ns;
	host->two_minds |= probe && probe->errors && verdict->weight == SKT_WEIGHT_OWN;
	if (verdict->state == SKT_SCAN_OPEN)
		note_open(scan, host, pair);
	skt_host_hear(host, &pair->addr, finding);
	skt_control_answer(scan, host, evidence, probe, now_ns);
	if (host->limit.per_sec > 0 && !scan->limited_plus_1) {
		scan->limited_plus_1 = host->number_plus_1;
		scan->stats->limited = pair->addr;
	}
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

bool skt_scan_doubts(
	const struct skt_scan *scan, const struct skt_host *host, const struct skt_probe *probe)
{
	const int retries = scan->config->retries;
	unsigned int most = DOUBTS_MAX;

	if (retries != SKT_SCAN_RETRIES_AUTO)
		most = SKT_MIN(most, (unsigned int)retries + 1);
	return host && host->two_minds && probe->tries < most;
}

bool skt_scan_is_firm(const struct skt_host *host, const struct skt_plan_pair *pair,
	const struct skt_probe *probe)
{
	return probe->errors == 1 && probe->tries == 1 && !probe->sample &&
		pair->range->port_count > PORTS_MANY && pair->port >= PORTS_MANY &&
		skt_host_is_firm(host, (enum skt_scan_reason)probe->known.verdict.reason);
}

/*
 * An ICMP error is about one packet: the next may get through, or be answered by the port itself.
 * Whether PROBE goes on for that. TRY is the probe that the error came for; one that is doubled
 * counts once. The first errors of a host are not told before there was time for others of its
 * ports to speak for themselves.
 */
static bool asks_again(struct skt_scan *scan, const struct skt_plan_pair *pair,
	struct skt_probe *probe, const struct skt_finding *finding, unsigned int try)
{
	const enum skt_scan_reason reason = (enum skt_scan_reason)finding->verdict.reason;
	struct skt_host *host = skt_hosts_find(&scan->hosts, pair->host);

	skt_finding_merge(&probe->known, finding);
	if (finding->verdict.weight != SKT_WEIGHT_ICMP || finding->verdict.host ||
		!scan->config->retries)
		return false;
	if (probe->errors && (probe->state != SKT_PROBE_WAITING || (try && try < probe->tries)))
		return true;
	if (probe->errors == 1 && host && !host->two_minds)
		skt_host_confirm(host, reason);
	if (probe->errors++ && !skt_scan_doubts(scan, host, probe))
		return probe->state == SKT_PROBE_WAITING && host && !host->two_minds &&
			host->firm < FIRM_MIN;
	probe->sample = probe->errors == 1 && host && skt_host_samples(host, reason);
	if (host && skt_scan_is_firm(host, pair, probe))
		return false;
	scan->waiting -= probe->state == SKT_PROBE_WAITING;
	probe->state = SKT_PROBE_RESTING;
	if (!probe->reserved && probe->sample)
		skt_flight_queue_first(&scan->flight, probe);
	else if (!probe->reserved)
		skt_flight_queue(&scan->flight, probe);
	return true;
}

void skt_scan_seen(void *ctx, const struct skt_evidence *evidence)
{
	struct skt_scan *scan = ctx;
	struct skt_probe *probe;
	struct skt_plan_pair pair;
	struct skt_evidence known = *evidence;
	struct skt_finding finding;
	unsigned int tries;
	uint64_t now_ns;

	SKT_ASSERT(evidence->index < scan->plan->count);
	if (skt_scan_is_resolved(scan, evidence->index)) {
		scan->stats->duplicates++;
		return;
	}
	skt_plan_at(scan->plan, evidence->index, &pair);
	probe = skt_flight_find(&scan->flight, evidence->index);
	if (evidence->kind == SKT_EVIDENCE_LOCAL) {
		if (probe)
			refused(scan, probe, &pair, evidence);
		return;
	}
	now_ns = skt_clock_ns();
	if (is_late(probe, evidence))
		scan->late_ns = now_ns;
	if (!probe && scan->silent)
		scan->silent--;
	if (probe)
		known.rtt_ns = round_trip(probe, evidence, now_ns);
	finding = skt_finding_of(scan->config->method == SKT_SCAN_UDP, &pair.addr, &known);
	if (scan->config->method == SKT_SCAN_HOSTS)
		skt_finding_to_host(&finding, &pair.addr);
	tries = skt_given_tries(&scan->given, evidence->index);
	note_host(scan, &pair, &finding, &known, probe, now_ns);
	if (probe) {
		if (asks_again(scan, &pair, probe, &finding, evidence->try))
			return;
		finding = probe->known;
		tries = probe->tries;
		scan->waiting -= probe->state == SKT_PROBE_WAITING;
		scan->reserved -= probe->reserved;
		skt_flight_remove(&scan->flight, probe);
	}
	skt_scan_resolve(scan, &pair, evidence->index, &finding, tries);
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

/* What silence means. */
static struct skt_finding silence(
	struct skt_scan *scan, const struct skt_host *host, const struct skt_plan_pair *pair)
{
	const bool udp = scan->config->method == SKT_SCAN_UDP;
	struct skt_finding finding = {
		.verdict = {
			.state = udp ? SKT_SCAN_OPEN_FILTERED : SKT_SCAN_FILTERED,
			.reason = SKT_REASON_NO_RESPONSE,
			.weight = SKT_WEIGHT_SILENCE,
		}};

	/* Routers limit their errors too: what few of them say of the host holds for it. */
	if (host && skt_host_is_gone(host))
		return (struct skt_finding){
			.verdict = {.state = SKT_SCAN_UNREACHABLE,
				.reason = SKT_REASON_HOST_UNREACHABLE,
				.weight = SKT_WEIGHT_ICMP},
			.from = host->gone_from,
		};
	scan->unanswered++;
	if (udp && host && is_icmp_limited(host)) {
		finding.verdict.reason = SKT_REASON_ICMP_LIMITED;
		scan->stats->icmp_limited++;
		note_bound(scan, pair->host);
	} else if (!udp && host && host->limit.per_sec > 0) {
		finding.verdict.reason = SKT_REASON_RESET_LIMITED;
		scan->stats->reset_limited++;
	}
	return finding;
}

static void conclude_one(struct skt_scan *scan, uint64_t index, enum skt_scan_reason unasked)
{
	const struct skt_probe *probe = skt_flight_find(&scan->flight, index);
	const struct skt_host *host;
	struct skt_finding finding, known = {0};
	struct skt_plan_pair pair;
	unsigned int tries = probe ? probe->tries : skt_given_tries(&scan->given, index);

	if (skt_scan_is_resolved(scan, index))
		return;
	skt_plan_at(scan->plan, index, &pair);
	host = skt_hosts_find(&scan->hosts, pair.host);
	if (probe)
		known = probe->known;
	if (host && host->state == SKT_HOST_DOWN)
		finding = skt_host_down(host);
	else if (unasked != SKT_REASON_NO_RESPONSE)
		finding = (struct skt_finding){.verdict = {.state = SKT_SCAN_SKIPPED,
						       .reason = (uint8_t)unasked,
						       .weight = SKT_WEIGHT_LOCAL}};
	else
		finding = silence(scan, host, &pair);
	skt_finding_merge(&known, &finding);
	skt_scan_resolve(scan, &pair, index, &known, tries);
}

static void conclude_all(struct skt_scan *scan, enum skt_scan_reason unasked)
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

/* What is known without asking on: ports that had all their tries, and what was said of others. */
static void conclude_known(struct skt_scan *scan, enum skt_scan_reason unasked)
{
	struct skt_probe *probe;
	uint32_t list = 0;

	for (uint64_t i = skt_given_next(&scan->given, 0); i < scan->plan->count && !scan->failed;
		i = skt_given_next(&scan->given, i + 1))
		conclude_one(scan, i, SKT_REASON_NO_RESPONSE);
	while (!scan->failed && (probe = skt_flight_pop(&scan->flight, &list)))
		if (probe->known.verdict.weight >= SKT_WEIGHT_ICMP)
			conclude_one(scan, probe->index, unasked);
}

void skt_scan_conclude(struct skt_scan *scan, enum skt_scan_reason unasked)
{
	struct skt_scan_stats *stats = scan->stats;

	if (unasked == SKT_REASON_NO_RESPONSE) {
		conclude_all(scan, unasked);
		return;
	}
	conclude_known(scan, unasked);
	if (scan->config->skipped) {
		conclude_all(scan, unasked);
		return;
	}
	stats->counts[SKT_SCAN_SKIPPED] = stats->planned;
	for (size_t state = 0; state < SKT_SCAN_STATES; state++)
		if (state != SKT_SCAN_SKIPPED)
			stats->counts[SKT_SCAN_SKIPPED] -= stats->counts[state];
}
