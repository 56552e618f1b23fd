/* Netlink sockets: include/uapi/linux/netlink_diag.h, net/netlink/diag.c; /proc/net/netlink. */
#include <errno.h>
#include <limits.h>
#include <linux/netlink_diag.h>

#include "diag/family_fill.h"
#include "diag/proc_line.h"

static const struct netlink_diag_req request = {
	.sdiag_family = AF_NETLINK,
	.sdiag_protocol = NDIAG_PROTO_ALL,
	.ndiag_show = NDIAG_SHOW_MEMINFO | NDIAG_SHOW_GROUPS,
	.ndiag_cookie = {UINT32_MAX, UINT32_MAX},
};

/* ndiag_state, net/netlink/af_netlink.h: the socket has a default destination. */
enum { NETLINK_STATE_CONNECTED = 1 };

/* PROTOCOL as netlink(7) calls it, but for those that have manual pages of their own. */
static const char *protocol_name(unsigned int protocol, char *text)
{
	static const char *const names[] = {
		[NETLINK_ROUTE] = "rtnetlink",
		[NETLINK_USERSOCK] = "usersock",
		[NETLINK_FIREWALL] = "firewall",
		[NETLINK_SOCK_DIAG] = "sock_diag",
		[NETLINK_NFLOG] = "nflog",
		[NETLINK_XFRM] = "xfrm",
		[NETLINK_SELINUX] = "selinux",
		[NETLINK_ISCSI] = "iscsi",
		[NETLINK_AUDIT] = "audit",
		[NETLINK_FIB_LOOKUP] = "fib_lookup",
		[NETLINK_CONNECTOR] = "connector",
		[NETLINK_NETFILTER] = "netfilter",
		[NETLINK_IP6_FW] = "ip6_fw",
		[NETLINK_DNRTMSG] = "dnrtmsg",
		[NETLINK_KOBJECT_UEVENT] = "kobject_uevent",
		[NETLINK_GENERIC] = "generic",
		[NETLINK_SCSITRANSPORT] = "scsitransport",
		[NETLINK_ECRYPTFS] = "ecryptfs",
		[NETLINK_RDMA] = "rdma",
		[NETLINK_CRYPTO] = "crypto",
		[NETLINK_SMC] = "smc",
	};

	if (protocol < SKT_COUNT(names) && names[protocol])
		return names[protocol];
	return skt_socket_number(text, protocol);
}

static void begin(struct skt_socket *socket, struct skt_socket_text *text, unsigned int protocol,
	uint32_t port_id, uint64_t inode)
{
	*socket = (struct skt_socket){.proto = SKT_PROTO_NETLINK,
		.family = AF_NETLINK,
		.type = SOCK_RAW,
		.state = SKT_STATE_UNCONNECTED};
	socket->local.host = protocol_name(protocol, text->local);
	socket->local.service =
		port_id ? skt_socket_number(text->local + SKT_SOCKET_SECOND, port_id) : "kernel";
	/* The kernel's own have an inode, but no process that could hold them. */
	if (port_id)
		skt_socket_fill_inode(socket, inode);
}

/* An array of `unsigned long`, the lowest groups first. */
static bool read_groups(struct skt_socket *socket, const struct skt_attribute *attr)
{
	const size_t words = SKT_MIN(attr->len, sizeof(socket->groups)) / sizeof(unsigned long);

	for (size_t i = 0; i < words; i++) {
		unsigned long word;

		memcpy(&word, (const char *)attr->value + i * sizeof(word), sizeof(word));
		socket->groups |= (uint64_t)word << (i * sizeof(word) * CHAR_BIT);
	}
	if (words)
		socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_GROUPS);
	return words || !attr->len;
}

static bool read_attribute(
	struct skt_socket *socket, struct skt_socket_text *text, const struct skt_attribute *attr)
{
	if (attr->type == NETLINK_DIAG_MEMINFO)
		return skt_socket_fill_memory(socket, text, attr);
	return attr->type != NETLINK_DIAG_GROUPS || read_groups(socket, attr);
}

static int parse(
	const void *payload, size_t len, struct skt_socket_text *text, struct skt_socket *ret)
{
	struct netlink_diag_msg msg;

	if (!skt_attribute_get(payload, len, &msg, sizeof(msg)) || msg.ndiag_family != AF_NETLINK)
		return -EBADMSG;
	begin(ret, text, msg.ndiag_protocol, msg.ndiag_portid, msg.ndiag_ino);
	ret->type = msg.ndiag_type;
	if (msg.ndiag_state == NETLINK_STATE_CONNECTED) {
		ret->state = SKT_STATE_CONNECTED;
		ret->remote.host = skt_socket_number(text->remote, msg.ndiag_dst_group);
		ret->remote.service =
			skt_socket_number(text->remote + SKT_SOCKET_SECOND, msg.ndiag_dst_portid);
	}
	skt_socket_fill_cookie(ret, msg.ndiag_cookie);
	return skt_socket_fill_attributes(payload, len, sizeof(msg), read_attribute, ret, text);
}

/* `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode` (netlink_native_seq_show()). */
static int parse_line(
	const char *text_line, size_t len, struct skt_socket_text *text, struct skt_socket *ret)
{
	struct skt_proc_line line = {.p = text_line, .end = text_line + len};
	uint32_t protocol, port_id, groups, recv_queue, send_queue;
	uint64_t inode;

	skt_proc_line_pointer(&line);
	protocol = (uint32_t)skt_proc_line_next(&line, UINT8_MAX);
	port_id = (uint32_t)skt_proc_line_next(&line, UINT32_MAX);
	groups = (uint32_t)skt_proc_line_next_hex(&line, 8, 8);
	recv_queue = (uint32_t)skt_proc_line_next(&line, UINT32_MAX);
	send_queue = (uint32_t)skt_proc_line_next(&line, UINT32_MAX);
	for (int unused = 0; unused < 3; unused++) {
		(void)skt_proc_line_next(&line, UINT32_MAX);
	}
	inode = skt_proc_line_next(&line, UINT32_MAX);
	if (!skt_proc_line_done(&line))
		return -EBADMSG;
	begin(ret, text, protocol, port_id, inode);
	ret->type = 0;
	ret->groups = groups;
	if (groups)
		ret->present |= SKT_SOCKET_BIT(SKT_SOCKET_GROUPS);
	skt_socket_fill_queues(ret, recv_queue, send_queue);
	return 0;
}

const struct skt_family skt_netlink_family = {
	.request = &request,
	.request_len = sizeof(request),
	.parse = parse,
	.proc_name = "netlink",
	.parse_line = parse_line,
};
