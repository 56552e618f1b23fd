/* The other end of sockets within this host: which sockets are there, and who holds these. */
#ifndef SKT_CMD_LISTING_OTHER_END_H
#define SKT_CMD_LISTING_OTHER_END_H

#include "base/vec.h"
#include "diag/peers.h"
#include "diag/unix_peers.h"
#include "out/column.h"
#include "proc/owner.h"

/* Of one look. Zero-initialised; freed by skt_other_end_fini(). */
struct skt_other_end {
	struct skt_peers *of_inet; /* of the namespace that is dumped; NULL: not read */
	struct skt_unix_peers of_unix;
	uint64_t inet_inode;
	SKT_VEC(struct skt_holder) holders; /* both of the socket that was asked about last */
};

/* Reads `of_inet` anew, of the namespace that SYSTEM reads. Errors as skt_peers_read(). */
int skt_other_end_prepare(struct skt_other_end *end, const struct skt_dump_system *system,
	const struct skt_dump_query *query, struct skt_err *err);

/* How many connections there was no room for. */
size_t skt_other_end_lost(const struct skt_other_end *end);

/*
 * The inodes of the sockets at the other end of SOCKET, until the next question. INET_INODE is what
 * skt_peers_inode() said of it: that can be asked only while its namespace is the one that is read.
 */
size_t skt_other_end_inodes(struct skt_other_end *end, const struct skt_socket *socket,
	uint64_t inet_inode, const uint64_t **ret);

/*
 * The holders of these, of those that OWNERS found: a list of struct skt_holder, until the next
 * question. -ENOMEM.
 */
int skt_other_end_holders(struct skt_other_end *end, struct skt_owners *owners,
	const struct skt_socket *socket, uint64_t inet_inode, struct skt_list *ret);

void skt_other_end_fini(struct skt_other_end *end);

#endif
