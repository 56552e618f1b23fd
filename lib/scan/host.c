#include "scan/host.h"

#include <errno.h>
#include <stdlib.h>

/* Places that one host may have, where it has none of its own. */
enum { WAYS = 8 };

int skt_hosts_init(struct skt_hosts *hosts, uint64_t count)
{
	uint32_t size = 1;

	while (size < count && size < SKT_HOSTS_MAX)
		size *= 2;
	hosts->mask = size - 1;
	hosts->crowded = size < count;
	hosts->slots = calloc(size, sizeof(*hosts->slots));
	return hosts->slots ? 0 : -ENOMEM;
}

void skt_hosts_fini(struct skt_hosts *hosts)
{
	free(hosts->slots);
	hosts->slots = NULL;
}

/* The first place that host NUMBER may have, and how many. */
static struct skt_host *set_of(const struct skt_hosts *hosts, uint64_t number, size_t *ret_ways)
{
	uint64_t spread = number * UINT64_C(0x9e3779b97f4a7c15) >> 32;

	*ret_ways = hosts->crowded ? WAYS : 1;
	return &hosts->slots[hosts->crowded ? spread & hosts->mask & ~(WAYS - 1u)
					    : number & hosts->mask];
}

struct skt_host *skt_hosts_find(const struct skt_hosts *hosts, uint64_t number)
{
	size_t ways;
	struct skt_host *set = set_of(hosts, number, &ways);

	for (size_t i = 0; i < ways; i++)
		if (set[i].number_plus_1 == number + 1)
			return &set[i];
	return NULL;
}

struct skt_host *skt_hosts_at(struct skt_hosts *hosts, uint64_t number, bool *ret_fresh)
{
	struct skt_host *host = skt_hosts_find(hosts, number);
	size_t ways;

	*ret_fresh = !host;
	if (!host) {
		host = set_of(hosts, number, &ways);
		for (struct skt_host *other = host + 1, *end = host + ways; other < end; other++)
			if (host->number_plus_1 &&
				(!other->number_plus_1 ||
					hosts->clock - other->used > hosts->clock - host->used))
				host = other;
		*host = (struct skt_host){.number_plus_1 = number + 1};
	}
	host->used = ++hosts->clock;
	return host;
}

struct skt_finding skt_host_down(const struct skt_host *host)
{
	return (struct skt_finding){
		.verdict = {.state = SKT_SCAN_UNREACHABLE,
			.reason = SKT_REASON_NO_NEIGHBOR,
			.weight = SKT_WEIGHT_ICMP,
			.host = true},
		.from = host->down_from,
	};
}

void skt_host_hear(
	struct skt_host *host, const struct skt_addr *addr, const struct skt_finding *finding)
{
	const struct skt_verdict *v = &finding->verdict;

	if (v->weight == SKT_WEIGHT_ICMP && v->reason == SKT_REASON_HOST_UNREACHABLE &&
		!skt_addr_equal(&finding->from, addr))
		host->gone_from = finding->from;
	else
		host->spoken = true;
}

/*
 * What refuses one packet in two is overlooked with a probability of 2^-CONFIRMED_MIN, what refuses
 * 19 of 20 with one of 1.4 in 1,000; and some are asked again for ever.
 */
enum { CONFIRMED_MIN = 128, SAMPLED_MAX = 2 * CONFIRMED_MIN, BELIEVED_RUN = 32 };

void skt_host_confirm(struct skt_host *host, enum skt_scan_reason reason)
{
	if (host->firm_reason != reason)
		host->confirmed = 0;
	host->firm_reason = (uint8_t)reason;
	host->confirmed++;
}

bool skt_host_is_firm(const struct skt_host *host, enum skt_scan_reason reason)
{
	return !host->two_minds && host->confirmed >= CONFIRMED_MIN && host->firm_reason == reason;
}

bool skt_host_samples(struct skt_host *host, enum skt_scan_reason reason)
{
	if (skt_host_is_firm(host, reason))
		return ++host->believed % BELIEVED_RUN == 0;
	return host->sampled++ < SAMPLED_MAX;
}

void skt_rtt_add(struct skt_rtt *rtt, uint64_t sample_ns)
{
	uint64_t error;

	if (!rtt->smoothed_ns) {
		rtt->smoothed_ns = sample_ns ? sample_ns : 1;
		rtt->variation_ns = sample_ns / 2;
		return;
	}
	error = sample_ns > rtt->smoothed_ns ? sample_ns - rtt->smoothed_ns
					     : rtt->smoothed_ns - sample_ns;
	rtt->variation_ns += error / 4 - rtt->variation_ns / 4;
	rtt->smoothed_ns += sample_ns / 8 - rtt->smoothed_ns / 8;
}

uint64_t skt_rtt_timeout(const struct skt_rtt *rtt)
{
	return rtt->smoothed_ns ? rtt->smoothed_ns + 4 * rtt->variation_ns : 0;
}

double skt_loss_rate(const struct skt_loss *loss)
{
	uint64_t all = loss->arrived + loss->lost;

	return all ? (double)loss->lost / (double)all : 0;
}

/* Agresti and Coull's interval with two successes and two failures more, its upper end; without a
 * root, which would want libm: Newton's steps for it. */
static double root(double x)
{
	double guess = x > 1 ? x : 1;

	for (int i = 0; i < 40; i++)
		guess = (guess + x / guess) / 2;
	return guess;
}

double skt_loss_bound(const struct skt_loss *loss)
{
	double all = (double)(loss->arrived + loss->lost);
	double share = ((double)loss->lost + 0.5) / (all + 1);

	share += 2 * root(share * (1 - share) / (all + 1));
	return share < 0.95 ? share : 0.95;
}

unsigned int skt_loss_tries(double loss, uint64_t answered, unsigned int most)
{
	double missed = (double)answered + 1;
	unsigned int tries = 0;

	while (tries < most && missed > 0.002) {
		missed *= loss;
		tries++;
	}
	return tries;
}
