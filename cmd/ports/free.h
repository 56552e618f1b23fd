/* `--free`: ports that nobody has. */
#ifndef SKT_CMD_PORTS_FREE_H
#define SKT_CMD_PORTS_FREE_H

#include "cmd/ports/options.h"

extern const struct skt_column ports_free_columns[];

/* Finds ports that are free, and holds them for a command. Returns an exit status, or never. */
int ports_free(const struct ports_options *options, const struct skt_context *ctx);

#endif
