/* The run of `sockkit scan`. */
#ifndef SKT_CMD_SCAN_RUN_H
#define SKT_CMD_SCAN_RUN_H

#include "cmd/command.h"

/* As struct skt_command wants it; OPTIONS is a struct scan_options. */
int scan_run(const void *options, struct skt_context *ctx);

#endif
