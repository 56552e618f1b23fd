/*
 * The connections of TCP that an MPTCP connection consists of (RFC 8684): they are one file with
 * it, and so have its inode (net/mptcp/protocol.h, mptcp_sock_graft()).
 */
#ifndef SKT_CMD_SOCKETS_SUBFLOWS_H
#define SKT_CMD_SOCKETS_SUBFLOWS_H

#include "base/vec.h"
#include "diag/dump.h"

/* Zero-initialised is empty. */
struct subflows {
	SKT_VEC(uint64_t) inodes;           /* of connections whose subflows are wanted */
	SKT_VEC(struct skt_socket) sockets; /* these, by inode once they are read */
};

/* -ENOMEM. */
int subflows_want(struct subflows *subflows, uint64_t inode);

/* Reads them, if any are wanted. As skt_dump_sockets(). */
int subflows_read(
	struct subflows *subflows, const struct skt_dump_system *system, struct skt_err *err);

/* Those of the connection INODE: how many, and the first of them, the others behind it. */
size_t subflows_of(const struct subflows *subflows, uint64_t inode, const struct skt_socket **ret);

void subflows_fini(struct subflows *subflows);

#endif
