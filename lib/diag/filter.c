#include "diag/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "diag/filter_node.h"

void skt_filter_free(struct skt_filter *filter)
{
	if (!filter)
		return;
	skt_arena_fini(&filter->arena);
	free(filter);
}

static int resolve_ports(struct skt_filter *filter, struct skt_filter_ports *ports,
	const struct skt_filter_resolver *resolver, struct skt_err *err)
{
	struct skt_port_list list = {0};
	struct skt_portset set = {0};
	int rc = skt_port_list_parse(ports->text, ports->text_len, &list, err);

	if (!rc)
		rc = resolver->ports(resolver->ctx, &list, &set, err);
	if (!rc && skt_filter_ports_set(filter, ports, &set))
		rc = skt_fail(err, ENOMEM, "filter");
	skt_vec_free(&list);
	return rc;
}

static int resolve_host(struct skt_filter *filter, struct skt_filter_hosts *hosts,
	const struct skt_filter_resolver *resolver, struct skt_err *err)
{
	struct skt_cidr *found = NULL, *copy;
	size_t count = 0;
	int rc = resolver->host(resolver->ctx, hosts->name, &found, &count, err);

	if (rc)
		goto out;
	copy = skt_arena_alloc(&filter->arena, count * sizeof(*copy));
	if (!copy) {
		rc = skt_fail(err, ENOMEM, "filter");
		goto out;
	}
	if (count)
		memcpy(copy, found, count * sizeof(*copy));
	hosts->cidrs = copy;
	hosts->count = count;
	hosts->name = NULL;
out:
	free(found);
	return rc;
}

int skt_filter_resolve(
	struct skt_filter *filter, const struct skt_filter_resolver *resolver, struct skt_err *err)
{
	int rc = 0;

	for (struct skt_filter_node *leaf = filter ? filter->pending : NULL; leaf && !rc;
		leaf = leaf->pending) {
		if (leaf->hosts.name)
			rc = resolve_host(filter, &leaf->hosts, resolver, err);
		if (!rc && leaf->names_ports) {
			rc = resolve_ports(filter, &leaf->ports, resolver, err);
			leaf->names_ports = rc != 0;
		}
		if (rc)
			skt_err_prefix(
				err, "filter, column %zu", skt_filter_column(filter, leaf->at));
	}
	return rc;
}

static bool ports_match(const struct skt_filter_ports *ports, uint16_t port)
{
	return port >= ports->low && port <= ports->high &&
		(!ports->set || skt_portset_has(ports->set, port));
}

static bool hosts_match(const struct skt_filter_hosts *hosts, const struct skt_addr *addr)
{
	for (size_t i = 0; i < hosts->count; i++)
		if (skt_cidr_contains(&hosts->cidrs[i], addr))
			return true;
	return false;
}

static bool leaf_matches_end(const struct skt_filter_node *leaf, const struct skt_end *end)
{
	return (!leaf->has_ports || ports_match(&leaf->ports, end->port)) &&
		(!leaf->has_hosts || hosts_match(&leaf->hosts, &end->addr));
}

static bool leaf_matches(const struct skt_filter_node *leaf, const struct skt_socket *socket)
{
	switch (leaf->end) {
	case SKT_FILTER_LOCAL:
		return leaf_matches_end(leaf, &socket->local);
	case SKT_FILTER_REMOTE:
		return leaf_matches_end(leaf, &socket->remote);
	case SKT_FILTER_EITHER:
		return leaf_matches_end(leaf, &socket->local) ||
			leaf_matches_end(leaf, &socket->remote);
	}
	return false;
}

/* The parser bounds the depth. */
static bool node_matches(const struct skt_filter_node *node, const struct skt_socket *socket)
{
	const struct skt_filter_node *operand;

	switch (node->kind) {
	case SKT_FILTER_AND:
		for (operand = node->operands; operand; operand = operand->next)
			if (!node_matches(operand, socket))
				return false;
		return true;
	case SKT_FILTER_OR:
		for (operand = node->operands; operand; operand = operand->next)
			if (node_matches(operand, socket))
				return true;
		return false;
	case SKT_FILTER_STATE:
		return socket->state < 32 && (node->states >> socket->state & 1);
	case SKT_FILTER_END:
		return leaf_matches(node, socket) != node->negated;
	}
	return false;
}

bool skt_filter_match(const struct skt_filter *filter, const struct skt_socket *socket)
{
	return !filter || node_matches(filter->root, socket);
}

/* What every match of a node must have. STATES 0: it has no match. Ports: 0 is any. */
struct bounds {
	uint32_t states;
	uint16_t local_port, remote_port;
};

/* Whether one of the two is any port, or both are the same. */
static bool ports_agree(uint16_t a, uint16_t b)
{
	return !a || !b || a == b;
}

static struct bounds both(struct bounds a, struct bounds b)
{
	if (!ports_agree(a.local_port, b.local_port) || !ports_agree(a.remote_port, b.remote_port))
		return (struct bounds){0};
	a.states &= b.states;
	if (!a.local_port)
		a.local_port = b.local_port;
	if (!a.remote_port)
		a.remote_port = b.remote_port;
	return a;
}

static struct bounds either(struct bounds a, struct bounds b)
{
	if (!a.states)
		return b;
	if (!b.states)
		return a;
	a.states |= b.states;
	if (a.local_port != b.local_port)
		a.local_port = 0;
	if (a.remote_port != b.remote_port)
		a.remote_port = 0;
	return a;
}

static struct bounds leaf_bounds(const struct skt_filter_node *leaf)
{
	struct bounds bounds = {.states = UINT32_MAX};

	if (leaf->negated || !leaf->has_ports || leaf->ports.low != leaf->ports.high)
		return bounds;
	switch (leaf->end) {
	case SKT_FILTER_LOCAL:
		bounds.local_port = (uint16_t)leaf->ports.low;
		break;
	case SKT_FILTER_REMOTE:
		bounds.remote_port = (uint16_t)leaf->ports.low;
		break;
	case SKT_FILTER_EITHER:
		break;
	}
	return bounds;
}

static struct bounds node_bounds(const struct skt_filter_node *node)
{
	struct bounds bounds = {.states = UINT32_MAX};
	const struct skt_filter_node *operand;

	switch (node->kind) {
	case SKT_FILTER_AND:
		for (operand = node->operands; operand; operand = operand->next)
			bounds = both(bounds, node_bounds(operand));
		break;
	case SKT_FILTER_OR:
		bounds = node_bounds(node->operands);
		for (operand = node->operands->next; operand; operand = operand->next)
			bounds = either(bounds, node_bounds(operand));
		break;
	case SKT_FILTER_STATE:
		bounds.states = node->states;
		break;
	case SKT_FILTER_END:
		return leaf_bounds(node);
	}
	return bounds;
}

void skt_filter_narrow(const struct skt_filter *filter, struct skt_dump_query *query)
{
	struct bounds bounds = {query->states, query->local_port, query->remote_port};

	if (!filter)
		return;
	bounds = both(bounds, node_bounds(filter->root));
	query->states = bounds.states;
	query->local_port = bounds.local_port;
	query->remote_port = bounds.remote_port;
}
