/* `--watch`: the listing on a terminal, drawn again and again. */
#ifndef SKT_CMD_SOCKETS_WATCH_H
#define SKT_CMD_SOCKETS_WATCH_H

#include "cmd/listing/listing.h"
#include "cmd/sockets/options.h"

/*
 * Watches the sockets of LISTING, or how many there are of each kind. Returns an exit status;
 * *ret_count: how many rows there were at once, at the most.
 */
int sockets_watch(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count);

#endif
