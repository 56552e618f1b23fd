/* `--follow`: sockets as they come and go. */
#ifndef SKT_CMD_SOCKETS_FOLLOW_H
#define SKT_CMD_SOCKETS_FOLLOW_H

#include "cmd/listing/listing.h"
#include "cmd/sockets/follow_row.h"
#include "cmd/sockets/options.h"

/*
 * Follows the sockets of LISTING, whose row_size and write are not looked at. Returns an exit
 * status; *ret_count: how many rows there were.
 */
int sockets_follow(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count);

#endif
