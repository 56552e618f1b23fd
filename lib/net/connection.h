/*
 * One connection: its descriptor, the stream of its bytes, and who is at its two ends. The stream
 * is that of the descriptor until a step of its opening (net/opening) puts a layer above it.
 *
 * Nothing is ever read ahead of what is understood: headers are peeked at, so that what comes
 * behind them is left to whoever uses the stream, and stays in the kernel.
 */
#ifndef SKT_NET_CONNECTION_H
#define SKT_NET_CONNECTION_H

#include <stdint.h>

#include "base/addr.h"
#include "net/stream.h"

/* One end. IPv4 is IPv4, also on a socket for both families; AF_UNSPEC: unix, vsock, not known. */
struct skt_place {
	struct skt_addr addr;
	uint16_t port;
};

struct skt_connection {
	int fd;                   /* non-blocking and close-on-exec; -1: none, or handed over */
	struct skt_stream stream; /* above FD; ops NULL: not open */
	/* As accept(2) and the kernel say, or as a proxy in between has told. */
	struct skt_place peer, local;
	bool told; /* by a proxy, which may have told nothing */
};

/* Takes FD over. PEER is who was dialled, or accepted; NULL: not known. */
void skt_connection_init(struct skt_connection *connection, int fd, const struct skt_place *peer);

/* Asks the kernel for those of the places that are not known; no effect where a proxy has told. */
void skt_connection_ask(struct skt_connection *connection);

/* Opens the stream; no effect where it is open. Errors: those of skt_stream_open(). */
int skt_connection_open(struct skt_connection *connection, struct skt_loop *loop);

/* Lets go of the stream, and keeps the descriptor: for a program that gets it as it is. */
void skt_connection_rest(struct skt_connection *connection);

/*
 * Closes in order: the peer is told that nothing more comes, and what was written is left to the
 * kernel to deliver. Twice: no effect.
 */
void skt_connection_close(struct skt_connection *connection);

/* Closes so that the peer sees a reset, of whatever layer. */
void skt_connection_abort(struct skt_connection *connection);

#endif
