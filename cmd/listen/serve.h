/* The whole run of `listen`, from the first socket to the last: limits, signals, its end. */
#ifndef SKT_CMD_LISTEN_SERVE_H
#define SKT_CMD_LISTEN_SERVE_H

#include "cmd/command.h"
#include "cmd/listen/options.h"

/* The whole run. */
enum skt_exit listen_serve(const struct listen_options *options, struct skt_context *ctx);

#endif
