/* `--rates`: how fast sockets are, by two looks at what the kernel has counted of each. */
#ifndef SKT_CMD_SOCKETS_RATES_H
#define SKT_CMD_SOCKETS_RATES_H

#include "cmd/listing/listing.h"
#include "cmd/sockets/options.h"

/*
 * Has METER, zero-initialised, see the sockets of LISTING at each look from now on: all connections
 * that its filter may ever match, whatever state they are in now. skt_meter_fini() ends it.
 */
void sockets_rates_begin(struct skt_listing *listing, struct skt_meter *meter);

/* One look, now: skt_listing_each() where the meter is read, if there is one. */
int sockets_rates_each(const struct skt_listing *listing, const struct skt_context *ctx,
	skt_row_fn *take, void *take_ctx);

/*
 * Waits for TIME_NS, a signal, or news at one of COUNT descriptors; when there is some, a moment
 * longer, for what comes with it.
 */
void sockets_rates_rest(uint64_t time_ns, const int *fds, size_t count);

/*
 * Lists, as skt_listing_run(), after a look that only counts and the time that MODES say. A signal
 * meanwhile ends it in order, with no rows.
 */
int sockets_rates_list(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count);

#endif
