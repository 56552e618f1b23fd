/* Modes that are about one network namespace, the own one or that of -N. */
#ifndef SKT_CMD_PORTS_WITHIN_H
#define SKT_CMD_PORTS_WITHIN_H

#include "cmd/ports/options.h"

/* Returns an exit status. CTX is good until it returns. */
typedef int ports_within_fn(
	const struct ports_options *options, const struct skt_context *ctx, void *state);

/*
 * Runs FN in the namespace that OPTIONS name: by a thread that is inside of it, so that what it
 * binds is bound there, and with a CTX whose dumps are of it. Returns what FN returned, or the
 * status to end with, told.
 */
int ports_within(const struct ports_options *options, const struct skt_context *ctx,
	ports_within_fn *fn, void *state);

#endif
