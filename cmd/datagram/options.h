/*
 * What `udpsend` and `udprecv` share of their command lines, an argp child with the struct of its
 * values: the endpoint, and what is asked of the socket.
 */
#ifndef SKT_CMD_DATAGRAM_OPTIONS_H
#define SKT_CMD_DATAGRAM_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "base/endpoint.h"
#include "cmd/way.h"

/* ENDPOINT -4 -6 -I */
struct skt_datagram_options {
	struct skt_endpoint endpoint; /* set by skt_datagram_settle() */
	const char *words[2];         /* the endpoint as given: one word, or HOST PORT */
	unsigned int word_count;
	struct skt_way_options way;
};

extern const struct argp skt_datagram_argp; /* input: struct skt_datagram_options * */

/*
 * Reads the endpoint once all options are known (ARGP_KEY_END), as one to send to or to receive at;
 * without words it stays empty. Reports what is wrong itself: 0, or what the parser must return.
 */
error_t skt_datagram_settle(const struct argp_state *state, struct skt_datagram_options *options,
	enum skt_endpoint_role role);

#endif
