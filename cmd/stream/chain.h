/*
 * What a connection that was dialled has to say before it is its user's, for `connect` and for
 * `listen --forward`: the options, an argp child, and the steps of an opening that they ask for.
 */
#ifndef SKT_CMD_STREAM_CHAIN_H
#define SKT_CMD_STREAM_CHAIN_H

#include <argp.h>

#include "net/proxy_step.h"

/* --send-proxy */
struct skt_chain_options {
	int send_proxy; /* the version of the PROXY protocol; 0: none is sent */
};

extern const struct argp skt_chain_argp; /* input: struct skt_chain_options * */

/* The option that was given, or NULL. */
const char *skt_chain_given(const struct skt_chain_options *options);

/* Zeroed before it is used; outlives the opening. */
struct skt_chain {
	struct skt_proxy_send send;
};

/*
 * Adds to OPENING, whose connection was dialled, what OPTIONS ask for. CLIENT is the connection of
 * whom it is for; NULL: for ourselves.
 */
void skt_chain_add(struct skt_chain *chain, const struct skt_chain_options *options,
	struct skt_opening *opening, const struct skt_connection *client);

#endif
