/* `--summary`: how many sockets there are of each kind, and how fast they are together. */
#ifndef SKT_CMD_SOCKETS_SUMMARY_H
#define SKT_CMD_SOCKETS_SUMMARY_H

#include "cmd/listing/listing.h"
#include "cmd/sockets/options.h"

/* Columns: of any summary, of that by protocol and state, with rates, and of a watched one. */
enum {
	SOCKETS_SUMMARY_COUNT,
	SOCKETS_SUMMARY_PARTS,
	SOCKETS_SUMMARY_OPEN_RATE = SOCKETS_SUMMARY_PARTS + 3,
	SOCKETS_SUMMARY_TREND,
};

extern const struct skt_column sockets_summary_columns[];

/* The columns of TOTALS, of the rows of a summary, into RET. */
void sockets_summary_totals(const struct sockets_totals *totals, struct skt_column *ret);

/* The column that is drawn as a bar, too. */
const struct skt_column *sockets_summary_bar(const struct sockets_modes *modes);

/*
 * Counts the sockets of LISTING, whose row_size and write are not looked at; with a meter, after a
 * look and the time that MODES say. Returns an exit status; *ret_count: how many sockets matched.
 */
int sockets_summary(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count);

/* What is counted again and again. */
struct sockets_summary;

/* MODES, LISTING and CTX outlive it. -ENOMEM, told. */
int sockets_summary_new(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, struct sockets_summary **ret);
void sockets_summary_free(struct sockets_summary *summary);

/* Takes a group, a row of sockets_summary_row_size bytes, with what tells it from others. */
typedef int sockets_summary_fn(const void *row, struct skt_bytes id, void *ctx);

extern const size_t sockets_summary_row_size;

/*
 * Counts LISTING, which may differ from the one above in its directory, and hands every group to
 * TAKE, whose rows are good for that call only. Returns an exit status.
 */
int sockets_summary_each(struct sockets_summary *summary, const struct skt_listing *listing,
	sockets_summary_fn *take, void *take_ctx);

/* What to poll between two looks, 2 at the most, for news to be taken. Negative: memory is out. */
size_t sockets_summary_fds(const struct sockets_summary *summary, int *fds);
int sockets_summary_news(struct sockets_summary *summary);

#endif
