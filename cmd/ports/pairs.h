/*
 * One row for two sockets: servers that bind the wildcard address of each family for itself, as
 * nginx, sshd and named do, are two sockets that say the same. People on a terminal are told once;
 * whoever reads data or names columns is told of each.
 */
#ifndef SKT_CMD_PORTS_PAIRS_H
#define SKT_CMD_PORTS_PAIRS_H

#include "cmd/listing/listing.h"

/* Whether rows are for people, who did not say which columns they want. */
bool ports_pairs_wanted(const struct skt_rows_options *rows, const struct skt_context *ctx);

/*
 * Lists LISTING, whose rows are struct ports_row, as skt_listing_run() does, but 0.0.0.0 and :: as
 * one row with the address `*` where all else that is shown is the same.
 */
int ports_pairs(
	const struct skt_listing *listing, const struct skt_context *ctx, uint64_t *ret_count);

#endif
