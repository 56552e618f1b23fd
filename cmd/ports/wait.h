/* `--wait` and `--wait-closed`. */
#ifndef SKT_CMD_PORTS_WAIT_H
#define SKT_CMD_PORTS_WAIT_H

#include "cmd/ports/options.h"

/* Waits until all of the ports, or none, is listened on. Returns an exit status. */
int ports_wait(const struct ports_options *options, const struct skt_context *ctx);

#endif
