/*
 * What brings the records of a TLS session to the other side: whoever has the descriptor, or the
 * buffer, gives these two operations. The session itself knows no network.
 */
#ifndef SKT_TLS_CARRIER_H
#define SKT_TLS_CARRIER_H

#include <stddef.h>
#include <sys/types.h>

struct skt_tls_carrier {
	/* Both return a count, or -errno; -EAGAIN: nothing now. Of read(), 0 is the end. */
	ssize_t (*read)(struct skt_tls_carrier *carrier, void *bytes, size_t size);
	ssize_t (*write)(struct skt_tls_carrier *carrier, const void *bytes, size_t size);
};

/* A connected socket, blocking or not, that is asked with MSG_DONTWAIT. FD stays the user's. */
struct skt_tls_socket {
	struct skt_tls_carrier carrier;
	int fd;
};

void skt_tls_socket_init(struct skt_tls_socket *socket, int fd);

#endif
