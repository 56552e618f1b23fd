/*
 * The other ends of unix sockets, which the kernel tells by their inodes only, and only from the
 * side that is connected: what they are called, which clients wait at a listener, and who sends to
 * a datagram socket that is connected to nobody.
 */
#ifndef SKT_DIAG_UNIX_PEERS_H
#define SKT_DIAG_UNIX_PEERS_H

#include "base/arena.h"
#include "base/vec.h"
#include "diag/dump.h"

struct skt_unix_name {
	uint64_t inode;
	const char *host; /* as struct skt_end has it */
	uint16_t host_len;
};

struct skt_unix_link {
	uint64_t inode, other;
};

/* Zero-initialised is empty; freed by skt_unix_peers_fini(). */
struct skt_unix_peers {
	SKT_VEC(struct skt_unix_name) names;
	SKT_VEC(struct skt_unix_link) links;
	SKT_VEC(uint64_t) others; /* of the socket that was asked about last */
	struct skt_arena texts;
	bool sorted;
};

/*
 * Reads the unix sockets of the namespace that SYSTEM reads, beside those that were read before:
 * paths are the same in all, so connections go from one to another. Errors as skt_dump_sockets();
 * what came before one stays.
 */
int skt_unix_peers_read(
	struct skt_unix_peers *peers, const struct skt_dump_system *system, struct skt_err *err);

/*
 * The inodes of the sockets at the other end of SOCKET: its peer, or the listener that it waits at;
 * of a listener, all that wait; of one that is not connected, all that send to it. They are good
 * until the next question. Memory that is out shows none.
 */
size_t skt_unix_peers_of(
	struct skt_unix_peers *peers, const struct skt_socket *socket, const uint64_t **ret);

/*
 * Makes the remote end of SOCKET the name that its peer is bound to, where it has one peer with a
 * name. That of an accepted connection is its listener's. The text is owned by PEERS.
 */
void skt_unix_peers_name(struct skt_unix_peers *peers, struct skt_socket *socket);

void skt_unix_peers_fini(struct skt_unix_peers *peers);

#endif
