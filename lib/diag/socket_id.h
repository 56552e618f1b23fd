/*
 * Which socket a record is about: the one identity by which a dump finds repeats and by which two
 * looks at a table are compared.
 *
 * The kernel's cookie tells (net/core/sock_diag.c), but not always alone: what an MPTCP listener
 * accepts carries the listener's cookie, once anybody has looked at that (mptcp_sk_clone_init(),
 * net/mptcp/protocol.c, copies it, where TCP makes a new one); an SCTP socket and its associations
 * are one to the kernel; before Linux 5.10 each network namespace counted for itself. Where there
 * is no cookie at all, in /proc/net, the ends tell, and the inode, since listeners may share an end
 * (SO_REUSEPORT).
 */
#ifndef SKT_DIAG_SOCKET_ID_H
#define SKT_DIAG_SOCKET_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "diag/socket.h"

/*
 * Whether no two sockets of the protocol in one namespace have the same cookie: it tells alone, and
 * is not 0.
 */
static inline bool skt_socket_cookie_tells(const struct skt_socket *socket)
{
	return socket->cookie && socket->proto != SKT_PROTO_MPTCP &&
		socket->proto != SKT_PROTO_SCTP;
}

/* Compared and hashed byte by byte: what does not tell is 0, and nothing lies between. */
struct skt_socket_id {
	uint64_t cookie; /* 0: there is none */
	uint64_t netns;  /* as the caller tells namespaces apart: by inode; 0: there is one only */
	uint64_t inode;  /* without a cookie */
	uint8_t local[16], remote[16]; /* both ends, where the cookie does not tell */
	uint16_t local_port, remote_port;
	uint8_t proto, family;
	uint8_t unused[2];
};

/*
 * The identity of SOCKET, of the namespace with that inode. False where nothing tells it from
 * others; *ret is set all the same.
 */
bool skt_socket_id_of(const struct skt_socket *socket, uint64_t netns, struct skt_socket_id *ret);

/* Under KEY, which keeps peers from choosing ends whose hashes are the same. */
uint64_t skt_socket_id_hash(const struct skt_socket_id *id, const uint64_t key[2]);

bool skt_socket_id_equal(const struct skt_socket_id *a, const struct skt_socket_id *b);

/* Any total order. <0, 0, >0. */
int skt_socket_id_compare(const struct skt_socket_id *a, const struct skt_socket_id *b);

#endif
