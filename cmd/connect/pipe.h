/* Joins stdin and stdout to a connection, or a program. */
#ifndef SKT_CMD_CONNECT_PIPE_H
#define SKT_CMD_CONNECT_PIPE_H

#include "cmd/command.h"
#include "cmd/connect/options.h"

/* Returns an exit status (enum skt_exit). */
int connect_pipe(const struct connect_options *options, const struct skt_context *ctx);

#endif
