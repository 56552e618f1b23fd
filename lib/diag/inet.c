#include "diag/inet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>

#include "base/kernel.h"
#include "base/macros.h"
#include "diag/attribute.h"
#include "diag/socket_fill.h"

/* What the kernel calls the protocols; 0: sock_diag knows nothing of it. */
static const struct {
	uint16_t protocol;
	bool connections; /* the states are TCP's */
} kinds[SKT_PROTO_COUNT] = {
	[SKT_PROTO_TCP] = {IPPROTO_TCP, true},
	[SKT_PROTO_UDP] = {IPPROTO_UDP, false},
	[SKT_PROTO_UDPLITE] = {IPPROTO_UDPLITE, false},
	[SKT_PROTO_RAW] = {IPPROTO_RAW, false},
	[SKT_PROTO_MPTCP] = {IPPROTO_MPTCP, true},
	[SKT_PROTO_SCTP] = {IPPROTO_SCTP, true},
};

/* The protocol has 8 bits there; wider numbers follow as an attribute (Linux 5.9). */
struct request {
	struct inet_diag_req_v2 inet;
	struct nlattr attr;
	uint32_t protocol;
};

enum { REQUEST_SIZE_MAX = SKT_MAX(sizeof(struct inet_diag_req), sizeof(struct request)) };

/* One attribute (include/uapi/linux/inet_diag.h, INET_DIAG_*). False where it is too short. */
static bool read_attribute(struct skt_socket *socket, const struct skt_attribute *attr)
{
	uint8_t byte;

	switch (attr->type) {
	case INET_DIAG_SHUTDOWN:
		socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_SHUTDOWN);
		return skt_attribute_get(
			attr->value, attr->len, &socket->shutdown, sizeof(socket->shutdown));
	case INET_DIAG_CGROUP_ID:
		socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_CGROUP);
		return skt_attribute_get(
			attr->value, attr->len, &socket->cgroup_id, sizeof(socket->cgroup_id));
	case INET_DIAG_ULP_INFO:
		socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_ULP);
		return true;
	case INET_DIAG_MARK:
		socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_MARK);
		return skt_attribute_get(
			attr->value, attr->len, &socket->mark, sizeof(socket->mark));
	case INET_DIAG_MD5SIG:
		socket->list = attr->value;
		socket->list_len = (uint32_t)attr->len;
		return true;
	case INET_DIAG_SKV6ONLY:
		if (!skt_attribute_get(attr->value, attr->len, &byte, sizeof(byte)))
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
		if (!read_attribute(reader->socket, &attr))
			return false;
		if (reader->detail &&
			!skt_socket_detail_read(reader->detail, reader->wanted,
				reader->socket->proto, reader->kernel, attr.type, attr.value,
				attr.len))
			return false;
	}
	return rc == 0;
}

/* Whether there is an attribute of TYPE among what read_attributes() has read. */
static bool has_attribute(const char *p, size_t len, unsigned int type)
{
	struct skt_attribute attr;

	while (skt_attribute_next(&p, &len, &attr) > 0)
		if (attr.type == type)
			return true;
	return false;
}

/*
 * The state of an SCTP association (RFC 9260, section 4; enum sctp_state in linux/sctp.h) by the
 * name that TCP has for it: whoever has said first that it will send no more, and so on.
 */
static enum skt_state association_state(unsigned int number)
{
	static const uint8_t states[] = {
		SKT_STATE_CLOSED,      /* CLOSED */
		SKT_STATE_SYN_SENT,    /* COOKIE-WAIT */
		SKT_STATE_SYN_SENT,    /* COOKIE-ECHOED */
		SKT_STATE_ESTABLISHED, /* ESTABLISHED */
		SKT_STATE_FIN_WAIT_1,  /* SHUTDOWN-PENDING */
		SKT_STATE_FIN_WAIT_2,  /* SHUTDOWN-SENT */
		SKT_STATE_CLOSE_WAIT,  /* SHUTDOWN-RECEIVED */
		SKT_STATE_LAST_ACK,    /* SHUTDOWN-ACK-SENT */
	};

	return number < SKT_COUNT(states) ? (enum skt_state)states[number] : SKT_STATE_UNKNOWN;
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
	ret->type = skt_proto_types[proto];
	ret->state = (uint8_t)skt_state_of_kernel((enum skt_proto)proto, msg.idiag_state);
	read_end(&ret->local, &msg, msg.id.idiag_src, msg.id.idiag_sport);
	read_end(&ret->remote, &msg, msg.id.idiag_dst, msg.id.idiag_dport);
	skt_socket_fill_queues(ret, msg.idiag_rqueue, msg.idiag_wqueue);
	if (ret->state == SKT_STATE_LISTEN)
		ret->present |= SKT_SOCKET_BIT(SKT_SOCKET_BACKLOG);
	skt_socket_fill_interface(ret, msg.id.idiag_if);
	skt_socket_fill_ends(ret);
	skt_socket_fill_owner(ret, msg.idiag_uid, msg.idiag_inode);
	skt_socket_fill_timer(ret, msg.idiag_timer, msg.idiag_expires, msg.idiag_retrans);
	ret->detail = reader->detail;
	skt_socket_fill_cookie(ret, msg.id.idiag_cookie);
	payload = (const char *)payload + sizeof(msg);
	len -= sizeof(msg);
	if (!read_attributes(reader, payload, len))
		return -EBADMSG;
	/* Of an endpoint the state is that of the socket; only associations have peers. */
	if (SKT_UNLIKELY(proto == SKT_PROTO_SCTP && has_attribute(payload, len, INET_DIAG_PEERS)))
		ret->state = (uint8_t)association_state(msg.idiag_state);
	return 0;
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
	bool answered;       /* there was a message */
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

	dump->answered = true;
	if (SKT_UNLIKELY(parse_for(dump, payload, len) ||
		    (query->family != AF_UNSPEC && query->family != socket->family))) {
		dump->malformed = true;
		return 0;
	}
	/* A connection that is over has a remote end yet. */
	if (socket->state == SKT_STATE_CLOSED && socket->local.port && !socket->remote.port &&
		query->proto == SKT_PROTO_TCP)
		socket->state = SKT_STATE_BOUND;
	if (!(query->states & SKT_STATE_BIT(socket->state)))
		return 0;
	if ((query->local_port && query->local_port != socket->local.port) ||
		(query->remote_port && query->remote_port != socket->remote.port))
		return 0;
	return dump->fn(socket, dump->ctx);
}

/* The kernel's mask for the states of QUERY. Associations have numbers of their own: any. */
static uint32_t kernel_states(const struct skt_inet_query *query)
{
	uint32_t states = query->states & SKT_STATES_TCP;

	if (query->proto == SKT_PROTO_SCTP)
		return states ? SKT_STATES_TCP : 0;
	/* What is closed and has its port yet is among those that are only bound. */
	if (query->proto == SKT_PROTO_TCP && states & SKT_STATE_BIT(SKT_STATE_CLOSED))
		states |= SKT_STATE_BIT(SKT_STATE_BOUND);
	if (kinds[query->proto].connections)
		return states;
	states = 0;
	if (query->states & SKT_STATE_BIT(SKT_STATE_CONNECTED))
		states |= SKT_STATE_BIT(SKT_STATE_ESTABLISHED);
	if (query->states & SKT_STATE_BIT(SKT_STATE_UNCONNECTED))
		states |= SKT_STATE_BIT(SKT_STATE_CLOSED);
	return states;
}

/* Whether the kernel may have refused the program rather than the request. */
static bool is_refusal(int rc)
{
	return rc == -EINVAL || rc == -EPERM || rc == -EOPNOTSUPP;
}

/* Sends REQUEST of SIZE bytes with the program behind it, or, where that is refused, without. */
static int ask(struct skt_netlink *netlink, uint16_t type, const void *request, size_t size,
	struct dump *dump, unsigned int *ret_flags, struct skt_err *err)
{
	unsigned char payload[REQUEST_SIZE_MAX + sizeof(struct nlattr) + SKT_INET_CODE_MAX];
	const size_t code_len = dump->query->code_len;
	const struct nlattr attr = {
		.nla_len = (uint16_t)(sizeof(attr) + code_len), .nla_type = INET_DIAG_REQ_BYTECODE};
	struct skt_err reason = {0};
	int rc;

	if (code_len && code_len <= SKT_INET_CODE_MAX) {
		memcpy(payload, request, size);
		memcpy(payload + size, &attr, sizeof(attr));
		memcpy(payload + size + sizeof(attr), dump->query->code, code_len);
		rc = skt_netlink_dump(netlink, type, payload, size + attr.nla_len, take_message,
			dump, ret_flags, &reason);
		if (!is_refusal(rc) || dump->answered) {
			if (err && reason.code)
				*err = reason;
			return rc;
		}
	}
	return skt_netlink_dump(netlink, type, request, size, take_message, dump, ret_flags, err);
}

/* With what is known of TCP comes what is on top of it. */
static uint8_t extensions(const struct skt_inet_query *query)
{
	return (uint8_t)(query->detail | (query->layers ? SKT_DETAIL_TCP : 0));
}

/*
 * The older request knows TCP only and looks at no family (net/ipv4/inet_diag.c,
 * inet_diag_dump_compat()), which saves a second walk of the table of connections.
 */
static int ask_both(struct skt_netlink *netlink, const struct inet_diag_sockid *id, uint32_t states,
	struct dump *dump, unsigned int *ret_flags, struct skt_err *err)
{
	const struct inet_diag_req request = {
		.id = *id, .idiag_ext = extensions(dump->query), .idiag_states = states};

	return ask(netlink, TCPDIAG_GETSOCK, &request, sizeof(request), dump, ret_flags, err);
}

static int ask_one(struct skt_netlink *netlink, const struct inet_diag_sockid *id, uint32_t states,
	struct dump *dump, unsigned int *ret_flags, struct skt_err *err)
{
	const uint16_t protocol = kinds[dump->query->proto].protocol;
	const bool wide = protocol > UINT8_MAX;
	const struct request request = {
		.inet = {.sdiag_family = dump->query->family,
			/* Older kernels must not take it for one that they know. */
			.sdiag_protocol = wide ? 0 : (uint8_t)protocol,
			.idiag_ext = extensions(dump->query),
			.idiag_states = states,
			.id = *id},
		.attr = {.nla_len = sizeof(request) - offsetof(struct request, attr),
			.nla_type = INET_DIAG_REQ_PROTOCOL},
		.protocol = protocol,
	};

	return ask(netlink, SOCK_DIAG_BY_FAMILY, &request,
		wide ? sizeof(request) : sizeof(request.inet), dump, ret_flags, err);
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
	struct dump dump = {.query = &exact, .kernel = query->kernel, .fn = fn, .ctx = ctx};
	uint32_t states;
	int rc;

	*ret_flags = 0;
	exact.states = skt_states_asked(query->states);
	states = kernel_states(&exact);
	if (!states)
		return 0;
	if (!kinds[query->proto].protocol)
		return skt_fail(err, EPROTONOSUPPORT, "sock_diag");
	if (query->family == AF_UNSPEC && query->proto != SKT_PROTO_TCP)
		return skt_fail(err, EAFNOSUPPORT, "sock_diag: both families at once");
	rc = query->family == AF_UNSPEC ? ask_both(netlink, &id, states, &dump, ret_flags, err)
					: ask_one(netlink, &id, states, &dump, ret_flags, err);
	if (dump.malformed)
		*ret_flags |= SKT_DUMP_TRUNCATED;
	return rc;
}

/* Of IPv4 and IPv6; 0: nothing is told of such sockets. */
static const unsigned int groups_of[SKT_PROTO_COUNT][2] = {
	[SKT_PROTO_TCP] = {SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET6_TCP_DESTROY},
	[SKT_PROTO_UDP] = {SKNLGRP_INET_UDP_DESTROY, SKNLGRP_INET6_UDP_DESTROY},
};

bool skt_inet_tells_destroyed(const struct skt_socket *socket)
{
	return groups_of[socket->proto][0] && socket->state != SKT_STATE_SYN_RECEIVED;
}

int skt_inet_subscribe_destroyed(const bool protos[SKT_PROTO_COUNT], bool ipv4, bool ipv6,
	struct skt_netlink **ret, struct skt_err *err)
{
	unsigned int groups[2 * SKT_PROTO_COUNT];
	size_t count = 0;

	for (size_t proto = 0; proto < SKT_PROTO_COUNT; proto++) {
		if (!groups_of[proto][0])
			continue;
		if (protos[proto] && ipv4)
			groups[count++] = groups_of[proto][0];
		if (protos[proto] && ipv6)
			groups[count++] = groups_of[proto][1];
	}
	return skt_netlink_subscribe(groups, count, ret, err);
}
