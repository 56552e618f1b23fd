#ifndef SKT_CMD_UDPRECV_RUN_H
#define SKT_CMD_UDPRECV_RUN_H

#include "cmd/command.h"
#include "cmd/udprecv/options.h"

/* Receives until the end that OPTIONS name, or a signal. Returns an exit status. */
int udprecv_run(const struct udprecv_options *o, struct skt_context *ctx);

#endif
