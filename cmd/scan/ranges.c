#include "cmd/scan/ranges.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "scan/target.h"

/* Whether the host itself has answered. */
static bool from_self(const struct scan_line *line)
{
	return skt_addr_equal(&line->result->from, &line->result->addr);
}

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_senders(const struct scan_line *a, const struct scan_line *b)
{
	const struct skt_addr *x = &a->result->from, *y = &b->result->from;
	int c = COMPARE(from_self(a), from_self(b));

	if (c || from_self(a))
		return c;
	c = COMPARE(x->family, y->family);
	c = c || x->family == AF_UNSPEC ? c : COMPARE(skt_addr_number(x), skt_addr_number(y));
	return c ? c : COMPARE(x->scope_id, y->scope_id);
}

/* By what lines say of a host, but for how many ports it is said. */
static int compare_words(const struct scan_line *a, const struct scan_line *b)
{
	const struct skt_scan_result *x = a->result, *y = b->result;
	int c = COMPARE(x->state, y->state);

	c = c ? c : COMPARE(x->reason, y->reason);
	c = c ? c : COMPARE(x->addr.family, y->addr.family);
	return c ? c : compare_senders(a, b);
}

static int compare_ports(const struct scan_line *a, const struct scan_line *b)
{
	int c = COMPARE(a->count, b->count);

	return c || a->count ? c : COMPARE(a->result->port, b->result->port);
}

static struct scan_line *at(const void *element)
{
	struct scan_line *line;

	memcpy(&line, element, sizeof(line));
	return line;
}

static int compare_alike(const void *left, const void *right)
{
	const struct scan_line *a = at(left), *b = at(right);
	int c = compare_words(a, b);

	c = c ? c : compare_ports(a, b);
	return c ? c : COMPARE(a->result->host, b->result->host);
}

/* By the hosts first: what is said of the same ones stands together. */
static int compare_hosts(const void *left, const void *right)
{
	const struct scan_line *a = at(left), *b = at(right);
	int c = COMPARE(a->result->host, b->result->host);

	c = c ? c : COMPARE(a->hosts, b->hosts);
	c = c ? c : COMPARE(a->hosts_key, b->hosts_key);
	c = c ? c : compare_words(a, b);
	return c ? c : compare_ports(a, b);
}

/* ---- addresses ---- */

static bool is_next(const struct skt_addr *a, const struct skt_addr *b)
{
	return a->family == b->family && a->scope_id == b->scope_id &&
		skt_addr_number(a) + 1 == skt_addr_number(b);
}

/* The address, or its last number where the one before is of the same /24. */
static void add_address(
	struct skt_str *out, const struct skt_addr *addr, const struct skt_addr *before)
{
	char text[SKT_ADDR_TEXT_MAX];

	if (before && addr->family == AF_INET && memcmp(addr->bytes, before->bytes, 3) == 0)
		skt_str_add_format(out, "%u", addr->bytes[3]);
	else
		skt_str_add_text(out, skt_addr_text(addr, text));
}

/* `10.0.0.3-9,11,10.0.1.1`, of lines in order of hosts. */
static const char *addresses_of(
	struct scan_line *const *lines, size_t count, struct skt_arena *arena)
{
	const struct skt_addr *before = NULL;
	struct skt_str text = {0};
	const char *ret;

	for (size_t i = 0, end; i < count; i = end) {
		const struct skt_addr *first = &lines[i]->result->addr;
		size_t len = text.len;

		for (end = i + 1; end < count &&
			is_next(&lines[end - 1]->result->addr, &lines[end]->result->addr);
			end++)
			;
		if (before)
			skt_str_add_char(&text, ',');
		add_address(&text, first, before);
		before = first;
		if (end > i + 1) {
			before = &lines[end - 1]->result->addr;
			skt_str_add_char(&text, '-');
			add_address(&text, before, first);
		}
		if (text.len > SCAN_ADDRESSES_TEXT_MAX && len) {
			text.len = len;
			skt_str_add_text(&text, ",...");
			break;
		}
	}
	ret = text.failed ? NULL : skt_arena_text(arena, text.data, text.len);
	skt_str_fini(&text);
	return ret;
}

/* ---- together ---- */

/* Puts runs of lines alike into the first of them; how many such firsts, moved to the front of
 * ALIKE. */
static ssize_t join_hosts(struct scan_line **alike, size_t count, struct skt_arena *arena)
{
	size_t joined = 0;

	for (size_t i = 0, end; i < count; i = end) {
		struct scan_line *first = alike[i];

		for (end = i + 1; end < count && !compare_words(first, alike[end]) &&
			!compare_ports(first, alike[end]);
			end++)
			;
		if (end - i < SCAN_HOSTS_ALIKE_MIN)
			continue;
		first->hosts = end - i;
		first->addresses = addresses_of(alike + i, end - i, arena);
		if (!first->addresses)
			return -ENOMEM;
		first->hosts_key = 0;
		for (size_t k = i; k < end; k++)
			first->hosts_key = (first->hosts_key ^ alike[k]->result->host) *
				UINT64_C(0x9e3779b97f4a7c15);
		for (size_t k = i + 1; k < end; k++)
			alike[k]->result = NULL;
		alike[joined++] = first;
	}
	return (ssize_t)joined;
}

/* What is said of several ports of the same hosts is one line. */
static void join_ports(struct scan_line **joined, size_t count)
{
	for (size_t i = 0, end; i < count; i = end) {
		struct scan_line *first = joined[i];

		for (end = i + 1; end < count; end++) {
			struct scan_line *next = joined[end];

			if (first->hosts_key != next->hosts_key || first->hosts != next->hosts ||
				compare_words(first, next))
				break;
			first->count = SKT_MAX(first->count, 1) + SKT_MAX(next->count, 1);
			next->result = NULL;
		}
	}
}

ssize_t scan_ranges_collapse(struct scan_line *lines, size_t count, struct skt_arena *arena)
{
	struct scan_line **alike = reallocarray(NULL, count + 1, sizeof(struct scan_line *));
	size_t n = 0, left = 0;
	ssize_t joined;

	if (!alike)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (lines[i].result->state != SKT_SCAN_OPEN && !lines[i].own_name)
			alike[n++] = &lines[i];
	qsort(alike, n, sizeof(*alike), compare_alike);
	joined = join_hosts(alike, n, arena);
	if (joined > 1) {
		qsort(alike, (size_t)joined, sizeof(*alike), compare_hosts);
		join_ports(alike, (size_t)joined);
	}
	for (size_t i = 0; joined >= 0 && i < count; i++)
		if (lines[i].result)
			lines[left++] = lines[i];
	free(alike);
	return joined < 0 ? joined : (ssize_t)left;
}
