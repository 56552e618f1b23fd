/* Many messages of a socket at once, as the engines that share sockets read them. */
#ifndef SKT_SCAN_BATCH_H
#define SKT_SCAN_BATCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "net/errqueue.h"

enum { SKT_BATCH_MAX = 64, SKT_BATCH_BYTES = 256 };

struct skt_batch {
	struct mmsghdr messages[SKT_BATCH_MAX];
	struct iovec iovs[SKT_BATCH_MAX];
	struct sockaddr_storage names[SKT_BATCH_MAX];
	union skt_errqueue_control controls[SKT_BATCH_MAX];
	uint8_t bytes[SKT_BATCH_MAX][SKT_BATCH_BYTES];
};

/*
 * Takes what waits at FD, up to a batch and without waiting itself; of each message SIZE bytes, no
 * more than SKT_BATCH_BYTES, are kept. FLAGS: MSG_ERRQUEUE or 0. How many, or -errno.
 */
int skt_batch_take(struct skt_batch *batch, int fd, int flags, size_t size);

/* The hop limit that MESSAGE came with; 0: not known. */
uint8_t skt_batch_hop_limit(struct msghdr *message);

#endif
