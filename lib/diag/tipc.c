/*
 * TIPC sockets: include/uapi/linux/tipc_sockets_diag.h and tipc_netlink.h, net/tipc/diag.c. An
 * answer has no header of its own: all is in nested attributes.
 */
#include <errno.h>
#include <linux/tipc_netlink.h>
#include <linux/tipc_sockets_diag.h>

#include "diag/family_fill.h"

static const struct tipc_sock_diag_req request = {.sdiag_family = AF_TIPC};

/* What the attributes say, before it is put together: present where its bit of `seen` is set. */
struct facts {
	uint32_t seen; /* bits of TIPC_NLA_SOCK_* */
	uint32_t type, state, address, port, node, peer, recv_queue, send_queue;
};

typedef bool take_fn(const struct skt_attribute *attr, struct facts *facts, struct skt_socket *ret);

static bool take_all(
	const char *p, size_t len, take_fn *take, struct facts *facts, struct skt_socket *ret)
{
	struct skt_attribute attr;
	int rc;

	while ((rc = skt_attribute_next(&p, &len, &attr)) > 0)
		if (!take(&attr, facts, ret))
			return false;
	return rc == 0;
}

static bool take_queue(
	const struct skt_attribute *attr, struct facts *facts, struct skt_socket *ret)
{
	(void)ret;
	if (attr->type == TIPC_NLA_SOCK_STAT_RCVQ)
		return skt_attribute_get(
			attr->value, attr->len, &facts->recv_queue, sizeof(facts->recv_queue));
	if (attr->type == TIPC_NLA_SOCK_STAT_SENDQ)
		return skt_attribute_get(
			attr->value, attr->len, &facts->send_queue, sizeof(facts->send_queue));
	return true;
}

static bool take_connection(
	const struct skt_attribute *attr, struct facts *facts, struct skt_socket *ret)
{
	(void)ret;
	if (attr->type == TIPC_NLA_CON_NODE)
		return skt_attribute_get(attr->value, attr->len, &facts->node, sizeof(facts->node));
	if (attr->type == TIPC_NLA_CON_SOCK)
		return skt_attribute_get(attr->value, attr->len, &facts->peer, sizeof(facts->peer));
	return true;
}

static bool take_socket(
	const struct skt_attribute *attr, struct facts *facts, struct skt_socket *ret)
{
	uint32_t words[2];

	if (attr->type <= TIPC_NLA_SOCK_MAX)
		facts->seen |= UINT32_C(1) << attr->type;
	switch (attr->type) {
	case TIPC_NLA_SOCK_TYPE:
		return skt_attribute_get(attr->value, attr->len, &facts->type, sizeof(facts->type));
	case TIPC_NLA_SOCK_TIPC_STATE:
		return skt_attribute_get(
			attr->value, attr->len, &facts->state, sizeof(facts->state));
	case TIPC_NLA_SOCK_ADDR:
		return skt_attribute_get(
			attr->value, attr->len, &facts->address, sizeof(facts->address));
	case TIPC_NLA_SOCK_REF:
		return skt_attribute_get(attr->value, attr->len, &facts->port, sizeof(facts->port));
	case TIPC_NLA_SOCK_INO:
		if (!skt_attribute_get(attr->value, attr->len, words, sizeof(words[0])))
			return false;
		skt_socket_fill_inode(ret, words[0]);
		return true;
	case TIPC_NLA_SOCK_UID:
		return skt_socket_fill_uid(ret, attr);
	case TIPC_NLA_SOCK_COOKIE:
		if (!skt_attribute_get(attr->value, attr->len, words, sizeof(words)))
			return false;
		memcpy(&ret->cookie, words, sizeof(ret->cookie));
		ret->present |= SKT_SOCKET_BIT(SKT_SOCKET_COOKIE);
		return true;
	case TIPC_NLA_SOCK_STAT:
		return take_all(attr->value, attr->len, take_queue, facts, ret);
	case TIPC_NLA_SOCK_CON:
		return take_all(attr->value, attr->len, take_connection, facts, ret);
	}
	return true;
}

static bool take_answer(
	const struct skt_attribute *attr, struct facts *facts, struct skt_socket *ret)
{
	return attr->type != TIPC_NLA_SOCK ||
		take_all(attr->value, attr->len, take_socket, facts, ret);
}

static void fill_end(struct skt_end *end, char *text, uint32_t address, uint32_t port)
{
	end->host = skt_socket_number(text, address);
	end->service = skt_socket_number(text + SKT_SOCKET_SECOND, port);
}

static int parse(
	const void *payload, size_t len, struct skt_socket_text *text, struct skt_socket *ret)
{
	const uint32_t needed = UINT32_C(1) << TIPC_NLA_SOCK_TYPE |
		UINT32_C(1) << TIPC_NLA_SOCK_REF | UINT32_C(1) << TIPC_NLA_SOCK_TIPC_STATE;
	struct facts facts = {0};

	*ret = (struct skt_socket){.proto = SKT_PROTO_TIPC, .family = AF_TIPC};
	if (!take_all(payload, len, take_answer, &facts, ret) || (facts.seen & needed) != needed)
		return -EBADMSG;
	ret->type = (uint8_t)SKT_MIN(facts.type, UINT8_MAX);
	ret->state = (uint8_t)skt_state_of_type(ret->type, facts.state);
	fill_end(&ret->local, text->local, facts.address, facts.port);
	if (facts.seen >> TIPC_NLA_SOCK_CON & 1)
		fill_end(&ret->remote, text->remote, facts.node, facts.peer);
	if (facts.seen >> TIPC_NLA_SOCK_STAT & 1)
		skt_socket_fill_queues(ret, facts.recv_queue, facts.send_queue);
	return 0;
}

const struct skt_family skt_tipc_family = {
	.request = &request,
	.request_len = sizeof(request),
	.states_at = offsetof(struct tipc_sock_diag_req, tidiag_states),
	.parse = parse,
};
