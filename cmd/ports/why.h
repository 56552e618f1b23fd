/* `--why`: what stands between a port and who would have it. */
#ifndef SKT_CMD_PORTS_WHY_H
#define SKT_CMD_PORTS_WHY_H

#include "cmd/ports/options.h"

/* Everything that holds one port, and whether it can be bound. Returns an exit status. */
int ports_why(const struct ports_options *options, const struct skt_context *ctx);

#endif
