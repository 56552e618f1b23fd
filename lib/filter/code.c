/*
 * A filter as bytecode of INET_DIAG_REQ_BYTECODE (include/uapi/linux/inet_diag.h), which the kernel
 * runs on each socket (net/ipv4/inet_diag.c, inet_diag_bc_run()).
 *
 * An operation goes on behind itself where it holds, else it jumps by `no` bytes. A program that
 * ends just at its end passes the socket; one that jumps 4 bytes beyond refuses it. The kernel
 * audits: jumps go forward, in multiples of 4, to where an operation begins that is reached by
 * going on from the first; hence all operations stand in one line here.
 *
 * TIME-WAIT and SYN-RECEIVED have no mark, cgroup or lock of their port in the kernel's eyes on
 * some versions, and have on others. What a leaf says of them must not be more than what a socket
 * tells, so of what is not so the kernel is asked only where both see the same; what is left out of
 * the program is taken to hold.
 */
#include <linux/inet_diag.h>
#include <string.h>

#include "base/macros.h"
#include "diag/inet.h"
#include "filter/filter.h"
#include "filter/node.h"

/* More alternatives than this inside one leaf are left to the caller. */
enum { ALTERNATIVES_MAX = 64 };

/* The beginning of a program; LEN past CODE_MAX: it became too long. */
struct program {
	unsigned char *code;
	size_t len;
	uint16_t local_port, remote_port; /* the request has them already */
};

/*
 * A place that is not known yet. The operations that jump there are a list: `no` of each is the
 * offset of the one before, plus one, so that 0 ends it.
 */
struct label {
	size_t last;
};

/* Room for SIZE bytes more; NULL where there is none. */
static void *extend(struct program *program, size_t size)
{
	size_t at = program->len;

	program->len += size;
	return program->len <= SKT_FILTER_CODE_MAX ? program->code + at : NULL;
}

/* Appends an operation with LEN bytes of operand, which jumps to NO where it does not hold. */
static void put(
	struct program *program, uint8_t op, const void *operand, size_t len, struct label *no)
{
	struct inet_diag_bc_op head = {
		.code = op, .yes = (uint8_t)(sizeof(head) + len), .no = (uint16_t)no->last};
	unsigned char *room = extend(program, head.yes);

	if (!room)
		return;
	no->last = program->len - head.yes + 1;
	memcpy(room, &head, sizeof(head));
	if (len)
		memcpy(room + sizeof(head), operand, len);
}

static void put_jump(struct program *program, struct label *to)
{
	put(program, INET_DIAG_BC_JMP, NULL, 0, to);
}

/* Makes LABEL the place BEYOND bytes behind the end of what is there. */
static void settle(struct program *program, const struct label *label, size_t beyond)
{
	struct inet_diag_bc_op op;

	if (program->len > SKT_FILTER_CODE_MAX)
		return;
	for (size_t last = label->last; last;) {
		unsigned char *at = program->code + last - 1;

		memcpy(&op, at, sizeof(op));
		last = op.no;
		op.no = (uint16_t)(program->code + program->len + beyond - at);
		memcpy(at, &op, sizeof(op));
	}
}

/* ---- ports ---- */

static void put_port(struct program *program, uint8_t op, uint32_t port, struct label *no)
{
	/* The port is in the second operation's `no`, in host order. */
	const struct inet_diag_bc_op operand = {.no = (uint16_t)port};

	put(program, op, &operand, sizeof(operand), no);
}

static void put_range(
	struct program *program, bool local, uint32_t low, uint32_t high, struct label *no)
{
	if (low > high) {
		put_jump(program, no);
		return;
	}
	if (low > 0)
		put_port(program, local ? INET_DIAG_BC_S_GE : INET_DIAG_BC_D_GE, low, no);
	if (high < UINT16_MAX)
		put_port(program, local ? INET_DIAG_BC_S_LE : INET_DIAG_BC_D_LE, high, no);
}

/* The next range of PORTS from LOW on. False: there is none. */
static bool next_range(const struct skt_filter_ports *ports, uint32_t *low, uint32_t *high)
{
	while (*low <= ports->high && !skt_portset_has(ports->set, (uint16_t)*low))
		++*low;
	if (*low > ports->high)
		return false;
	*high = (uint32_t)skt_filter_run_end(ports->set, *low);
	return true;
}

static size_t count_ranges(const struct skt_filter_ports *ports)
{
	uint32_t high;
	size_t count = 0;

	if (!ports->set)
		return 1;
	for (uint32_t low = ports->low; next_range(ports, &low, &high); low = high + 1)
		count++;
	return count;
}

static void put_ports(
	struct program *program, const struct skt_filter_ports *ports, bool local, struct label *no)
{
	struct label yes = {0};
	uint32_t high;

	if (!ports->set || count_ranges(ports) > ALTERNATIVES_MAX) {
		put_range(program, local, ports->low, ports->high, no);
		return;
	}
	for (uint32_t low = ports->low; next_range(ports, &low, &high); low = high + 1) {
		struct label next = {0};

		put_range(program, local, low, high, &next);
		put_jump(program, &yes);
		settle(program, &next, 0);
	}
	put_jump(program, no);
	settle(program, &yes, 0);
}

/* ---- addresses ---- */

static void put_host(
	struct program *program, const struct skt_cidr *cidr, bool local, struct label *no)
{
	const size_t bytes = cidr->addr.family == AF_INET ? 4 : 16;
	unsigned char operand[sizeof(struct inet_diag_hostcond) + 16];
	struct inet_diag_hostcond host = {
		.family = cidr->addr.family, .prefix_len = cidr->length, .port = -1};

	memcpy(operand, &host, sizeof(host));
	memcpy(operand + sizeof(host), cidr->addr.bytes, bytes);
	put(program, local ? INET_DIAG_BC_S_COND : INET_DIAG_BC_D_COND, operand,
		sizeof(host) + bytes, no);
}

static void put_hosts(
	struct program *program, const struct skt_filter_hosts *hosts, bool local, struct label *no)
{
	struct label yes = {0};

	for (size_t i = 0; i < hosts->count; i++) {
		struct label next = {0};

		put_host(program, &hosts->cidrs[i], local, &next);
		put_jump(program, &yes);
		settle(program, &next, 0);
	}
	put_jump(program, no);
	settle(program, &yes, 0);
}

/* Whether the kernel sees just what skt_cidr_contains() sees. */
static bool host_is_exact(const struct skt_cidr *cidr, bool local)
{
	const struct skt_addr none = {.family = cidr->addr.family};

	/* It knows no zones, and takes an end that is not there for 0.0.0.0 or ::. */
	return !cidr->addr.scope_id && (local || !skt_cidr_contains(cidr, &none));
}

/* ---- leaves ---- */

static bool end_is_exact(const struct skt_filter_node *leaf)
{
	const struct skt_filter_place *place = &leaf->place;
	bool exact = !skt_filter_place_is_named(place) &&
		(!place->has_ports || count_ranges(&place->ports) <= ALTERNATIVES_MAX);

	for (size_t i = 0; exact && place->has_hosts && i < place->hosts.count; i++)
		exact = host_is_exact(&place->hosts.cidrs[i], leaf->end == SKT_FILTER_LOCAL);
	return exact;
}

/* Whether the request says what LEAF does. */
static bool end_is_asked(const struct program *program, const struct skt_filter_node *leaf)
{
	const struct skt_filter_ports *ports = &leaf->place.ports;

	if (leaf->place.has_hosts || ports->low != ports->high || !ports->low)
		return false;
	return (leaf->end == SKT_FILTER_LOCAL && ports->low == program->local_port) ||
		(leaf->end == SKT_FILTER_REMOTE && ports->low == program->remote_port);
}

/* Whether NODE leads to anything in the program. */
static bool says(const struct program *program, const struct skt_filter_node *node)
{
	const struct skt_filter_node *operand;

	switch (node->kind) {
	case SKT_FILTER_AND:
		for (operand = node->operands; operand; operand = operand->next)
			if (says(program, operand))
				return true;
		return false;
	case SKT_FILTER_OR:
		for (operand = node->operands; operand; operand = operand->next)
			if (!says(program, operand))
				return false;
		return true;
	case SKT_FILTER_END:
		if (node->place.has_hosts && node->place.hosts.count > ALTERNATIVES_MAX)
			return false;
		if (!node->place.has_hosts && !node->place.has_ports)
			return node->negated && !skt_filter_place_is_named(&node->place);
		return node->negated ? end_is_exact(node) : !end_is_asked(program, node);
	case SKT_FILTER_NUMBER:
		return !node->name && (!node->negated || node->number != SKT_FILTER_MARK);
	case SKT_FILTER_STATE:
	case SKT_FILTER_FIELD:
		break;
	}
	return false;
}

static void put_end(
	struct program *program, const struct skt_filter_place *place, bool local, struct label *no)
{
	if (place->has_ports)
		put_ports(program, &place->ports, local, no);
	if (place->has_hosts)
		put_hosts(program, &place->hosts, local, no);
}

static void put_ends(struct program *program, const struct skt_filter_node *leaf, struct label *no)
{
	struct label yes = {0}, other = {0};

	switch (leaf->end) {
	case SKT_FILTER_LOCAL:
		put_end(program, &leaf->place, true, no);
		/* What the socket does not tell: whether the port was taken or given. */
		if (leaf->place.autobound && !leaf->negated)
			put(program, INET_DIAG_BC_AUTO, NULL, 0, no);
		break;
	case SKT_FILTER_REMOTE:
		put_end(program, &leaf->place, false, no);
		break;
	case SKT_FILTER_EITHER:
		put_end(program, &leaf->place, true, &other);
		put_jump(program, &yes);
		settle(program, &other, 0);
		put_end(program, &leaf->place, false, no);
		settle(program, &yes, 0);
		break;
	}
}

static void put_number(
	struct program *program, const struct skt_filter_node *leaf, struct label *no)
{
	const struct inet_diag_markcond mark = {
		.mark = (uint32_t)leaf->value, .mask = (uint32_t)leaf->mask};
	const uint32_t index = (uint32_t)leaf->value;

	switch (leaf->number) {
	case SKT_FILTER_DEV:
		put(program, INET_DIAG_BC_DEV_COND, &index, sizeof(index), no);
		break;
	case SKT_FILTER_MARK:
		put(program, INET_DIAG_BC_MARK_COND, &mark, sizeof(mark), no);
		break;
	case SKT_FILTER_CGROUP:
		put(program, INET_DIAG_BC_CGROUP_COND, &leaf->value, sizeof(leaf->value), no);
		break;
	}
}

static void put_leaf(struct program *program, const struct skt_filter_node *leaf, struct label *no)
{
	struct label inside = {0}, *target = leaf->negated ? &inside : no;

	if (leaf->kind == SKT_FILTER_END)
		put_ends(program, leaf, target);
	else
		put_number(program, leaf, target);
	if (leaf->negated) {
		put_jump(program, no);
		settle(program, &inside, 0);
	}
}

/* NODE says something. The parser bounds the depth. */
static void put_node(struct program *program, const struct skt_filter_node *node, struct label *no)
{
	const struct skt_filter_node *operand;
	struct label yes = {0};

	switch (node->kind) {
	case SKT_FILTER_AND:
		for (operand = node->operands; operand; operand = operand->next)
			if (says(program, operand))
				put_node(program, operand, no);
		break;
	case SKT_FILTER_OR:
		for (operand = node->operands; operand; operand = operand->next) {
			struct label next = {0};

			put_node(program, operand, operand->next ? &next : no);
			if (!operand->next)
				break;
			put_jump(program, &yes);
			settle(program, &next, 0);
		}
		settle(program, &yes, 0);
		break;
	case SKT_FILTER_END:
	case SKT_FILTER_NUMBER:
		put_leaf(program, node, no);
		break;
	case SKT_FILTER_STATE:
	case SKT_FILTER_FIELD:
		break;
	}
}

_Static_assert((int)SKT_FILTER_CODE_MAX <= (int)SKT_INET_CODE_MAX, "a request takes it");

size_t skt_filter_compile(const struct skt_filter *filter, const struct skt_dump_query *query,
	unsigned char code[SKT_FILTER_CODE_MAX])
{
	struct program program = {
		.code = code, .local_port = query->local_port, .remote_port = query->remote_port};
	struct label refuse = {0};

	if (!filter || !says(&program, filter->root))
		return 0;
	put_node(&program, filter->root, &refuse);
	settle(&program, &refuse, sizeof(struct inet_diag_bc_op));
	/* The kernel refuses what is no whole number of steps (inet_diag_bc_audit()). */
	SKT_ASSERT(program.len % sizeof(struct inet_diag_bc_op) == 0);
	return program.len <= SKT_FILTER_CODE_MAX ? program.len : 0;
}
