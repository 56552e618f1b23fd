#include "diag/listeners.h"

#include <errno.h>
#include <stdlib.h>

int skt_listeners_add(struct skt_listeners *listeners, const struct skt_socket *socket)
{
	struct skt_listener listener = {
		.local = socket->local.addr,
		.inode = socket->inode,
		.port = socket->local.port,
		.proto = socket->proto,
		.v6only = socket->v6only,
		.waiting = socket->recv_queue > 0,
	};

	if (!listener.port)
		return 0;
	skt_addr_unmap(&listener.local);
	return skt_vec_push(&listeners->list, listener);
}

static int take_listener(const struct skt_socket *socket, void *ctx)
{
	return skt_listeners_add(ctx, socket);
}

static int compare(const void *a, const void *b)
{
	const struct skt_listener *x = a, *y = b;

	if (x->proto != y->proto)
		return x->proto < y->proto ? -1 : 1;
	return (x->port > y->port) - (x->port < y->port);
}

void skt_listeners_settle(struct skt_listeners *listeners)
{
	if (listeners->list.len)
		qsort(listeners->list.data, listeners->list.len, sizeof(*listeners->list.data),
			compare);
}

int skt_listeners_read(const struct skt_dump_system *system, const struct skt_dump_query *like,
	struct skt_listeners *ret, struct skt_err *err)
{
	struct skt_dump_query query = {
		/* A connection of IPv4 may belong to a listener of IPv6. */
		.ipv4 = true,
		.ipv6 = true,
		.states = SKT_STATE_BIT(SKT_STATE_LISTEN) | SKT_STATE_BIT(SKT_STATE_UNCONNECTED),
		.source = like->source,
	};
	struct skt_dump_report report;
	int rc = 0;

	skt_listeners_fini(ret);
	query.protos[SKT_PROTO_TCP] = like->protos[SKT_PROTO_TCP];
	query.protos[SKT_PROTO_UDP] = like->protos[SKT_PROTO_UDP];
	query.protos[SKT_PROTO_MPTCP] = like->protos[SKT_PROTO_MPTCP];
	if (query.protos[SKT_PROTO_TCP] || query.protos[SKT_PROTO_UDP] ||
		query.protos[SKT_PROTO_MPTCP])
		rc = skt_dump_sockets(system, &query, take_listener, ret, &report, err);
	if (rc)
		skt_listeners_fini(ret);
	skt_listeners_settle(ret);
	return rc;
}

/* Those of the protocol and port of SOCKET: the first, and *ret_end behind the last. */
static const struct skt_listener *at_port(const struct skt_listeners *listeners,
	const struct skt_socket *socket, const struct skt_listener **ret_end)
{
	const struct skt_listener key = {.proto = socket->proto, .port = socket->local.port};
	const struct skt_listener *first = listeners->list.data, *end;
	size_t left = listeners->list.len;

	*ret_end = first;
	if (!left)
		return first;
	end = first + left;
	while (left) {
		const size_t half = left / 2;
		const bool before = compare(&first[half], &key) < 0;

		first += before ? half + 1 : 0;
		left = before ? left - half - 1 : half;
	}
	*ret_end = first;
	while (*ret_end < end && compare(*ret_end, &key) == 0)
		++*ret_end;
	return first;
}

/* How well LISTENER fits what comes to LOCAL, not mapped: 0: not at all; its address is best. */
static unsigned int fit(const struct skt_listener *listener, const struct skt_addr *local)
{
	if (skt_addr_equal(&listener->local, local))
		return 3;
	if (!skt_addr_is_any(&listener->local))
		return 0;
	if (listener->local.family == local->family)
		return 2;
	/* `::` takes what comes by IPv4 as well, unless it says that it does not. */
	return local->family == AF_INET && !listener->v6only;
}

static struct skt_addr local_of(const struct skt_socket *socket)
{
	struct skt_addr local = socket->local.addr;

	skt_addr_unmap(&local);
	return local;
}

bool skt_listeners_serve(const struct skt_listeners *listeners, const struct skt_socket *socket)
{
	const struct skt_addr local = local_of(socket);
	const struct skt_listener *end, *at = at_port(listeners, socket, &end);

	while (at < end && !fit(at, &local))
		at++;
	return at < end;
}

uint64_t skt_listeners_waited_at(
	const struct skt_listeners *listeners, const struct skt_socket *socket)
{
	const bool accepted = socket->state != SKT_STATE_SYN_RECEIVED;
	const struct skt_addr local = local_of(socket);
	const struct skt_listener *end, *at = at_port(listeners, socket, &end);
	unsigned int best = 0;
	uint64_t inode = 0;

	for (; at < end; at++) {
		unsigned int now = fit(at, &local);

		/* What is in no queue yet can wait at any. */
		now = now ? 2 * now + (accepted && at->waiting) : 0;
		if (now > best) {
			best = now;
			inode = at->inode;
		} else if (now && now == best) {
			inode = 0;
		}
	}
	return inode;
}

void skt_listeners_fini(struct skt_listeners *listeners)
{
	skt_vec_free(&listeners->list);
}
