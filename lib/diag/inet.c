#include "diag/inet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>

#include "base/macros.h"
#include "diag/attribute.h"
#include "diag/kernel.h"
#include "diag/socket_fill.h"

/* How often a socket is looked for that shares its port with others. */
enum { DESTROY_TRIES = 512 };

/* One attribute (include/uapi/linux/inet_diag.h, INET_DIAG_*). False where it is too short. */
static bool read_attribute(
	struct skt_socket *socket, unsigned int type, const void *value, size_t len)
{
	uint8_t byte;

	switch (type) {
	case INET_DIAG_SHUTDOWN:
		socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_SHUTDOWN);
		return skt_attribute_get(value, len, &socket->shutdown, sizeof(socket->shutdown));
	case INET_DIAG_CGROUP_ID:
		socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_CGROUP);
		return skt_attribute_get(value, len, &socket->cgroup_id, sizeof(socket->cgroup_id));
	case INET_DIAG_MARK:
		socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_MARK);
		return skt_attribute_get(value, len, &socket->mark, sizeof(socket->mark));
	case INET_DIAG_SKV6ONLY:
		if (!skt_attribute_get(value, len, &byte, sizeof(byte)))
			return false;
		socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_V6ONLY);
		socket->v6only = byte != 0;
		return true;
	}
	return true;
}

/* Whom the message is read for: the plain record, and what is beyond it. */
struct reader {
	struct skt_socket *socket;
	struct skt_socket_detail *detail; /* NULL: nobody asks */
	unsigned int wanted, kernel;
};

static bool read_attributes(const struct reader *reader, const char *p, size_t len)
{
	struct skt_attribute attr;
	int rc;

	while ((rc = skt_attribute_next(&p, &len, &attr)) > 0) {
		if (!read_attribute(reader->socket, attr.type, attr.value, attr.len))
			return false;
		if (reader->detail &&
			!skt_socket_detail_read(reader->detail, reader->wanted,
				reader->socket->proto == SKT_PROTO_TCP, reader->kernel, attr.type,
				attr.value, attr.len))
			return false;
	}
	return rc == 0;
}

static void read_end(
	struct skt_end *end, const struct inet_diag_msg *msg, const __be32 *addr, __be16 port)
{
	end->port = ntohs(port);
	end->addr.family = msg->idiag_family;
	if (msg->idiag_family == AF_INET) {
		memcpy(end->addr.bytes, addr, 4);
		return;
	}
	memcpy(end->addr.bytes, addr, 16);
	if (skt_addr_is_link_local(&end->addr) && !skt_addr_is_v4_mapped(&end->addr))
		end->addr.scope_id = msg->id.idiag_if;
}

/* The kernel cannot say "no cookie"; INET_DIAG_NOCOOKIE is what requests use for it. */
static void read_cookie(struct skt_socket *socket, const __u32 words[2])
{
	uint64_t cookie = (uint64_t)words[1] << 32 | words[0];

	if (!cookie || cookie == UINT64_MAX)
		return;
	socket->cookie = cookie;
	socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_COOKIE);
}

static int parse(const struct reader *reader, const void *payload, size_t len, uint8_t proto)
{
	struct skt_socket *ret = reader->socket;
	struct inet_diag_msg msg;

	if (SKT_UNLIKELY(len < sizeof(msg)))
		return -EBADMSG;
	memcpy(&msg, payload, sizeof(msg));
	if (SKT_UNLIKELY(msg.idiag_family != AF_INET && msg.idiag_family != AF_INET6))
		return -EBADMSG;

	memset(ret, 0, sizeof(*ret));
	ret->proto = proto;
	ret->family = msg.idiag_family;
	ret->state = (uint8_t)skt_state_of_kernel((enum skt_proto)proto, msg.idiag_state);
	read_end(&ret->local, &msg, msg.id.idiag_src, msg.id.idiag_sport);
	read_end(&ret->remote, &msg, msg.id.idiag_dst, msg.id.idiag_dport);
	ret->recv_queue = msg.idiag_rqueue;
	ret->send_queue = msg.idiag_wqueue;
	ret->present =
		SKT_SOCKET_BIT(SKT_SOCKET_RECV_QUEUE) | SKT_SOCKET_BIT(SKT_SOCKET_SEND_QUEUE);
	if (ret->state == SKT_STATE_LISTEN)
		ret->present |= SKT_SOCKET_BIT(SKT_SOCKET_BACKLOG);
	if (msg.id.idiag_if) {
		ret->ifindex = msg.id.idiag_if;
		ret->present |= SKT_SOCKET_BIT(SKT_SOCKET_INTERFACE);
	}
	skt_socket_fill_ends(ret);
	skt_socket_fill_owner(ret, msg.idiag_uid, msg.idiag_inode);
	skt_socket_fill_timer(ret, msg.idiag_timer, msg.idiag_expires, msg.idiag_retrans);
	read_cookie(ret, msg.id.idiag_cookie);
	ret->detail = reader->detail;
	return read_attributes(reader, (const char *)payload + sizeof(msg), len - sizeof(msg))
		? 0
		: -EBADMSG;
}

int skt_inet_parse(const void *payload, size_t len, uint8_t proto, struct skt_socket *ret)
{
	const struct reader reader = {.socket = ret};

	return parse(&reader, payload, len, proto);
}

int skt_inet_parse_detail(const void *payload, size_t len, uint8_t proto, unsigned int wanted,
	unsigned int kernel, struct skt_socket *ret, struct skt_socket_detail *ret_detail)
{
	const struct reader reader = {
		.socket = ret, .detail = ret_detail, .wanted = wanted, .kernel = kernel};

	memset(ret_detail, 0, sizeof(*ret_detail));
	return parse(&reader, payload, len, proto);
}

struct dump {
	const struct skt_inet_query *query;
	skt_socket_fn *fn;
	void *ctx;
	bool malformed;
	unsigned int kernel; /* SKT_KERNEL() of who answers */
	struct skt_socket socket;
	struct skt_socket_detail detail;
};

static int parse_for(struct dump *dump, const void *payload, size_t len)
{
	const struct skt_inet_query *query = dump->query;

	if (SKT_LIKELY(!query->detail))
		return skt_inet_parse(payload, len, query->proto, &dump->socket);
	return skt_inet_parse_detail(payload, len, query->proto, query->detail, dump->kernel,
		&dump->socket, &dump->detail);
}

static int take_message(const void *payload, size_t len, void *ctx)
{
	struct dump *dump = ctx;
	const struct skt_inet_query *query = dump->query;
	struct skt_socket *socket = &dump->socket;

	if (SKT_UNLIKELY(parse_for(dump, payload, len) ||
		    (query->family != AF_UNSPEC && query->family != socket->family))) {
		dump->malformed = true;
		return 0;
	}
	if (socket->state == SKT_STATE_CLOSED && socket->local.port &&
		query->states & SKT_STATE_BIT(SKT_STATE_BOUND))
		socket->state = SKT_STATE_BOUND;
	if (!(query->states & SKT_STATE_BIT(socket->state)))
		return 0;
	if ((query->local_port && query->local_port != socket->local.port) ||
		(query->remote_port && query->remote_port != socket->remote.port))
		return 0;
	return dump->fn(socket, dump->ctx);
}

/* The kernel's mask for the states of QUERY. */
static uint32_t kernel_states(const struct skt_inet_query *query)
{
	uint32_t states = query->states & SKT_STATES_TCP;

	if (query->proto == SKT_PROTO_TCP)
		return states;
	states = 0;
	if (query->states & SKT_STATE_BIT(SKT_STATE_CONNECTED))
		states |= SKT_STATE_BIT(SKT_STATE_ESTABLISHED);
	if (query->states & SKT_STATE_BIT(SKT_STATE_UNCONNECTED))
		states |= SKT_STATE_BIT(SKT_STATE_CLOSED);
	return states;
}

/*
 * The older request knows TCP only and looks at no family (net/ipv4/inet_diag.c,
 * inet_diag_dump_compat()), which saves a second walk of the table of connections.
 */
static int ask_both(struct skt_netlink *netlink, const struct inet_diag_sockid *id, uint32_t states,
	struct dump *dump, unsigned int *ret_flags, struct skt_err *err)
{
	const struct inet_diag_req request = {
		.id = *id, .idiag_ext = dump->query->detail, .idiag_states = states};

	return skt_netlink_dump(netlink, TCPDIAG_GETSOCK, &request, sizeof(request), take_message,
		dump, ret_flags, err);
}

static int ask_one(struct skt_netlink *netlink, const struct inet_diag_sockid *id, uint32_t states,
	struct dump *dump, unsigned int *ret_flags, struct skt_err *err)
{
	const struct inet_diag_req_v2 request = {
		.sdiag_family = dump->query->family,
		.sdiag_protocol = dump->query->proto == SKT_PROTO_TCP ? IPPROTO_TCP : IPPROTO_UDP,
		.idiag_ext = dump->query->detail,
		.idiag_states = states,
		.id = *id,
	};

	return skt_netlink_dump(netlink, SOCK_DIAG_BY_FAMILY, &request, sizeof(request),
		take_message, dump, ret_flags, err);
}

int skt_inet_dump(struct skt_netlink *netlink, const struct skt_inet_query *query,
	skt_socket_fn *fn, void *ctx, unsigned int *ret_flags, struct skt_err *err)
{
	const struct inet_diag_sockid id = {
		.idiag_sport = htons(query->local_port),
		.idiag_dport = htons(query->remote_port),
		.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE},
	};
	struct skt_inet_query exact = *query;
	struct dump dump = {.query = &exact, .fn = fn, .ctx = ctx};
	uint32_t states;
	int rc;

	*ret_flags = 0;
	exact.states = skt_states_asked(query->states);
	if (query->detail)
		dump.kernel = skt_kernel_running();
	states = kernel_states(&exact);
	if (!states)
		return 0;
	if (query->family == AF_UNSPEC && query->proto != SKT_PROTO_TCP)
		return skt_fail(err, EAFNOSUPPORT, "sock_diag: both families at once");
	rc = query->family == AF_UNSPEC ? ask_both(netlink, &id, states, &dump, ret_flags, err)
					: ask_one(netlink, &id, states, &dump, ret_flags, err);
	if (dump.malformed)
		*ret_flags |= SKT_DUMP_TRUNCATED;
	return rc;
}

/* IPPROTO_* of the sockets that can be destroyed; 0 for the others. */
static uint8_t destroyable(enum skt_proto proto)
{
	switch (proto) {
	case SKT_PROTO_TCP:
		return IPPROTO_TCP;
	case SKT_PROTO_UDP:
		return IPPROTO_UDP;
	case SKT_PROTO_COUNT:
		break;
	}
	return 0;
}

/*
 * The kernel looks for the socket as if a packet from the remote end had come, and compares the
 * cookie of what it finds. Of several at one port (SO_REUSEPORT) it finds the one whose turn it is
 * by a hash of both ends, and so the remote port of a socket that has none is tried out.
 */
int skt_inet_destroy(
	struct skt_netlink *netlink, const struct skt_socket *socket, struct skt_err *err)
{
	const bool connected = socket->remote.port != 0;
	struct inet_diag_req_v2 request = {
		.sdiag_family = socket->family,
		.sdiag_protocol = destroyable((enum skt_proto)socket->proto),
		.idiag_states = UINT32_MAX,
		.id = {.idiag_sport = htons(socket->local.port),
			.idiag_dport = htons(socket->remote.port),
			.idiag_if = socket->ifindex,
			.idiag_cookie = {(uint32_t)socket->cookie,
				(uint32_t)(socket->cookie >> 32)}},
	};
	int rc;

	if (!(socket->present >> SKT_SOCKET_COOKIE & 1))
		return skt_fail_text(err, EINVAL, "the socket has no cookie");
	if (!request.sdiag_protocol || (socket->family != AF_INET && socket->family != AF_INET6))
		return skt_fail(err, EOPNOTSUPP, "sock_diag");
	memcpy(request.id.idiag_src, socket->local.addr.bytes, sizeof(request.id.idiag_src));
	memcpy(request.id.idiag_dst, socket->remote.addr.bytes, sizeof(request.id.idiag_dst));
	for (uint16_t try = 0;; try++) {
		rc = skt_netlink_request(netlink, SOCK_DESTROY, &request, sizeof(request), err);
		if (rc != -ENOENT || connected || try == DESTROY_TRIES)
			return rc;
		request.id.idiag_dport = htons((uint16_t)(try + 1));
	}
}

int skt_inet_subscribe_destroyed(const bool protos[SKT_PROTO_COUNT], bool ipv4, bool ipv6,
	struct skt_netlink **ret, struct skt_err *err)
{
	static const unsigned int groups_of[SKT_PROTO_COUNT][2] = {
		[SKT_PROTO_TCP] = {SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET6_TCP_DESTROY},
		[SKT_PROTO_UDP] = {SKNLGRP_INET_UDP_DESTROY, SKNLGRP_INET6_UDP_DESTROY},
	};
	unsigned int groups[2 * SKT_PROTO_COUNT];
	size_t count = 0;

	for (size_t proto = 0; proto < SKT_PROTO_COUNT; proto++) {
		if (protos[proto] && ipv4)
			groups[count++] = groups_of[proto][0];
		if (protos[proto] && ipv6)
			groups[count++] = groups_of[proto][1];
	}
	return skt_netlink_subscribe(groups, count, ret, err);
}
