/*
 * Where is listened in a network namespace: by what listens at the local end of a connection it is
 * known who began it (direction.h), and in whose queue one waits that nobody has accepted yet.
 */
#ifndef SKT_DIAG_LISTENERS_H
#define SKT_DIAG_LISTENERS_H

#include "base/vec.h"
#include "diag/dump.h"

struct skt_listener {
	struct skt_addr local; /* not mapped */
	uint64_t inode;
	uint16_t port;
	uint8_t proto;
	bool v6only, waiting; /* something is in its queue */
};

/* Zero-initialised is none. */
struct skt_listeners {
	SKT_VEC(struct skt_listener) list; /* by protocol and port */
};

/*
 * Reads the listeners, of those of TCP, MPTCP and UDP that LIKE asks for, in one dump that walks no
 * table of connections: TCP that listens, UDP that is bound and not connected. What was in *ret is
 * freed; on failure it is none. Errors as skt_dump_sockets().
 */
int skt_listeners_read(const struct skt_dump_system *system, const struct skt_dump_query *like,
	struct skt_listeners *ret, struct skt_err *err);

/* Puts one among LISTENERS, in any order. -ENOMEM. skt_listeners_settle() comes after the last. */
int skt_listeners_add(struct skt_listeners *listeners, const struct skt_socket *socket);
void skt_listeners_settle(struct skt_listeners *listeners);

/* Whether somebody listens where the local end of SOCKET is, at its address or at any. */
bool skt_listeners_serve(const struct skt_listeners *listeners, const struct skt_socket *socket);

/*
 * The inode of the listener that SOCKET, which no process holds, waits at; 0: none is known, or
 * several share its port and each may be the one.
 */
uint64_t skt_listeners_waited_at(
	const struct skt_listeners *listeners, const struct skt_socket *socket);

void skt_listeners_fini(struct skt_listeners *listeners);

#endif
