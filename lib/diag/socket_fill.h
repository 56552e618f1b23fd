/* The rules about what is known of a socket, for whoever fills a struct skt_socket. */
#ifndef SKT_DIAG_SOCKET_FILL_H
#define SKT_DIAG_SOCKET_FILL_H

#include <string.h>

#include "diag/socket.h"

#define SKT_SOCKET_BIT(field) (UINT64_C(1) << (field))

/*
 * The states to look for when STATES are asked for: both numbers of SYN-RECEIVED, and any state
 * that has no name here, since hiding a socket would be worse.
 */
static inline uint32_t skt_states_asked(uint32_t states)
{
	const uint32_t syn_received =
		SKT_STATE_BIT(SKT_STATE_SYN_RECEIVED) | SKT_STATE_BIT(SKT_STATE_NEW_SYN_RECEIVED);

	return states | SKT_STATE_BIT(SKT_STATE_UNKNOWN) |
		(states & syn_received ? syn_received : 0);
}

static inline void skt_socket_fill_inode(struct skt_socket *socket, uint64_t inode)
{
	if (!inode)
		return;
	socket->inode = inode;
	socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_INODE);
}

/* UID and inode, where they are those of an owner. The state is set. */
static inline void skt_socket_fill_owner(struct skt_socket *socket, uint32_t uid, uint64_t inode)
{
	if (socket->state == SKT_STATE_TIME_WAIT || socket->state == SKT_STATE_SYN_RECEIVED)
		return;
	skt_socket_fill_inode(socket, inode);
	if (inode || uid) {
		socket->uid = uid;
		socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_UID);
	}
}

/* The kernel cannot say "no cookie"; INET_DIAG_NOCOOKIE is what requests use for it. */
static inline void skt_socket_fill_cookie(struct skt_socket *socket, const uint32_t words[2])
{
	uint64_t cookie = (uint64_t)words[1] << 32 | words[0];

	if (!cookie || cookie == UINT64_MAX)
		return;
	socket->cookie = cookie;
	socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_COOKIE);
}

static inline void skt_socket_fill_interface(struct skt_socket *socket, uint32_t ifindex)
{
	if (!ifindex)
		return;
	socket->ifindex = ifindex;
	socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_INTERFACE);
}

static inline void skt_socket_fill_queues(
	struct skt_socket *socket, uint64_t recv_queue, uint64_t send_queue)
{
	socket->recv_queue = recv_queue;
	socket->send_queue = send_queue;
	socket->present |=
		SKT_SOCKET_BIT(SKT_SOCKET_RECV_QUEUE) | SKT_SOCKET_BIT(SKT_SOCKET_SEND_QUEUE);
}

/* A timer by its number in idiag_timer and /proc/net/tcp. */
static inline void skt_socket_fill_timer(
	struct skt_socket *socket, unsigned int timer, uint32_t timer_ms, unsigned int retransmits)
{
	if (timer == SKT_TIMER_NONE)
		return;
	socket->timer = (uint8_t)(timer > UINT8_MAX ? UINT8_MAX : timer);
	socket->timer_ms = timer_ms;
	socket->retransmits = (uint8_t)(retransmits > UINT8_MAX ? UINT8_MAX : retransmits);
	socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_TIMER);
}

/* What follows from the two ends: whether there are ports, and a remote end at all. */
static inline void skt_socket_fill_ends(struct skt_socket *socket)
{
	uint64_t halves[2];

	if (socket->local.port)
		socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_LOCAL_PORT);
	if (socket->remote.port) {
		socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_REMOTE_PORT);
		return;
	}
	memcpy(halves, socket->remote.addr.bytes, sizeof(halves));
	if (!(halves[0] | halves[1])) {
		socket->remote.addr.family = AF_UNSPEC;
		socket->remote.addr.scope_id = 0;
	}
}

#endif
