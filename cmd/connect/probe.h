/* Connects, reports and disconnects: once, repeatedly, or until it is up. */
#ifndef SKT_CMD_CONNECT_PROBE_H
#define SKT_CMD_CONNECT_PROBE_H

#include "cmd/command.h"
#include "cmd/connect/options.h"

/* Returns an exit status (enum skt_exit). */
int connect_probe(const struct connect_options *options, const struct skt_context *ctx);

#endif
