/*
 * Datagrams on their way out, by the cheapest call that the kernel and the device take: many equal
 * ones as one segmented send (UDP_SEGMENT), many of any size by sendmmsg(2), one by itself. What is
 * refused once is not tried again.
 *
 * Sources: kernel commit bec1f6f69736 (udp: generate gso with UDP_SEGMENT), udp(7), sendmmsg(2).
 */
#ifndef SKT_NET_SENDER_H
#define SKT_NET_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
	/* Payload of the longest datagram: 16 bits of length, which count the header of IPv4. */
	SKT_SEND_MAX = 65507,
	SKT_SEND_MAX_V6 = 65527,
	SKT_SENDER_BATCH = 64, /* datagrams in one call; kernels before 6.9 take no more segments */
};

struct skt_sender {
	int fd;              /* borrowed */
	struct sockaddr *to; /* borrowed; NULL: connected */
	socklen_t to_len;
	bool no_gso;
	int gso_refused; /* the errno that ended it, or 0 */
	uint64_t calls, gso_calls;
};

/* How many datagrams of SIZE bytes go into one call. */
size_t skt_sender_room(size_t size);

/*
 * Sends COUNT (at most SKT_SENDER_BATCH) datagrams of SIZE bytes each, one behind the other at
 * BYTES. Returns how many went, from the first on, or -errno where the first did not.
 */
int skt_sender_equal(struct skt_sender *sender, uint8_t *bytes, size_t size, size_t count);

/* The same for datagrams of any sizes. */
int skt_sender_many(struct skt_sender *sender, struct iovec *datagrams, size_t count);

#endif
