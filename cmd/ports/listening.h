/* The ports that are listened on, and by whom. */
#ifndef SKT_CMD_PORTS_LISTENING_H
#define SKT_CMD_PORTS_LISTENING_H

#include "cmd/ports/options.h"

/* Lists them. Returns an exit status. */
int ports_listening(const struct ports_options *options, const struct skt_context *ctx);

#endif
