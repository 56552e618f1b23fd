#include "scan/narrow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Adds those from number LOW to HIGH of RANGE. */
static int add(struct skt_plan *plan, const struct skt_plan_range *range, skt_u128 low,
	skt_u128 high, const struct skt_portset *ports)
{
	const struct skt_addr first = skt_addr_of_number(&range->first, low);
	const struct skt_addr last = skt_addr_of_number(&range->first, high);

	return skt_plan_add(
		plan, &first, &last, range->label, range->label ? strlen(range->label) : 0, ports);
}

int skt_plan_hosts(const struct skt_plan *plan, struct skt_plan *ret)
{
	struct skt_portset *any = calloc(1, sizeof(*any));
	int rc = any ? 0 : -ENOMEM;

	if (!rc)
		skt_portset_add(any, SKT_PLAN_ANY_PORT);
	for (size_t i = 0; !rc && i < plan->ranges.len; i++) {
		const struct skt_plan_range *range = &plan->ranges.data[i];

		rc = add(ret, range, range->low, range->high, any);
	}
	free(any);
	return rc ? rc : skt_plan_finish(ret);
}

static bool is_set(const uint64_t *bits, uint64_t number)
{
	return bits[number / 64] >> number % 64 & 1;
}

/* The runs of hosts of RANGE that stay. */
static int add_rest(struct skt_plan *plan, const struct skt_plan_range *range,
	const uint64_t *left_out, const struct skt_portset *ports)
{
	const uint64_t count = (uint64_t)(range->high - range->low) + 1;
	int rc = 0;

	for (uint64_t i = 0, end; !rc && i < count; i = end) {
		for (end = i; end < count && !is_set(left_out, range->host_base + end); end++)
			;
		if (end > i)
			rc = add(plan, range, range->low + i, range->low + end - 1, ports);
		else
			end++;
	}
	return rc;
}

int skt_plan_without(const struct skt_plan *plan, const uint64_t *left_out, struct skt_plan *ret)
{
	struct skt_portset *ports = malloc(sizeof(*ports));
	int rc = ports ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < plan->ranges.len; i++) {
		const struct skt_plan_range *range = &plan->ranges.data[i];

		memset(ports, 0, sizeof(*ports));
		for (uint32_t k = 0; k < range->port_count; k++)
			skt_portset_add(ports, range->ports[k]);
		rc = add_rest(ret, range, left_out, ports);
	}
	free(ports);
	return rc ? rc : skt_plan_finish(ret);
}
