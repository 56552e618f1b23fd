/* `ports --watch`: the list on a terminal, drawn again and again. */
#ifndef SKT_CMD_PORTS_WATCH_H
#define SKT_CMD_PORTS_WATCH_H

#include "cmd/listing/listing.h"
#include "cmd/ports/options.h"

/* Watches LISTING. Returns an exit status; *ret_count: the most rows that there were at once. */
int ports_watch(const struct ports_options *options, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count);

#endif
