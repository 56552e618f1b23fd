/* `--summary`: how many sockets there are of each kind. */
#ifndef SKT_CMD_SOCKETS_SUMMARY_H
#define SKT_CMD_SOCKETS_SUMMARY_H

#include "cmd/listing/listing.h"
#include "cmd/sockets/options.h"

extern const struct skt_column sockets_summary_columns[];

/* The columns of TOTALS, of the rows of a summary, into RET. */
void sockets_summary_totals(const struct sockets_totals *totals, struct skt_column *ret);

/*
 * Counts the sockets of LISTING, whose row_size and write are not looked at. Returns an exit
 * status; *ret_count: how many sockets matched.
 */
int sockets_summary(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count);

/* Takes a group, a row of sockets_summary_row_size bytes, with what tells it from others. */
typedef int sockets_summary_fn(const void *row, struct skt_bytes id, void *ctx);

extern const size_t sockets_summary_row_size;

/*
 * Counts, and hands every group to TAKE, whose rows are good for that call only. Returns an exit
 * status.
 */
int sockets_summary_each(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, sockets_summary_fn *take, void *take_ctx);

#endif
