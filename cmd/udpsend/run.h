/* The run of `sockkit udpsend`. */
#ifndef SKT_CMD_UDPSEND_RUN_H
#define SKT_CMD_UDPSEND_RUN_H

#include "cmd/command.h"
#include "cmd/udpsend/options.h"

/* Sends what OPTIONS name, and waits for what comes back. Returns an exit status. */
int udpsend_run(const struct udpsend_options *o, struct skt_context *ctx);

#endif
