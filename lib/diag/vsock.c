/* Vsock sockets: include/uapi/linux/vm_sockets_diag.h, net/vmw_vsock/diag.c; vsock(7). */
#include <errno.h>
#include <linux/vm_sockets.h>
#include <linux/vm_sockets_diag.h>

#include "diag/family_fill.h"

static const struct vsock_diag_req request = {.sdiag_family = AF_VSOCK};

/* A port has 32 bits; those that an end has no room for are a text. Returns whether it has one. */
static bool fill_end(struct skt_end *end, char *text, uint32_t cid, uint32_t port)
{
	if (cid == VMADDR_CID_ANY && port == VMADDR_PORT_ANY)
		return false;
	end->host = cid == VMADDR_CID_ANY ? "*" : skt_socket_number(text, cid);
	if (port && port <= UINT16_MAX)
		end->port = (uint16_t)port;
	else if (port != VMADDR_PORT_ANY)
		end->service = skt_socket_number(text + SKT_SOCKET_SECOND, port);
	return end->port != 0;
}

static int parse(
	const void *payload, size_t len, struct skt_socket_text *text, struct skt_socket *ret)
{
	struct vsock_diag_msg msg;

	if (!skt_attribute_get(payload, len, &msg, sizeof(msg)) || msg.vdiag_family != AF_VSOCK)
		return -EBADMSG;
	*ret = (struct skt_socket){.proto = SKT_PROTO_VSOCK,
		.family = AF_VSOCK,
		.type = msg.vdiag_type,
		.state = (uint8_t)skt_state_of_type(msg.vdiag_type, msg.vdiag_state),
		.shutdown = msg.vdiag_shutdown,
		.present = SKT_SOCKET_BIT(SKT_SOCKET_SHUTDOWN)};
	if (fill_end(&ret->local, text->local, msg.vdiag_src_cid, msg.vdiag_src_port))
		ret->present |= SKT_SOCKET_BIT(SKT_SOCKET_LOCAL_PORT);
	if (fill_end(&ret->remote, text->remote, msg.vdiag_dst_cid, msg.vdiag_dst_port))
		ret->present |= SKT_SOCKET_BIT(SKT_SOCKET_REMOTE_PORT);
	skt_socket_fill_inode(ret, msg.vdiag_ino);
	skt_socket_fill_cookie(ret, msg.vdiag_cookie);
	return 0;
}

const struct skt_family skt_vsock_family = {
	.request = &request,
	.request_len = sizeof(request),
	.states_at = offsetof(struct vsock_diag_req, vdiag_states),
	.parse = parse,
};
