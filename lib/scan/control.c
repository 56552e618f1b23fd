/*
 * How fast, how often, how long.
 *
 * The window of probes in flight grows with every answer and with every silence that was waited
 * for: a firewall that drops is no reason to go slowly. It shrinks when more gets lost than gets
 * lost anyway (`loss_floor` learns what that is), when the kernel dropped answers, and when this
 * host ran out of something. Losses are known from ports that answered only when asked again.
 */
#include "scan/control.h"

#include "base/clock.h"
#include "base/macros.h"

enum {
	WINDOW_MIN = 64,
	EPOCH_MIN_SAMPLES = 50,
	TRIES_UNKNOWN = 3,
	TRIES_MIN = 2,
	TRIES_SLOW_ICMP = 5,
	TRIES_LIMITED_UDP = 10,
};

static const uint64_t timeout_min_ns = 100 * SKT_NS_PER_MS;
static const uint64_t timeout_unknown_ns = 300 * SKT_NS_PER_MS;
/* Linux sends its own second SYN after a second: an attempt to connect() ends before. */
static const uint64_t timeout_max_ns = 900 * SKT_NS_PER_MS;
/*
 * Silence is believed after a second without a word: a router that has to find the host first asks
 * for it that often (RFC 4861 RETRANS_TIMER), and whatever forwards may get no processor for as
 * long.
 */
static const uint64_t patience_ns = 1000 * SKT_NS_PER_MS;
/*
 * A router asks for a host three times, a second each, before it says that there is none (RFC 4861
 * MAX_MULTICAST_SOLICIT; Linux does so by ARP too).
 */
static const uint64_t router_ns = 3300 * SKT_NS_PER_MS;

void skt_control_init(struct skt_scan *scan, uint64_t now_ns)
{
	static const double first_window[] = {[SKT_SCAN_CONNECT] = 1024,
		[SKT_SCAN_SYN] = 4096,
		[SKT_SCAN_UDP] = 1024,
		[SKT_SCAN_HOSTS] = 4096};

	scan->window = SKT_MIN(first_window[scan->config->method], (double)scan->engine->capacity);
	scan->tries = TRIES_UNKNOWN;
	scan->epoch_end_ns = now_ns;
}

static void grow_window(struct skt_scan *scan)
{
	if (scan->window < scan->engine->capacity)
		scan->window++;
}

static void shrink_window(struct skt_scan *scan, double factor)
{
	scan->window = SKT_MAX(scan->window * factor, (double)WINDOW_MIN);
	scan->window = SKT_MIN(scan->window, (double)scan->engine->capacity);
}

static void add_loss(struct skt_loss *loss, unsigned int lost)
{
	loss->arrived++;
	loss->lost += lost;
}

/* What a host holds back is not lost: its resets count with the losses, or do so no more. */
static void take_resets_out(struct skt_scan *scan, const struct skt_host *host)
{
	scan->loss.arrived -= SKT_MIN(scan->loss.arrived, host->resets.arrived);
	scan->loss.lost -= SKT_MIN(scan->loss.lost, host->resets.lost);
}

static void put_resets_in(struct skt_scan *scan, const struct skt_host *host)
{
	scan->loss.arrived += host->resets.arrived;
	scan->loss.lost += host->resets.lost;
}

static void note_reset(struct skt_scan *scan, struct skt_host *host, const struct skt_probe *probe,
	unsigned int lost, uint64_t now_ns)
{
	if (!(host->limit.per_sec > 0)) {
		add_loss(&scan->loss, lost);
		add_loss(&scan->epoch, lost);
	}
	add_loss(&host->resets, lost);
	if (skt_limit_reset(&host->limit, probe ? probe->order : 0, lost + 1, now_ns)) {
		take_resets_out(scan, host);
		scan->limit_found = true;
	}
}

void skt_control_answer(struct skt_scan *scan, struct skt_host *host,
	const struct skt_evidence *evidence, const struct skt_probe *probe, uint64_t now_ns)
{
	const unsigned int tries = probe && probe->tries ? probe->tries : 1;
	const unsigned int answered = evidence->try ? evidence->
	try : tries
		;
	/* Those that an ICMP error came for did arrive somewhere. */
	const unsigned int errors = probe ? probe->errors : 0;
	const unsigned int lost = answered > 1 + errors ? answered - 1 - errors : 0;

	host->answered = true;
	switch (evidence->kind) {
	case SKT_EVIDENCE_RESET:
		note_reset(scan, host, probe, lost, now_ns);
		break;
	case SKT_EVIDENCE_ACCEPTED:
	case SKT_EVIDENCE_ABORTED:
	case SKT_EVIDENCE_DATAGRAM:
	case SKT_EVIDENCE_ECHO:
		skt_limit_answer(&host->limit);
		add_loss(&scan->loss, lost);
		add_loss(&scan->epoch, lost);
		add_loss(&host->loss, lost);
		break;
	case SKT_EVIDENCE_ICMP: /* RFC 1812 4.3.2.8, RFC 4443 2.4 (f): everybody limits these */
	case SKT_EVIDENCE_LOCAL:
		break;
	}
	/* Karn's rule: only where it is certain which probe was answered. */
	if (evidence->rtt_ns && (evidence->try || tries == 1)) {
		skt_rtt_add(&scan->rtt, evidence->rtt_ns);
		skt_rtt_add(&host->rtt, evidence->rtt_ns);
	}
	grow_window(scan);
}

void skt_control_unreachable(struct skt_scan *scan, struct skt_host *host,
	const struct skt_evidence *evidence, const struct skt_probe *probe, uint64_t now_ns)
{
	const unsigned int tries = probe && probe->tries ? probe->tries : 1;
	const unsigned int answered = evidence->try ? evidence->
	try : tries
		;

	if (skt_limit_reset(&host->limit, probe ? probe->order : 0, answered, now_ns))
		scan->limit_found = true;
}

void skt_control_sent(
	struct skt_scan *scan, struct skt_host *host, struct skt_probe *probe, uint64_t now_ns)
{
	uint32_t order = skt_limit_sent(&host->limit, !probe->order, now_ns);

	if (!probe->order)
		probe->order = order;
	if (skt_limit_adapt(&host->limit, now_ns))
		put_resets_in(scan, host);
}

void skt_control_silence(struct skt_scan *scan)
{
	grow_window(scan);
}

void skt_control_local_failure(struct skt_scan *scan)
{
	shrink_window(scan, 0.98);
}

static unsigned int tries_for(const struct skt_scan *scan, const struct skt_loss *loss)
{
	/* A host that limits its ICMP messages looks like one that loses them. */
	const unsigned int most = scan->config->method == SKT_SCAN_UDP ? 5 : SKT_SCAN_TRIES_MAX;
	const unsigned int least =
		loss->arrived + loss->lost < EPOCH_MIN_SAMPLES ? TRIES_UNKNOWN : TRIES_MIN;
	unsigned int tries;

	if (!loss->lost)
		return least;
	tries = skt_loss_tries(skt_loss_bound(loss), scan->loss.arrived, most);
	return SKT_MAX(tries, least);
}

static void end_epoch(struct skt_scan *scan)
{
	uint64_t dropped = scan->engine->dropped;
	double rate = skt_loss_rate(&scan->epoch);

	if (dropped != scan->epoch_dropped)
		shrink_window(scan, 0.5);
	scan->epoch_dropped = dropped;
	if (scan->epoch.arrived + scan->epoch.lost >= EPOCH_MIN_SAMPLES) {
		if (rate > scan->loss_floor * 1.5 + 0.05)
			shrink_window(scan, 0.5);
		scan->loss_floor += (rate - scan->loss_floor) / 4;
		scan->epoch = (struct skt_loss){0};
	}
	if (scan->config->retries == SKT_SCAN_RETRIES_AUTO)
		scan->tries = tries_for(scan, &scan->loss);
}

void skt_control_tick(struct skt_scan *scan, uint64_t now_ns)
{
	if (now_ns < scan->epoch_end_ns)
		return;
	end_epoch(scan);
	scan->epoch_end_ns = now_ns + SKT_MAX(2 * scan->rtt.smoothed_ns, 50 * SKT_NS_PER_MS);
}

uint64_t skt_control_timeout(
	const struct skt_scan *scan, const struct skt_host *host, unsigned int try)
{
	const uint64_t most = scan->config->timeout_ns ? scan->config->timeout_ns : timeout_max_ns;
	const struct skt_rtt *rtt = host->rtt.smoothed_ns ? &host->rtt : &scan->rtt;
	uint64_t timeout = skt_rtt_timeout(rtt);

	timeout = timeout ? SKT_MAX(timeout + timeout / 4, timeout_min_ns) : timeout_unknown_ns;
	if (try > 1)
		timeout <<= SKT_MIN(try - 1, 4U);
	return SKT_MIN(timeout, most);
}

uint64_t skt_control_look(const struct skt_scan *scan, const struct skt_host *host)
{
	return SKT_MIN(skt_control_timeout(scan, host, 1), timeout_min_ns);
}

uint64_t skt_control_rest(
	const struct skt_scan *scan, const struct skt_host *host, const struct skt_probe *probe)
{
	uint64_t wait = skt_control_timeout(scan, host, probe->tries);
	/* A silent UDP port of a host that is there is common, and called open|filtered in any
	 * case. */
	uint64_t since = scan->config->method == SKT_SCAN_UDP ? 1 : probe->sent_ns;

	if (host->heard_ns < since && !scan->config->timeout_ns &&
		probe->tries >= skt_control_tries(scan, host))
		wait = SKT_MAX(wait, patience_ns);
	/* What the router has to say of a host that is not there comes so late. */
	if (host->routed && !host->answered && !scan->config->timeout_ns &&
		probe->sent_ns < host->first_ns + router_ns)
		wait = SKT_MAX(wait, host->first_ns + router_ns - probe->sent_ns);
	return wait - skt_control_timeout(scan, host, 1);
}

uint64_t skt_control_keep(const struct skt_scan *scan, const struct skt_host *host)
{
	const struct skt_scan_config *c = scan->config;

	return host->routed && !c->timeout_ns && c->retries == SKT_SCAN_RETRIES_AUTO ? router_ns
										     : 0;
}

uint64_t skt_control_end(const struct skt_scan *scan)
{
	return scan->silent && scan->late_ns && !scan->config->timeout_ns
		? scan->late_ns + patience_ns
		: 0;
}

unsigned int skt_control_tries(const struct skt_scan *scan, const struct skt_host *host)
{
	unsigned int tries = scan->tries;
	struct skt_loss loss = host->loss;

	if (scan->config->retries != SKT_SCAN_RETRIES_AUTO)
		return (unsigned int)scan->config->retries + 1;
	/* It will answer, in time; UDP ports may be silent by themselves. */
	if (skt_limit_gap(&host->limit))
		return scan->config->method == SKT_SCAN_UDP ? TRIES_LIMITED_UDP
							    : SKT_SCAN_TRIES_MAX;
	/* Long enough to see whether the host sends its ICMP messages by the second. */
	if (scan->config->method == SKT_SCAN_UDP &&
		(host->silences > 4 * host->unreachables || host->late_unreachables))
		tries = SKT_MAX(tries, (unsigned int)TRIES_SLOW_ICMP);
	/* One lossy host among good ones. */
	if (!(host->limit.per_sec > 0)) {
		loss.arrived += host->resets.arrived;
		loss.lost += host->resets.lost;
	}
	if (scan->plan->hosts > 1 && loss.lost && loss.arrived + loss.lost >= EPOCH_MIN_SAMPLES)
		tries = SKT_MAX(tries, tries_for(scan, &loss));
	return tries;
}

uint64_t skt_control_gap(const struct skt_scan *scan, const struct skt_host *host)
{
	uint64_t rate = scan->config->rate_per_host, gap = rate ? SKT_NS_PER_SEC / rate : 0;

	return SKT_MAX(gap, skt_limit_gap(&host->limit));
}
