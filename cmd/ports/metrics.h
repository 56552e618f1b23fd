/* The ports that are listened on as openmetrics: whether they are, queues, limits and drops. */
#ifndef SKT_CMD_PORTS_METRICS_H
#define SKT_CMD_PORTS_METRICS_H

#include "cmd/listing/listing.h"
#include "cmd/ports/options.h"

extern const struct skt_column ports_metrics_columns[];

/* Chooses columns and families, once all options are known. */
void ports_metrics_settle(struct ports_options *options);

/*
 * Writes them, of the sockets of LISTING, whose row_size and write are not looked at. WANTED: the
 * ports that were asked for, of which those that nobody listens on are told of too; NULL: any. An
 * exit status; *ret_count: how many sockets there were.
 */
int ports_metrics(const struct ports_options *options, const struct skt_listing *listing,
	const struct skt_portset *wanted, const struct skt_context *ctx, uint64_t *ret_count);

#endif
