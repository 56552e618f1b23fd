/*
 * Whether a port is listened on again after its listeners were ended: a supervisor starts anew what
 * did not end by its own order, at once or after a while.
 */
#ifndef SKT_CMD_PORTS_AGAIN_H
#define SKT_CMD_PORTS_AGAIN_H

#include <stddef.h>
#include <stdint.h>

#include "cmd/ports/options.h"

/*
 * Looks on for a second at the most. KNOWN: the COUNT inodes of the sockets that listened before;
 * one of these is nobody new. 1: somebody new listens, told on stderr; 0: nobody was seen to;
 * -errno, told.
 */
int ports_again(const struct ports_options *options, const struct skt_context *ctx,
	const struct skt_portset *wanted, const uint64_t *known, size_t count);

#endif
