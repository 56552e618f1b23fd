/* The run of `sockkit scan`. */
#ifndef SKT_CMD_SCAN_RUN_H
#define SKT_CMD_SCAN_RUN_H

#include "cmd/scan/scan.h"

/* As struct skt_command wants it. */
int scan_run(const void *options, struct skt_context *ctx);

#endif
