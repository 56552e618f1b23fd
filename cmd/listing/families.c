#include "cmd/listing/families.h"

#include <string.h>

#include "base/macros.h"
#include "cmd/parse.h"

enum {
	KEY_NETLINK = SKT_KEY_FAMILIES,
	KEY_VSOCK,
	KEY_XDP,
	KEY_TIPC,
	KEY_SMC,
};

static const struct argp_option options_table[] = {
	{"raw", 'w', NULL, 0, "Raw sockets", SKT_GROUP_MAIN},
	{"unix", 'x', NULL, 0, "Unix sockets", SKT_GROUP_MAIN},
	{"packet", '0', NULL, 0, "Packet sockets", SKT_GROUP_MAIN},
	{"mptcp", 'M', NULL, 0, "MPTCP connections", SKT_GROUP_MAIN},
	{"sctp", 'S', NULL, 0, "SCTP sockets and associations", SKT_GROUP_MAIN},
	{"netlink", KEY_NETLINK, NULL, 0, "Netlink sockets", SKT_GROUP_MAIN},
	{"vsock", KEY_VSOCK, NULL, 0, "Vsock sockets", SKT_GROUP_MAIN},
	{"xdp", KEY_XDP, NULL, 0, "XDP sockets", SKT_GROUP_MAIN},
	{"tipc", KEY_TIPC, NULL, 0, "TIPC sockets", SKT_GROUP_MAIN},
	{"smc", KEY_SMC, NULL, 0, "SMC sockets", SKT_GROUP_MAIN},
	{"query", 'A', "TABLES", 0,
		"These tables: names of protocols, all, inet, unix_stream and the like, joined by "
		"commas; with ! in front, not that one",
		SKT_GROUP_MAIN},
	{0},
};

#define ANY UINT32_MAX
#define TYPE(type) (UINT32_C(1) << (type))

/* What ss calls the tables, beyond the names of protocols. COUNT of them from PROTO on. */
static const struct {
	const char *name;
	enum skt_proto proto;
	uint8_t count;
	uint32_t types;
} groups[] = {
	{"all", 0, SKT_PROTO_COUNT, ANY},
	{"inet", 0, SKT_PROTO_UNIX, ANY},
	{"unix_stream", SKT_PROTO_UNIX, 1, TYPE(SOCK_STREAM)},
	{"u_str", SKT_PROTO_UNIX, 1, TYPE(SOCK_STREAM)},
	{"unix_dgram", SKT_PROTO_UNIX, 1, TYPE(SOCK_DGRAM)},
	{"u_dgr", SKT_PROTO_UNIX, 1, TYPE(SOCK_DGRAM)},
	{"unix_seqpacket", SKT_PROTO_UNIX, 1, TYPE(SOCK_SEQPACKET)},
	{"u_seq", SKT_PROTO_UNIX, 1, TYPE(SOCK_SEQPACKET)},
	{"packet_raw", SKT_PROTO_PACKET, 1, TYPE(SOCK_RAW)},
	{"p_raw", SKT_PROTO_PACKET, 1, TYPE(SOCK_RAW)},
	{"packet_dgram", SKT_PROTO_PACKET, 1, TYPE(SOCK_DGRAM)},
	{"p_dgr", SKT_PROTO_PACKET, 1, TYPE(SOCK_DGRAM)},
	{"vsock_stream", SKT_PROTO_VSOCK, 1, TYPE(SOCK_STREAM)},
	{"v_str", SKT_PROTO_VSOCK, 1, TYPE(SOCK_STREAM)},
	{"vsock_dgram", SKT_PROTO_VSOCK, 1, TYPE(SOCK_DGRAM)},
	{"v_dgr", SKT_PROTO_VSOCK, 1, TYPE(SOCK_DGRAM)},
};

static void choose(struct skt_family_options *o, enum skt_proto proto)
{
	o->tables[proto] = ANY;
	o->chosen = true;
}

static void set_tables(
	struct skt_family_options *o, size_t first, size_t count, uint32_t types, bool exclude)
{
	for (size_t proto = first; proto < first + count; proto++) {
		if (exclude)
			o->tables[proto] &= ~types;
		else
			o->tables[proto] |= types;
	}
}

static bool is_named(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && memcmp(name, text, len) == 0;
}

/* One item of -A. False where no table has that name. */
static bool parse_table(struct skt_family_options *o, const char *text, size_t len)
{
	const bool exclude = len && text[0] == '!';

	text += exclude;
	len -= exclude;
	if (exclude && !o->chosen)
		set_tables(o, 0, SKT_PROTO_COUNT, ANY, false);
	o->chosen = true;
	for (size_t proto = 0; proto < SKT_PROTO_COUNT; proto++) {
		if (is_named(skt_proto_names[proto], text, len)) {
			set_tables(o, proto, 1, ANY, exclude);
			return true;
		}
	}
	for (size_t i = 0; i < SKT_COUNT(groups); i++) {
		if (is_named(groups[i].name, text, len)) {
			set_tables(o, groups[i].proto, groups[i].count, groups[i].types, exclude);
			return true;
		}
	}
	return false;
}

void skt_families_each_name(void (*offer)(const char *name, void *ctx), void *ctx)
{
	for (size_t proto = 0; proto < SKT_PROTO_COUNT; proto++)
		offer(skt_proto_names[proto], ctx);
	for (size_t i = 0; i < SKT_COUNT(groups); i++)
		offer(groups[i].name, ctx);
}

static error_t parse_tables(
	const struct argp_state *state, struct skt_family_options *o, const char *arg)
{
	const char *p = arg;

	for (;;) {
		size_t len = strcspn(p, ",");

		if (!parse_table(o, p, len))
			return skt_usage_error(state,
				"--query '%s': no table is called '%.*s'; there are all, inet, "
				"tcp, udp, udplite, raw, ping, mptcp, sctp, smc, unix, packet, "
				"netlink, vsock, xdp, tipc, other",
				arg, (int)len, p);
		if (!p[len])
			return 0;
		p += len + 1;
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct skt_family_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->inet;
		return 0;
	case 'w':
		choose(o, SKT_PROTO_RAW);
		return 0;
	case 'x':
		choose(o, SKT_PROTO_UNIX);
		return 0;
	case '0':
		choose(o, SKT_PROTO_PACKET);
		return 0;
	case 'M':
		choose(o, SKT_PROTO_MPTCP);
		return 0;
	case 'S':
		choose(o, SKT_PROTO_SCTP);
		return 0;
	case KEY_NETLINK:
		choose(o, SKT_PROTO_NETLINK);
		return 0;
	case KEY_VSOCK:
		choose(o, SKT_PROTO_VSOCK);
		return 0;
	case KEY_XDP:
		choose(o, SKT_PROTO_XDP);
		return 0;
	case KEY_TIPC:
		choose(o, SKT_PROTO_TIPC);
		return 0;
	case KEY_SMC:
		choose(o, SKT_PROTO_SMC);
		return 0;
	case 'A':
		return parse_tables(state, o, arg);
	}
	return ARGP_ERR_UNKNOWN;
}

void skt_families_query(const struct skt_family_options *options, struct skt_dump_query *query)
{
	const struct skt_inet_options *inet = &options->inet;
	const bool usual = !options->chosen && !inet->tcp && !inet->udp;

	skt_inet_query(inet, query);
	for (size_t proto = 0; proto < SKT_PROTO_COUNT; proto++) {
		uint32_t types = options->tables[proto];

		query->protos[proto] = types != 0;
		query->types[proto] = types == ANY ? 0 : types;
	}
	query->protos[SKT_PROTO_TCP] |= inet->tcp || usual;
	query->protos[SKT_PROTO_UDP] |= inet->udp || usual;
	query->protos[SKT_PROTO_RAW] |= usual;
	query->protos[SKT_PROTO_MPTCP] |= usual;
}

bool skt_families_typed(const struct skt_family_options *options)
{
	for (size_t proto = SKT_PROTO_UNIX; proto < SKT_PROTO_COUNT; proto++)
		if (options->tables[proto])
			return true;
	return false;
}

static const struct argp_child children[] = {{.argp = &skt_inet_argp}, {0}};

const struct argp skt_families_argp = {
	.options = options_table, .parser = parse_option, .children = children};
