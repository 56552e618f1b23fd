/* `--drops`: who has dropped packets, and why. */
#ifndef SKT_CMD_SOCKETS_DROPS_H
#define SKT_CMD_SOCKETS_DROPS_H

#include "cmd/listing/listing.h"
#include "cmd/sockets/options.h"

/*
 * Counts for as long as MODES say what is dropped, and shows it, with the sockets of LISTING that
 * it was for. Returns an exit status; *ret_count: rows.
 */
int sockets_drops(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count);

#endif
