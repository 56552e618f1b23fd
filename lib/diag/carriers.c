#include "diag/carriers.h"

#include <errno.h>

static int take_socket(const struct skt_socket *socket, void *ctx)
{
	struct skt_inode_vec *carriers = ctx;

	return socket->recv_queue > 0 && socket->inode ? skt_vec_push(carriers, socket->inode) : 0;
}

int skt_carriers_read(const struct skt_dump_system *system, enum skt_dump_source source,
	struct skt_inode_vec *carriers)
{
	const struct skt_dump_query query = {
		.protos[SKT_PROTO_UNIX] = true,
		.states = SKT_STATES_ALL,
		.source = source,
	};
	struct skt_dump_report report;
	int rc = skt_dump_sockets(system, &query, take_socket, carriers, &report, NULL);

	return rc == -ENOMEM ? rc : 0;
}
