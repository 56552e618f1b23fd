/* `--watch`: rows on a terminal, taken and drawn again and again. */
#ifndef SKT_CMD_LISTING_WATCH_H
#define SKT_CMD_LISTING_WATCH_H

#include "cmd/listing/watch_source.h"
#include "diag/socket_id.h"

/* The identity of ROW, whose bytes are in *ID; none where nothing tells it from others for good. */
struct skt_bytes skt_watch_id(const struct skt_socket_row *row, struct skt_socket_id *id);

/* Watches it. Returns an exit status; *ret_count: how many rows there were at once, at the most. */
int skt_watch(
	const struct skt_watch_source *source, const struct skt_context *ctx, uint64_t *ret_count);

#endif
