#include "diag/queues.h"

#include <errno.h>

static int take_socket(const struct skt_socket *socket, void *ctx)
{
	struct skt_queues *queues = ctx;

	if (socket->proto != SKT_PROTO_UNIX)
		return skt_vec_push(&queues->listeners,
			(struct skt_queue){
				.local = socket->local.addr,
				.inode = socket->inode,
				.port = socket->local.port,
				.proto = socket->proto,
				.v6only = socket->v6only,
				.waiting = socket->recv_queue > 0,
			});
	return socket->recv_queue > 0 && socket->inode
		? skt_vec_push(&queues->carriers, socket->inode)
		: 0;
}

int skt_queues_read(const struct skt_dump_system *system, const struct skt_dump_query *like,
	struct skt_queues *queues, struct skt_err *err)
{
	struct skt_dump_query listeners = {
		/* A connection of IPv4 may belong to a listener of IPv6. */
		.ipv4 = true,
		.ipv6 = true,
		.states = SKT_STATE_BIT(SKT_STATE_LISTEN),
		.source = like->source,
	};
	struct skt_dump_query carriers = {
		.protos[SKT_PROTO_UNIX] = true,
		.states = SKT_STATES_ALL,
		.source = like->source,
	};
	struct skt_dump_report report;
	int rc;

	queues->listeners.len = 0;
	listeners.protos[SKT_PROTO_TCP] = like->protos[SKT_PROTO_TCP];
	listeners.protos[SKT_PROTO_MPTCP] = like->protos[SKT_PROTO_MPTCP];
	rc = skt_dump_sockets(system, &carriers, take_socket, queues, &report, err);
	/* A kernel may have no unix_diag; what waits at a listener can be told all the same. */
	if (rc == -ENOMEM)
		return rc;
	return like->protos[SKT_PROTO_TCP] || like->protos[SKT_PROTO_MPTCP]
		? skt_dump_sockets(system, &listeners, take_socket, queues, &report, err)
		: 0;
}

static bool is_same(struct skt_addr a, struct skt_addr b)
{
	skt_addr_unmap(&a);
	skt_addr_unmap(&b);
	return skt_addr_equal(&a, &b);
}

/* How well LISTENER fits: 0: not at all; its very address is better than any. */
static unsigned int fit(const struct skt_queue *listener, const struct skt_socket *socket)
{
	const struct skt_addr *local = &socket->local.addr;
	bool v4 = local->family == AF_INET || skt_addr_is_v4_mapped(local);

	if (listener->proto != socket->proto || listener->port != socket->local.port)
		return 0;
	if (is_same(listener->local, *local))
		return 3;
	if (!skt_addr_is_any(&listener->local))
		return 0;
	if (listener->local.family == AF_INET)
		return v4 ? 2 : 0;
	return v4 ? !listener->v6only : 2;
}

uint64_t skt_queues_listener(const struct skt_queues *queues, const struct skt_socket *socket)
{
	const bool accepted = socket->state != SKT_STATE_SYN_RECEIVED;
	unsigned int best = 0;
	uint64_t inode = 0;

	for (size_t i = 0; i < queues->listeners.len; i++) {
		const struct skt_queue *listener = &queues->listeners.data[i];
		unsigned int now = fit(listener, socket);

		/* What is in no queue yet can wait at any. */
		now = now ? 2 * now + (accepted && listener->waiting) : 0;
		if (now > best) {
			best = now;
			inode = listener->inode;
		} else if (now && now == best) {
			inode = 0;
		}
	}
	return inode;
}

void skt_queues_fini(struct skt_queues *queues)
{
	skt_vec_free(&queues->listeners);
	skt_vec_free(&queues->carriers);
}
