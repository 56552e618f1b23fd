/* `--record`: what there is, written down at a steady interval, for --replay. */
#ifndef SKT_CMD_SOCKETS_RECORD_H
#define SKT_CMD_SOCKETS_RECORD_H

#include "cmd/listing/listing.h"
#include "cmd/sockets/options.h"

/*
 * Records the tables and families of LISTING's query until the time is up or a signal comes.
 * Returns an exit status; TROUBLE where anything could not be written.
 */
int sockets_record(const struct sockets_options *options, const struct skt_listing *listing,
	const struct skt_context *ctx);

#endif
