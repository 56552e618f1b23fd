/* XDP sockets: include/uapi/linux/xdp_diag.h, net/xdp/xsk_diag.c. */
#include <errno.h>
#include <linux/xdp_diag.h>
#include <stdio.h>

#include "diag/family_fill.h"

static const struct xdp_diag_req request = {
	.sdiag_family = AF_XDP,
	.xdiag_show = XDP_SHOW_INFO | XDP_SHOW_MEMINFO,
	.xdiag_cookie = {UINT32_MAX, UINT32_MAX},
};

static bool read_attribute(
	struct skt_socket *socket, struct skt_socket_text *text, const struct skt_attribute *attr)
{
	struct xdp_diag_info info;

	switch (attr->type) {
	case XDP_DIAG_INFO:
		if (!skt_attribute_get(attr->value, attr->len, &info, sizeof(info)))
			return false;
		skt_socket_fill_interface(socket, info.ifindex);
		(void)snprintf(text->local, sizeof(text->local), "q%u", info.queue_id);
		/* A queue is one of an interface; a socket that is not bound has neither. */
		socket->local.service = info.ifindex ? text->local : NULL;
		return true;
	case XDP_DIAG_UID:
		return skt_socket_fill_uid(socket, attr);
	case XDP_DIAG_MEMINFO:
		return skt_socket_fill_memory(socket, text, attr);
	}
	return true;
}

static int parse(
	const void *payload, size_t len, struct skt_socket_text *text, struct skt_socket *ret)
{
	struct xdp_diag_msg msg;

	if (!skt_attribute_get(payload, len, &msg, sizeof(msg)) || msg.xdiag_family != AF_XDP)
		return -EBADMSG;
	*ret = (struct skt_socket){.proto = SKT_PROTO_XDP,
		.family = AF_XDP,
		.type = msg.xdiag_type,
		.state = SKT_STATE_UNCONNECTED};
	skt_socket_fill_inode(ret, msg.xdiag_ino);
	skt_socket_fill_cookie(ret, msg.xdiag_cookie);
	return skt_socket_fill_attributes(payload, len, sizeof(msg), read_attribute, ret, text);
}

const struct skt_family skt_xdp_family = {
	.request = &request,
	.request_len = sizeof(request),
	.parse = parse,
};
