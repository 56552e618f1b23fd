/* What every match must have, for the request to ask for no more. */
#include <string.h>

#include "filter/filter.h"
#include "filter/node.h"

/* What every match of a node must have. STATES 0: it has no match. Ports: 0 is any. */
struct bounds {
	uint32_t states;
	uint32_t protos; /* bits of enum skt_proto */
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
	a.protos &= b.protos;
	if (!a.protos)
		a.states = 0;
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
	a.protos |= b.protos;
	if (a.local_port != b.local_port)
		a.local_port = 0;
	if (a.remote_port != b.remote_port)
		a.remote_port = 0;
	return a;
}

/* A single port that LEAF asks for. */
static struct bounds end_bounds(const struct skt_filter_node *leaf)
{
	const struct skt_filter_ports *ports = &leaf->place.ports;
	struct bounds bounds = {.states = UINT32_MAX, .protos = UINT32_MAX};

	if (leaf->negated || !leaf->place.has_ports || ports->low != ports->high)
		return bounds;
	switch (leaf->end) {
	case SKT_FILTER_LOCAL:
		bounds.local_port = (uint16_t)ports->low;
		break;
	case SKT_FILTER_REMOTE:
		bounds.remote_port = (uint16_t)ports->low;
		break;
	case SKT_FILTER_EITHER:
		break;
	}
	return bounds;
}

/* A field called `proto` holds an enum skt_proto, whatever the row around it. */
static struct bounds field_bounds(const struct skt_filter_node *leaf)
{
	struct bounds bounds = {.states = UINT32_MAX, .protos = 0};

	if (leaf->field->type != SKT_FILTER_NAME || strcmp(leaf->field->name, "proto") != 0 ||
		leaf->field->names_count > 32 || leaf->glob)
		return (struct bounds){.states = UINT32_MAX, .protos = UINT32_MAX};
	for (size_t i = 0; i < leaf->count; i++)
		if (!leaf->items[i].absent && leaf->items[i].low < leaf->field->names_count)
			bounds.protos |= UINT32_C(1) << leaf->items[i].low;
	if (leaf->negated)
		bounds.protos = ~bounds.protos;
	if (!bounds.protos)
		bounds.states = 0;
	return bounds;
}

static struct bounds node_bounds(const struct skt_filter_node *node)
{
	struct bounds bounds = {.states = UINT32_MAX, .protos = UINT32_MAX};
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
		return end_bounds(node);
	case SKT_FILTER_NUMBER:
		break;
	case SKT_FILTER_FIELD:
		return field_bounds(node);
	}
	return bounds;
}

void skt_filter_narrow(const struct skt_filter *filter, struct skt_dump_query *query)
{
	struct bounds bounds = {.states = query->states,
		.protos = UINT32_MAX,
		.local_port = query->local_port,
		.remote_port = query->remote_port};

	if (!filter)
		return;
	bounds = both(bounds, node_bounds(filter->root));
	query->states = bounds.states;
	query->local_port = bounds.local_port;
	query->remote_port = bounds.remote_port;
	for (size_t proto = 0; proto < SKT_PROTO_COUNT; proto++)
		query->protos[proto] &= bounds.states && (bounds.protos >> proto & 1);
}
