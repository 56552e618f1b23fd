/* Asks a sender for its stream, and goes on asking (net/pull.h). */
#ifndef SKT_CMD_DATAGRAM_PULL_H
#define SKT_CMD_DATAGRAM_PULL_H

#include <stdbool.h>
#include <stdint.h>

#include "net/receiver.h"

struct skt_datagram_pull {
	int fd; /* connected to who is asked */
	uint64_t cookie, due_ns;
	bool streaming;
};

/* Begins to ask by FD, at once. */
void skt_datagram_pull_init(struct skt_datagram_pull *pull, int fd);

/* Asks when it is time. */
void skt_datagram_pull_step(struct skt_datagram_pull *pull, uint64_t now_ns);

/* Whether D is a challenge, which is answered, or a request, and no part of the stream. */
bool skt_datagram_pull_take(struct skt_datagram_pull *pull, const struct skt_datagram *d);

#endif
