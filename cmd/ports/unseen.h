/* Listeners that no process was seen to hold, so that `ports --kill` could end none. */
#ifndef SKT_CMD_PORTS_UNSEEN_H
#define SKT_CMD_PORTS_UNSEEN_H

#include <stddef.h>
#include <stdint.h>

#include "cmd/ports/options.h"

/*
 * Looks once more for those of the COUNT INODES that still listen on WANTED without a process, and
 * says on stderr of each port what keeps it and what helps. SKT_EXIT_YES: there is none any more;
 * SKT_EXIT_NO: it is known that no process has them; SKT_EXIT_TROUBLE: one may have and is hidden.
 */
int ports_unseen(const struct ports_options *options, const struct skt_context *ctx,
	const struct skt_portset *wanted, const uint64_t *inodes, size_t count);

#endif
