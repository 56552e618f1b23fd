#include "diag/destroy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

#include "diag/socket_detail.h"

/* How often a socket is looked for that shares its port with others. */
enum { TRIES = 512 };

/*
 * Itself, or the socket of TCP behind it: Linux refuses that since 6.7, and before, did what its
 * MPTCP half was not prepared for (net/mptcp/subflow.c, tcp_abort_override()).
 */
static bool is_mptcp_listener(const struct skt_socket *socket)
{
	if (socket->state != SKT_STATE_LISTEN)
		return false;
	return socket->proto == SKT_PROTO_MPTCP ||
		(socket->proto == SKT_PROTO_TCP && socket->detail &&
			strcmp(socket->detail->ulp, "mptcp") == 0);
}

const char *skt_destroy_refusal(const struct skt_socket *socket)
{
	if (is_mptcp_listener(socket))
		return "the kernel destroys no listener of MPTCP";
	if (socket->proto != SKT_PROTO_TCP && socket->proto != SKT_PROTO_UDP &&
		socket->proto != SKT_PROTO_RAW && socket->proto != SKT_PROTO_MPTCP)
		return "the kernel destroys sockets of TCP, UDP and raw IP only";
	if (socket->state == SKT_STATE_BOUND)
		return "the kernel does not find what is only bound";
	if (socket->state == SKT_STATE_UNBOUND || socket->state == SKT_STATE_UNKNOWN)
		return "the kernel lists it nowhere, and so does not find it";
	if (!(socket->present >> SKT_SOCKET_COOKIE & 1))
		return "it has no cookie to be told from others by";
	if (socket->proto == SKT_PROTO_MPTCP && !(socket->present >> SKT_SOCKET_INODE & 1))
		return "nobody holds it, and so its subflows are not to be found";
	return NULL;
}

static void fill(struct inet_diag_req_v2 *request, const struct skt_socket *socket)
{
	*request = (struct inet_diag_req_v2){
		.sdiag_family = socket->family,
		.sdiag_protocol = socket->proto == SKT_PROTO_TCP ? IPPROTO_TCP : IPPROTO_UDP,
		.idiag_states = UINT32_MAX,
		.id = {.idiag_sport = htons(socket->local.port),
			.idiag_dport = htons(socket->remote.port),
			.idiag_if = socket->ifindex,
			.idiag_cookie = {(uint32_t)socket->cookie,
				(uint32_t)(socket->cookie >> 32)}},
	};
	memcpy(request->id.idiag_src, socket->local.addr.bytes, sizeof(request->id.idiag_src));
	memcpy(request->id.idiag_dst, socket->remote.addr.bytes, sizeof(request->id.idiag_dst));
	if (socket->proto != SKT_PROTO_RAW)
		return;
	/* struct inet_diag_req_raw: what is a port in a listing is the protocol of packets. */
	request->sdiag_protocol = IPPROTO_RAW;
	request->pad = (uint8_t)socket->local.port;
}

static int take_cookie(const void *payload, size_t len, void *ctx)
{
	struct inet_diag_msg msg;

	if (len < sizeof(msg))
		return -EBADMSG;
	memcpy(&msg, payload, sizeof(msg));
	memcpy(ctx, msg.id.idiag_cookie, sizeof(msg.id.idiag_cookie));
	return 0;
}

/*
 * Of raw sockets the kernel takes the first that packets between these ends reach, and compares no
 * cookie (net/ipv4/raw_diag.c, raw_diag_destroy()): which one that is, is asked before.
 */
static int check_raw(
	struct skt_netlink *netlink, const struct inet_diag_req_v2 *request, struct skt_err *err)
{
	uint32_t cookie[2] = {0};
	int rc = skt_netlink_get(
		netlink, SOCK_DIAG_BY_FAMILY, request, sizeof(*request), take_cookie, cookie, err);

	if (!rc && memcmp(cookie, request->id.idiag_cookie, sizeof(cookie)) != 0)
		rc = skt_fail(err, ENOENT, "sock_diag");
	return rc;
}

/*
 * The kernel looks for the socket as if a packet from the remote end had come, and compares the
 * cookie of what it finds. Of several at one port (SO_REUSEPORT) it finds the one whose turn it is
 * by a hash of both ends, and so the remote port of a socket that has none is tried out.
 */
int skt_destroy(struct skt_netlink *netlink, const struct skt_socket *socket, struct skt_err *err)
{
	const bool single = socket->remote.port || socket->proto == SKT_PROTO_RAW;
	const char *refusal = skt_destroy_refusal(socket);
	struct inet_diag_req_v2 request;
	int rc = 0;

	if (socket->proto == SKT_PROTO_MPTCP && !refusal)
		refusal = "the kernel destroys its subflows, but not itself";
	if (refusal)
		return skt_fail_text(err, EOPNOTSUPP, "%s", refusal);
	fill(&request, socket);
	if (socket->proto == SKT_PROTO_RAW)
		rc = check_raw(netlink, &request, err);
	if (rc)
		return rc;
	for (uint16_t try = 0;; try++) {
		rc = skt_netlink_request(netlink, SOCK_DESTROY, &request, sizeof(request), err);
		if (rc != -ENOENT || single || try == TRIES)
			return rc;
		request.id.idiag_dport = htons((uint16_t)(try + 1));
	}
}
