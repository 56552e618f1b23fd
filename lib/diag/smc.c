/* SMC sockets: include/uapi/linux/smc_diag.h, net/smc/smc_diag.c. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/smc_diag.h>

#include "diag/family_fill.h"

static const struct smc_diag_req request = {
	.diag_family = AF_SMC,
	.id = {.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}},
};

/* enum smc_state in net/smc/smc.h, by the names of TCP's states for the same (RFC 7609, 4.8). */
static enum skt_state state_of(unsigned int number)
{
	switch (number) {
	case 1: /* ACTIVE */
		return SKT_STATE_ESTABLISHED;
	case 2: /* INIT */
		return SKT_STATE_SYN_SENT;
	case 7: /* CLOSED */
		return SKT_STATE_CLOSED;
	case 10: /* LISTEN */
		return SKT_STATE_LISTEN;
	case 20: /* PEERCLOSEWAIT1 */
		return SKT_STATE_FIN_WAIT_1;
	case 21: /* PEERCLOSEWAIT2 */
		return SKT_STATE_FIN_WAIT_2;
	case 22: /* APPCLOSEWAIT1 */
	case 23: /* APPCLOSEWAIT2 */
		return SKT_STATE_CLOSE_WAIT;
	case 24: /* APPFINCLOSEWAIT */
		return SKT_STATE_LAST_ACK;
	case 25: /* PEERFINCLOSEWAIT */
	case 26: /* PEERABORTWAIT */
	case 27: /* PROCESSABORT */
		return SKT_STATE_CLOSING;
	}
	return SKT_STATE_UNKNOWN;
}

/* The kernel does not say which of the two it is. Only an IPv6 listener on :: is mistaken here. */
static uint8_t family_of(const struct inet_diag_sockid *id)
{
	return id->idiag_src[1] | id->idiag_src[2] | id->idiag_src[3] | id->idiag_dst[1] |
			id->idiag_dst[2] | id->idiag_dst[3]
		? AF_INET6
		: AF_INET;
}

static void fill_end(struct skt_end *end, uint8_t family, const __be32 *addr, __be16 port)
{
	end->addr.family = family;
	memcpy(end->addr.bytes, addr, family == AF_INET ? 4 : 16);
	end->port = ntohs(port);
}

static int parse(
	const void *payload, size_t len, struct skt_socket_text *text, struct skt_socket *ret)
{
	const char *p = (const char *)payload + sizeof(struct smc_diag_msg);
	struct skt_attribute attr;
	struct smc_diag_msg msg;
	int rc;

	(void)text;
	if (len < sizeof(msg))
		return -EBADMSG;
	memcpy(&msg, payload, sizeof(msg));
	if (msg.diag_family != AF_SMC)
		return -EBADMSG;
	*ret = (struct skt_socket){.proto = SKT_PROTO_SMC,
		.family = family_of(&msg.id),
		.type = SOCK_STREAM,
		.state = (uint8_t)state_of(msg.diag_state),
		.shutdown = msg.diag_shutdown,
		.present = SKT_SOCKET_BIT(SKT_SOCKET_SHUTDOWN)};
	fill_end(&ret->local, ret->family, msg.id.idiag_src, msg.id.idiag_sport);
	fill_end(&ret->remote, ret->family, msg.id.idiag_dst, msg.id.idiag_dport);
	skt_socket_fill_ends(ret);
	skt_socket_fill_interface(ret, msg.id.idiag_if);
	skt_socket_fill_owner(ret, msg.diag_uid, msg.diag_inode);
	skt_socket_fill_cookie(ret, msg.id.idiag_cookie);
	/* Nothing of what may follow was asked for, but it must be well-formed. */
	len -= sizeof(msg);
	while ((rc = skt_attribute_next(&p, &len, &attr)) > 0)
		;
	return rc;
}

const struct skt_family skt_smc_family = {
	.request = &request,
	.request_len = sizeof(request),
	.parse = parse,
};
