#include "scan/headroom.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/num.h"

static FILE *open_file(const char *root, const char *name)
{
	char path[256];
	int len = snprintf(path, sizeof(path), "%s/%s", root, name);

	return len > 0 && (size_t)len < sizeof(path) ? fopen(path, "re") : NULL;
}

/* The number that is all of a file; false: there is none. */
static bool read_number(const char *root, const char *name, uint64_t *ret)
{
	FILE *file = open_file(root, name);
	char text[32];
	bool found = false;

	if (!file)
		return false;
	if (fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		found = !skt_num_parse(text, 0, UINT64_MAX, ret);
	}
	(void)fclose(file);
	return found;
}

/* Lines behind the heading. */
static uint64_t count_entries(const char *root, const char *name)
{
	FILE *file = open_file(root, name);
	uint64_t lines = 0;

	if (!file)
		return 0;
	for (int c = getc(file); c != EOF; c = getc(file))
		lines += c == '\n';
	(void)fclose(file);
	return lines ? lines - 1 : 0;
}

static uint64_t rest(uint64_t most, uint64_t used)
{
	return most > used ? most - used : 0;
}

void skt_headroom_read(const char *root, struct skt_headroom *ret)
{
	uint64_t most, used = 0;

	*ret = (struct skt_headroom){UINT64_MAX, UINT64_MAX, UINT64_MAX};
	/*
	 * A limit of 0 is none (nf_conntrack_alloc()). Where no connection is tracked at all, no
	 * rule asks for it, and those of the scan will not be either.
	 */
	if (read_number(root, "sys/net/netfilter/nf_conntrack_max", &most) && most &&
		read_number(root, "sys/net/netfilter/nf_conntrack_count", &used) && used)
		ret->connections = rest(most, used);
	/* Limits are those of the whole machine, and seen in its first namespace only. */
	if (read_number(root, "sys/net/ipv4/neigh/default/gc_thresh3", &most))
		ret->neighbors4 = rest(most, count_entries(root, "net/arp"));
	if (read_number(root, "sys/net/ipv6/neigh/default/gc_thresh3", &most))
		ret->neighbors6 = most;
}

static skt_u128 overlap(const struct skt_plan_range *range, const struct skt_cidr *network)
{
	unsigned int bits = range->first.family == AF_INET ? 32 : 128;
	unsigned int host_bits = bits - SKT_MIN((unsigned int)network->length, bits);
	skt_u128 mask = host_bits >= 128 ? ~(skt_u128)0 : ((skt_u128)1 << host_bits) - 1;
	skt_u128 low = skt_addr_number(&network->addr) & ~mask, high = low | mask;

	low = SKT_MAX(low, range->low);
	high = SKT_MIN(high, range->high);
	return low <= high ? high - low + 1 : 0;
}

uint64_t skt_headroom_wanted(
	const struct skt_plan *plan, const struct skt_local *local, uint8_t family)
{
	uint64_t wanted = 0;

	for (size_t i = 0; i < plan->ranges.len; i++) {
		const struct skt_plan_range *range = &plan->ranges.data[i];
		skt_u128 most = 0;

		/* Not their sum: two addresses of one network are no two networks. */
		for (size_t k = 0; range->first.family == family && k < local->len; k++)
			if (local->data[k].on_link &&
				local->data[k].network.addr.family == family) {
				skt_u128 hosts = overlap(range, &local->data[k].network);

				most = SKT_MAX(most, hosts);
			}
		wanted += (uint64_t)most;
	}
	return wanted;
}
