/*
 * The other end of connections within this host: which socket it is. The two are found by their
 * ends, which are each other's in reverse; of all sockets only a hash of the ends and an inode is
 * kept, 16 bytes each.
 */
#ifndef SKT_DIAG_PEERS_H
#define SKT_DIAG_PEERS_H

#include "diag/dump.h"

struct skt_peers;

/*
 * Reads every socket of TCP and UDP, of those that LIKE asks for, that may be the other end of
 * another one. No more than SKT_PEERS_MAX are kept. Errors as skt_dump_sockets().
 */
enum { SKT_PEERS_MAX = 1 << 20 };
int skt_peers_read(const struct skt_dump_system *system, const struct skt_dump_query *like,
	struct skt_peers **ret, struct skt_err *err);
void skt_peers_free(struct skt_peers *peers);

/* How many did not fit. */
size_t skt_peers_lost(const struct skt_peers *peers);

/*
 * The inode of the socket at the other end of SOCKET, at whatever address of this host; 0 where
 * that is not on it, or closed, or cannot be told. It is the listener's while a connection waits to
 * be accepted, and for a datagram socket the one that is bound to its remote end.
 */
uint64_t skt_peers_inode(const struct skt_peers *peers, const struct skt_socket *socket);

#endif
