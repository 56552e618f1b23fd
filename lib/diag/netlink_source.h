/* Where the bytes of netlink go and come from: the kernel (netlink_kernel.h), or a recording. */
#ifndef SKT_DIAG_NETLINK_SOURCE_H
#define SKT_DIAG_NETLINK_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * `send` and `recv` return bytes or -errno; `recv` returns the length of the whole datagram even
 * where it did not fit into SIZE, and 0 where nothing more will come. Requests count their sequence
 * numbers from 1, so a recording answers the same requests in the same order.
 */
struct skt_netlink_source {
	ssize_t (*send)(void *ctx, const void *bytes, size_t len);
	ssize_t (*recv)(void *ctx, void *buffer, size_t size);
	int (*fd)(void *ctx); /* the socket; NULL: a recording has none */
	void (*close)(void *ctx);
	void *ctx;
	bool live; /* whoever asks once more gets another answer; a recording gives none */
};

#endif
