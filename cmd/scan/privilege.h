/* What a scan gives up, in two steps: before it opens its sockets, and once they are open. */
#ifndef SKT_CMD_SCAN_PRIVILEGE_H
#define SKT_CMD_SCAN_PRIVILEGE_H

#include "cmd/scan/options.h"

/* OPEN: the last socket that takes privilege is open. */
void scan_confine(const struct scan_options *o, bool open, const struct skt_context *ctx);

#endif
