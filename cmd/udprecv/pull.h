/* --pull: asks a sender for its stream, and goes on asking (net/pull.h). */
#ifndef SKT_CMD_UDPRECV_PULL_H
#define SKT_CMD_UDPRECV_PULL_H

#include <stdbool.h>
#include <stdint.h>

#include "net/receiver.h"

struct udprecv_pull {
	int fd; /* connected to who is asked */
	uint64_t cookie, due_ns;
	bool streaming;
};

/* Begins to ask by FD, at once. */
void udprecv_pull_init(struct udprecv_pull *pull, int fd);

/* Asks when it is time. */
void udprecv_pull_step(struct udprecv_pull *pull, uint64_t now_ns);

/* Whether D is a challenge, which is answered, and no part of the stream. */
bool udprecv_pull_take(struct udprecv_pull *pull, const struct skt_datagram *d);

#endif
