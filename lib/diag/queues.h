/*
 * Where sockets wait that no process holds: a connection in the queue of its listener until that
 * accepts it, and any socket in a message that another sent and nobody has received (SCM_RIGHTS).
 */
#ifndef SKT_DIAG_QUEUES_H
#define SKT_DIAG_QUEUES_H

#include "base/vec.h"
#include "diag/dump.h"

struct skt_queue {
	struct skt_addr local;
	uint64_t inode;
	uint16_t port;
	uint8_t proto;
	bool v6only, waiting; /* something is in it */
};

SKT_VEC_DECLARE(skt_queue_vec, struct skt_queue);
SKT_VEC_DECLARE(skt_inode_vec, uint64_t);

/* Zero-initialised is empty; freed by skt_queues_fini(). */
struct skt_queues {
	struct skt_queue_vec listeners; /* of one network namespace */
	struct skt_inode_vec carriers;  /* unix sockets with something unread, of all */
};

/*
 * Reads the queues of the namespace that SYSTEM reads, of those protocols that LIKE asks for, in a
 * dump that walks no table of connections. What an earlier one told of listeners is forgotten.
 * Errors as skt_dump_sockets().
 */
int skt_queues_read(const struct skt_dump_system *system, const struct skt_dump_query *like,
	struct skt_queues *queues, struct skt_err *err);

/*
 * The inode of the listener that SOCKET, which no process holds, waits at; 0: none is known, or
 * several share its port and each may be the one.
 */
uint64_t skt_queues_listener(const struct skt_queues *queues, const struct skt_socket *socket);

void skt_queues_fini(struct skt_queues *queues);

#endif
