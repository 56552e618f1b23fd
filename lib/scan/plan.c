#include "scan/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

/* ---- port lists ---- */

static int list_ports(
	struct skt_plan *plan, const struct skt_portset *set, struct skt_plan_range *range)
{
	struct skt_port_numbers list;
	int rc = skt_port_lists_intern(&plan->port_lists, set, &list);

	if (rc)
		return rc;
	range->ports = list.ports;
	range->port_count = list.count;
	return 0;
}

/* ---- adding ---- */

static struct skt_plan_range range_of(const struct skt_addr *first, const struct skt_addr *last)
{
	return (struct skt_plan_range){
		.first = *first, .low = skt_addr_number(first), .high = skt_addr_number(last)};
}

int skt_plan_add(struct skt_plan *plan, const struct skt_addr *first, const struct skt_addr *last,
	const char *label, size_t label_len, const struct skt_portset *ports)
{
	struct skt_plan_range range = range_of(first, last);

	range.order = (uint32_t)plan->ranges.len;
	if (label) {
		range.label = skt_arena_text(&plan->arena, label, label_len);
		if (!range.label)
			return -ENOMEM;
	}
	if (list_ports(plan, ports, &range))
		return -ENOMEM;
	return range.port_count ? skt_vec_push(&plan->ranges, range) : 0;
}

int skt_plan_exclude(
	struct skt_plan *plan, const struct skt_addr *first, const struct skt_addr *last)
{
	return skt_vec_push(&plan->excluded, range_of(first, last));
}

static bool has(const struct skt_plan_ranges *ranges, const struct skt_addr *addr)
{
	const skt_u128 number = skt_addr_number(addr);

	for (size_t i = 0; i < ranges->len; i++) {
		const struct skt_plan_range *range = &ranges->data[i];

		if (range->first.family == addr->family &&
			range->first.scope_id == addr->scope_id && range->low <= number &&
			number <= range->high)
			return true;
	}
	return false;
}

bool skt_plan_has(const struct skt_plan *plan, const struct skt_addr *addr)
{
	return has(&plan->ranges, addr) && !has(&plan->excluded, addr);
}

/* ---- order ---- */

static int compare_space(const struct skt_addr *a, const struct skt_addr *b)
{
	if (a->family != b->family)
		return a->family == AF_INET ? -1 : 1;
	return (a->scope_id > b->scope_id) - (a->scope_id < b->scope_id);
}

static int compare(const void *left, const void *right)
{
	const struct skt_plan_range *a = left, *b = right;
	int space = compare_space(&a->first, &b->first);

	if (space)
		return space;
	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static void sort(struct skt_plan_ranges *ranges)
{
	if (ranges->len > 1)
		qsort(ranges->data, ranges->len, sizeof(*ranges->data), compare);
}

/* ---- overlaps ---- */

static int compare_numbers(const void *left, const void *right)
{
	skt_u128 a, b;

	memcpy(&a, left, sizeof(a));
	memcpy(&b, right, sizeof(b));
	return (a > b) - (a < b);
}

/* The piece LOW..HIGH of a cluster, which no member cuts: ports of all that cover it. */
static int add_piece(struct skt_plan *plan, const struct skt_plan_range *members, size_t count,
	skt_u128 low, skt_u128 high, struct skt_plan_ranges *out)
{
	const struct skt_plan_range *owner = NULL;
	struct skt_plan_range piece;
	struct skt_portset set = {0};
	bool differ = false;

	for (size_t i = 0; i < count; i++) {
		const struct skt_plan_range *m = &members[i];

		if (m->low > low || m->high < high)
			continue;
		differ = differ || (owner && owner->ports != m->ports);
		if (!owner || (m->label && !owner->label) ||
			(!m->label == !owner->label && m->order < owner->order))
			owner = m;
		for (uint32_t p = 0; p < m->port_count; p++)
			skt_portset_add(&set, m->ports[p]);
	}
	if (!owner)
		return 0;
	piece = *owner;
	piece.first = skt_addr_of_number(&owner->first, low);
	piece.low = low;
	piece.high = high;
	if (differ && list_ports(plan, &set, &piece))
		return -ENOMEM;
	return skt_vec_push(out, piece);
}

/* Cuts COUNT ranges that overlap into pieces that do not. */
static int cut_cluster(struct skt_plan *plan, const struct skt_plan_range *members, size_t count,
	struct skt_plan_ranges *out)
{
	skt_u128 *cuts = calloc(count, 2 * sizeof(*cuts));
	size_t n = 0;
	int rc = cuts ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < count; i++) {
		cuts[n++] = members[i].low;
		cuts[n++] = members[i].high + 1;
	}
	if (!rc)
		qsort(cuts, n, sizeof(*cuts), compare_numbers);
	for (size_t i = 0; !rc && i + 1 < n; i++)
		if (cuts[i] != cuts[i + 1])
			rc = add_piece(plan, members, count, cuts[i], cuts[i + 1] - 1, out);
	free(cuts);
	return rc;
}

static int cut_overlaps(struct skt_plan *plan)
{
	const struct skt_plan_range *data = plan->ranges.data;
	struct skt_plan_ranges out = {0};
	int rc = 0;

	for (size_t i = 0, end; !rc && i < plan->ranges.len; i = end) {
		skt_u128 high = data[i].high;

		for (end = i + 1; end < plan->ranges.len && data[end].low <= high &&
			!compare_space(&data[i].first, &data[end].first);
			end++)
			high = SKT_MAX(high, data[end].high);
		rc = end == i + 1 ? skt_vec_push(&out, data[i])
				  : cut_cluster(plan, data + i, end - i, &out);
	}
	skt_vec_free(&plan->ranges);
	plan->ranges = out;
	return rc;
}

/* ---- excluded ---- */

static int push_part(
	struct skt_plan_ranges *out, struct skt_plan_range part, skt_u128 low, skt_u128 high)
{
	part.first = skt_addr_of_number(&part.first, low);
	part.low = low;
	part.high = high;
	return skt_vec_push(out, part);
}

/* RANGE without what EXCLUDED, in order, takes out of it. */
static int subtract(const struct skt_plan_ranges *excluded, const struct skt_plan_range *range,
	struct skt_plan_ranges *out)
{
	skt_u128 low = range->low;
	int rc = 0;

	for (size_t i = 0; !rc && i < excluded->len; i++) {
		const struct skt_plan_range *hole = &excluded->data[i];

		/* An address without a zone is meant in every zone. */
		if (hole->first.family != range->first.family || hole->high < low ||
			hole->low > range->high ||
			(hole->first.scope_id && hole->first.scope_id != range->first.scope_id))
			continue;
		if (hole->low > low)
			rc = push_part(out, *range, low, hole->low - 1);
		if (rc || hole->high >= range->high)
			return rc;
		low = hole->high + 1;
	}
	return rc ? rc : push_part(out, *range, low, range->high);
}

static int take_out_excluded(struct skt_plan *plan)
{
	struct skt_plan_ranges out = {0};
	int rc = 0;

	if (!plan->excluded.len)
		return 0;
	/* By low end alone, so that holes of several zones come in one order. */
	for (size_t i = 0; !rc && i < plan->ranges.len; i++)
		rc = subtract(&plan->excluded, &plan->ranges.data[i], &out);
	skt_vec_free(&plan->ranges);
	plan->ranges = out;
	return rc;
}

/* ---- numbers ---- */

static int compare_holes(const void *left, const void *right)
{
	const struct skt_plan_range *a = left, *b = right;

	return (a->low > b->low) - (a->low < b->low);
}

int skt_plan_finish(struct skt_plan *plan)
{
	const skt_u128 most = (skt_u128)1 << SKT_PLAN_BITS_MAX;
	skt_u128 hosts = 0, pairs = 0;
	int rc;

	sort(&plan->ranges);
	if (plan->excluded.len > 1)
		qsort(plan->excluded.data, plan->excluded.len, sizeof(*plan->excluded.data),
			compare_holes);
	rc = cut_overlaps(plan);
	rc = rc ? rc : take_out_excluded(plan);
	for (size_t i = 0; !rc && i < plan->ranges.len; i++) {
		struct skt_plan_range *range = &plan->ranges.data[i];
		skt_u128 count = range->high - range->low + 1;

		range->index_base = (uint64_t)pairs;
		range->host_base = (uint64_t)hosts;
		hosts += count;
		pairs += count * range->port_count;
		if (pairs > most)
			rc = -ERANGE;
	}
	plan->hosts = (uint64_t)hosts;
	plan->count = (uint64_t)pairs;
	return rc;
}

void skt_plan_fini(struct skt_plan *plan)
{
	skt_vec_free(&plan->ranges);
	skt_vec_free(&plan->excluded);
	skt_port_lists_fini(&plan->port_lists);
	skt_arena_fini(&plan->arena);
}

/* ---- looking up ---- */

void skt_plan_at(const struct skt_plan *plan, uint64_t index, struct skt_plan_pair *ret)
{
	size_t low = 0, high = plan->ranges.len - 1;
	const struct skt_plan_range *range;
	uint64_t within, host;

	while (low < high) {
		size_t middle = (low + high + 1) / 2;

		if (plan->ranges.data[middle].index_base <= index)
			low = middle;
		else
			high = middle - 1;
	}
	range = &plan->ranges.data[low];
	within = index - range->index_base;
	host = within / range->port_count;
	ret->range = range;
	ret->host = range->host_base + host;
	ret->port = range->ports[within % range->port_count];
	ret->addr = skt_addr_of_number(&range->first, range->low + host);
}

static const struct skt_plan_range *range_at(
	const struct skt_plan *plan, const struct skt_addr *addr, skt_u128 number)
{
	size_t low = 0, high = plan->ranges.len;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct skt_plan_range *range = &plan->ranges.data[middle];
		int space = compare_space(&range->first, addr);

		if (space < 0 || (!space && range->high < number))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == plan->ranges.len || compare_space(&plan->ranges.data[low].first, addr) ||
		plan->ranges.data[low].low > number)
		return NULL;
	return &plan->ranges.data[low];
}

uint64_t skt_plan_find(const struct skt_plan *plan, const struct skt_addr *addr, uint16_t port)
{
	skt_u128 number = skt_addr_number(addr);
	const struct skt_plan_range *range = range_at(plan, addr, number);
	uint32_t low = 0, high;

	if (!range)
		return SKT_PLAN_NONE;
	for (high = range->port_count; low < high;) {
		uint32_t middle = (low + high) / 2;

		if (range->ports[middle] < port)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == range->port_count || range->ports[low] != port)
		return SKT_PLAN_NONE;
	return range->index_base + (uint64_t)(number - range->low) * range->port_count + low;
}
