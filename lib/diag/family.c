#include "diag/family.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <string.h>

#include "base/macros.h"
#include "diag/proc_table.h"
#include "diag/socket_detail.h"
#include "diag/socket_fill.h"

enum { REQUEST_MAX = 128 };

const struct skt_family *skt_family_of(enum skt_proto proto)
{
	static const struct skt_family *const families[SKT_PROTO_COUNT] = {
		[SKT_PROTO_SMC] = &skt_smc_family,
		[SKT_PROTO_UNIX] = &skt_unix_family,
		[SKT_PROTO_PACKET] = &skt_packet_family,
		[SKT_PROTO_NETLINK] = &skt_netlink_family,
		[SKT_PROTO_VSOCK] = &skt_vsock_family,
		[SKT_PROTO_XDP] = &skt_xdp_family,
		[SKT_PROTO_TIPC] = &skt_tipc_family,
	};

	return families[proto];
}

struct dump {
	const struct skt_family *family;
	const struct skt_family_query *query;
	uint32_t states;
	skt_socket_fn *fn;
	void *ctx;
	bool malformed;
	struct skt_socket_text text;
	struct skt_socket_detail detail;
	struct skt_socket socket;
};

static int take_socket(struct dump *dump)
{
	const struct skt_family_query *query = dump->query;
	const struct skt_socket *socket = &dump->socket;

	if (!(dump->states & SKT_STATE_BIT(socket->state)))
		return 0;
	if (query->types && !(query->types >> socket->type & 1))
		return 0;
	if ((socket->family == AF_INET && !query->ipv4) ||
		(socket->family == AF_INET6 && !query->ipv6))
		return 0;
	if ((query->local_port && query->local_port != socket->local.port) ||
		(query->remote_port && query->remote_port != socket->remote.port))
		return 0;
	return dump->fn(socket, dump->ctx);
}

static int take_message(const void *payload, size_t len, void *ctx)
{
	struct dump *dump = ctx;

	if (dump->family->parse(payload, len, &dump->text, &dump->socket)) {
		dump->malformed = true;
		return 0;
	}
	return take_socket(dump);
}

static int take_line(const char *line, size_t len, void *ctx)
{
	struct dump *dump = ctx;
	int rc;

	if (dump->family->parse_line(line, len, &dump->text, &dump->socket))
		return SKT_PROC_TABLE_BAD;
	rc = take_socket(dump);
	return SKT_MIN(rc, 0);
}

/* The kernel's mask for STATES: datagram sockets have two of TCP's numbers. */
static uint32_t kernel_states(uint32_t states)
{
	uint32_t mask = states & SKT_STATES_TCP;

	if (states & SKT_STATE_BIT(SKT_STATE_CONNECTED))
		mask |= SKT_STATE_BIT(SKT_STATE_ESTABLISHED);
	if (states & SKT_STATE_BIT(SKT_STATE_UNCONNECTED))
		mask |= SKT_STATE_BIT(SKT_STATE_CLOSED);
	return mask;
}

static void add_shows(const struct skt_family *family, uint32_t detail, char *request)
{
	uint32_t show;

	for (const struct skt_family_show *s = family->shows; s && s->detail; s++) {
		if (!(s->detail & detail))
			continue;
		memcpy(&show, request + family->show_at, sizeof(show));
		show |= s->show;
		memcpy(request + family->show_at, &show, sizeof(show));
	}
}

int skt_family_dump(const struct skt_family *family, struct skt_netlink *netlink,
	const struct skt_family_query *query, skt_socket_fn *fn, void *ctx, unsigned int *ret_flags,
	struct skt_err *err)
{
	struct dump dump = {.family = family,
		.query = query,
		.states = skt_states_asked(query->states),
		.fn = fn,
		.ctx = ctx};
	const uint32_t states = kernel_states(dump.states);
	char request[REQUEST_MAX];
	int rc;

	*ret_flags = 0;
	if (!query->states)
		return 0;
	if (family->request_len > sizeof(request))
		return skt_fail(err, EMSGSIZE, "sock_diag");
	memcpy(request, family->request, family->request_len);
	if (family->states_at)
		memcpy(request + family->states_at, &states, sizeof(states));
	add_shows(family, query->detail, request);
	dump.text.detail = query->detail ? &dump.detail : NULL;
	rc = skt_netlink_dump(netlink, SOCK_DIAG_BY_FAMILY, request, family->request_len,
		take_message, &dump, ret_flags, err);
	if (dump.malformed)
		*ret_flags |= SKT_DUMP_TRUNCATED;
	return rc;
}

int skt_family_dump_proc(const struct skt_family *family, const char *proc_root,
	const struct skt_family_query *query, skt_socket_fn *fn, void *ctx, size_t *ret_bad,
	struct skt_err *err)
{
	struct dump dump = {.family = family,
		.query = query,
		.states = skt_states_asked(query->states),
		.fn = fn,
		.ctx = ctx};

	*ret_bad = 0;
	if (!family->proc_name)
		return skt_fail(err, ENOENT, "%s/net", proc_root);
	return skt_proc_table_read(proc_root, family->proc_name, take_line, &dump, ret_bad, err);
}
