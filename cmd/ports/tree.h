/*
 * Who is connected to what: each process that listens, the sockets it listens at, the clients these
 * have now, and the clients' processes where they are of this host. A tree on a terminal; elsewhere
 * flat rows, in which each client is beside its listener.
 */
#ifndef SKT_CMD_PORTS_TREE_H
#define SKT_CMD_PORTS_TREE_H

#include "cmd/ports/options.h"

/* Shows it. Returns an exit status. */
int ports_tree(const struct ports_options *options, const struct skt_context *ctx);

#endif
