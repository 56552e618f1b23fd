#include "filter/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/end.h"
#include "base/glob.h"
#include "base/macros.h"
#include "filter/node.h"

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
	int rc = skt_port_list_parse_any(ports->text.data, ports->text.len, &list, err);

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

static int resolve_place(struct skt_filter *filter, struct skt_filter_place *place,
	const struct skt_filter_resolver *resolver, struct skt_err *err)
{
	uint16_t low, high;
	int rc = 0;

	if (place->autobound) {
		resolver->ephemeral(resolver->ctx, &low, &high);
		place->ports.low = low;
		place->ports.high = high;
	}
	if (place->hosts.name)
		rc = resolve_host(filter, &place->hosts, resolver, err);
	if (!rc && place->names_ports) {
		rc = resolve_ports(filter, &place->ports, resolver, err);
		place->names_ports = rc != 0;
	}
	return rc;
}

static int resolve_number(struct skt_filter_node *leaf, const struct skt_filter_resolver *resolver,
	struct skt_err *err)
{
	uint32_t index = 0;
	int rc = 0;

	switch (leaf->number) {
	case SKT_FILTER_DEV:
		rc = resolver->interface(resolver->ctx, leaf->name, &index, err);
		leaf->value = index;
		break;
	case SKT_FILTER_CGROUP:
		rc = resolver->cgroup(resolver->ctx, leaf->name, &leaf->value, err);
		break;
	case SKT_FILTER_MARK:
		return 0;
	}
	if (rc)
		return rc;
	leaf->mask = UINT64_MAX;
	leaf->name = NULL;
	return 0;
}

static int resolve_leaf(struct skt_filter *filter, struct skt_filter_node *leaf,
	const struct skt_filter_resolver *resolver, struct skt_err *err)
{
	struct skt_filter_place *place = skt_filter_leaf_place(leaf);

	if (place)
		return resolve_place(filter, place, resolver, err);
	return leaf->kind == SKT_FILTER_NUMBER ? resolve_number(leaf, resolver, err) : 0;
}

int skt_filter_resolve(
	struct skt_filter *filter, const struct skt_filter_resolver *resolver, struct skt_err *err)
{
	int rc = 0;

	for (struct skt_filter_node *leaf = filter ? filter->pending : NULL; leaf && !rc;
		leaf = leaf->pending) {
		rc = resolve_leaf(filter, leaf, resolver, err);
		if (rc && err)
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

static bool is_like(const struct skt_filter_text *pattern, const char *text, size_t len)
{
	return skt_glob_match(pattern->data, pattern->len, text, len, true);
}

/* An end that is no address is a name. */
static bool path_matches(const struct skt_filter_text *path, const struct skt_end *end)
{
	struct skt_addr addr = end->addr;
	char text[SKT_ADDR_TEXT_MAX];

	if (addr.family == AF_UNSPEC)
		return end->host && is_like(path, end->host, skt_end_host_len(end));
	addr.scope_id = 0;
	return is_like(path, text, (size_t)(skt_addr_put(text, &addr) - text));
}

static bool service_matches(const struct skt_filter_text *service, const struct skt_end *end)
{
	char text[SKT_PUT_U64_MAX];

	if (end->service)
		return is_like(service, end->service, strlen(end->service));
	return end->port && is_like(service, text, (size_t)(skt_put_u64(text, end->port) - text));
}

bool skt_filter_place_match(
	const struct skt_filter_place *place, uint8_t family, const struct skt_end *end)
{
	return (!place->family || place->family == family) &&
		(!place->has_ports || ports_match(&place->ports, end->port)) &&
		(!place->has_hosts || hosts_match(&place->hosts, &end->addr)) &&
		(!place->has_path || path_matches(&place->path, end)) &&
		(!place->has_service || service_matches(&place->service, end));
}

/* Whether the names of LEAF's end are found by the row only: those of interfaces are. */
static bool is_late(const struct skt_filter *filter, const struct skt_filter_node *leaf)
{
	return filter->needs_row &&
		(leaf->place.family == AF_PACKET || leaf->place.family == AF_XDP);
}

/* The local end as ROW shows it; that of the socket where no column says. */
static bool shown_matches(const struct skt_filter *filter, const struct skt_filter_node *leaf,
	const struct skt_socket *socket, const void *row)
{
	const struct skt_filter_fields *fields = filter->fields;
	const bool local = leaf->end == SKT_FILTER_LOCAL;
	const char *name = local ? "local" : "remote";
	const struct skt_filter_field *field = fields->find(fields->ctx, name, strlen(name));
	struct skt_filter_value value = {.end = local ? socket->local : socket->remote};

	if (field && !fields->get(fields->ctx, field, row, 0, &value))
		return false;
	return skt_filter_place_match(&leaf->place, socket->family, &value.end);
}

static bool end_matches(const struct skt_filter_node *leaf, const struct skt_socket *socket)
{
	switch (leaf->end) {
	case SKT_FILTER_LOCAL:
		return skt_filter_place_match(&leaf->place, socket->family, &socket->local);
	case SKT_FILTER_REMOTE:
		return skt_filter_place_match(&leaf->place, socket->family, &socket->remote);
	case SKT_FILTER_EITHER:
		return skt_filter_place_match(&leaf->place, socket->family, &socket->local) ||
			skt_filter_place_match(&leaf->place, socket->family, &socket->remote);
	}
	return false;
}

static bool number_matches(const struct skt_filter_node *leaf, const struct skt_socket *socket)
{
	uint64_t value = 0;
	unsigned int field = 0;

	switch (leaf->number) {
	case SKT_FILTER_DEV:
		value = socket->ifindex;
		field = SKT_SOCKET_INTERFACE;
		break;
	case SKT_FILTER_MARK:
		value = socket->mark;
		field = SKT_SOCKET_MARK;
		break;
	case SKT_FILTER_CGROUP:
		value = socket->cgroup_id;
		field = SKT_SOCKET_CGROUP;
		break;
	}
	return (socket->present >> field & 1) && !leaf->name && (value & leaf->mask) == leaf->value;
}

/*
 * ROW is NULL while there is none; the state is one of STATES. The parser bounds the depth.
 */
static bool node_matches(const struct skt_filter *filter, const struct skt_filter_node *node,
	const struct skt_socket *socket, uint32_t states, const void *row)
{
	const struct skt_filter_node *operand;

	switch (node->kind) {
	case SKT_FILTER_AND:
		for (operand = node->operands; operand; operand = operand->next)
			if (!node_matches(filter, operand, socket, states, row))
				return false;
		return true;
	case SKT_FILTER_OR:
		for (operand = node->operands; operand; operand = operand->next)
			if (node_matches(filter, operand, socket, states, row))
				return true;
		return false;
	case SKT_FILTER_STATE:
		return node->states & states;
	case SKT_FILTER_END:
		if (is_late(filter, node))
			return !row || shown_matches(filter, node, socket, row) != node->negated;
		return end_matches(node, socket) != node->negated;
	case SKT_FILTER_NUMBER:
		return number_matches(node, socket) != node->negated;
	case SKT_FILTER_FIELD:
		if (!row && !node->field->early)
			return true;
		return skt_filter_field_match(filter, node, row ? row : socket) != node->negated;
	}
	return false;
}

static uint32_t state_bit(const struct skt_socket *socket)
{
	return socket->state < SKT_STATE_COUNT ? SKT_STATE_BIT(socket->state) : 0;
}

bool skt_filter_match_ended(
	const struct skt_filter *filter, const struct skt_socket *socket, uint32_t states)
{
	return !filter || node_matches(filter, filter->root, socket, states, NULL);
}

bool skt_filter_match(const struct skt_filter *filter, const struct skt_socket *socket)
{
	return !filter || node_matches(filter, filter->root, socket, state_bit(socket), NULL);
}

bool skt_filter_match_row(
	const struct skt_filter *filter, const struct skt_socket *socket, const void *row)
{
	return !filter || node_matches(filter, filter->root, socket, state_bit(socket), row);
}

bool skt_filter_needs_row(const struct skt_filter *filter)
{
	return filter && filter->needs_row;
}

static bool asks_state(const struct skt_filter_node *node, uint32_t state)
{
	const uint32_t states = node->kind == SKT_FILTER_STATE ? node->states : 0;
	bool asks = (states & ~SKT_STATE_BIT(SKT_STATE_UNKNOWN)) == SKT_STATE_BIT(state);

	if (node->kind == SKT_FILTER_FIELD && strcmp(node->field->name, "state") == 0 &&
		node->field->type == SKT_FILTER_NAME && !node->negated && !node->glob)
		for (size_t i = 0; i < node->count; i++)
			asks |= !node->items[i].absent && node->items[i].low == state;
	if (node->kind == SKT_FILTER_AND || node->kind == SKT_FILTER_OR)
		for (node = node->operands; node && !asks; node = node->next)
			asks = asks_state(node, state);
	return asks;
}

bool skt_filter_asks_state(const struct skt_filter *filter, enum skt_state state)
{
	return filter && asks_state(filter->root, state);
}

bool skt_filter_asks_mark(const struct skt_filter *filter)
{
	return filter && filter->asks_mark;
}

bool skt_filter_asks_remote_name(const struct skt_filter *filter)
{
	return filter && filter->asks_remote_name;
}

static int each_field(const struct skt_filter_node *node,
	int (*fn)(const struct skt_filter_field *field, void *ctx), void *ctx)
{
	int rc = 0;

	if (node->kind == SKT_FILTER_FIELD)
		return fn(node->field, ctx);
	if (node->kind != SKT_FILTER_AND && node->kind != SKT_FILTER_OR)
		return 0;
	for (node = node->operands; node && rc >= 0; node = node->next)
		rc = each_field(node, fn, ctx);
	return rc;
}

int skt_filter_each_field(const struct skt_filter *filter,
	int (*fn)(const struct skt_filter_field *field, void *ctx), void *ctx)
{
	return filter ? each_field(filter->root, fn, ctx) : 0;
}
