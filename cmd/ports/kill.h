/* `--kill`: ends those who listen. */
#ifndef SKT_CMD_PORTS_KILL_H
#define SKT_CMD_PORTS_KILL_H

#include "cmd/ports/options.h"

extern const struct skt_column ports_kill_columns[];

/* Ends the processes that listen on the ports. Returns an exit status. */
int ports_kill(const struct ports_options *options, const struct skt_context *ctx);

#endif
