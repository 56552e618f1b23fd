/* `--registry`: what ports and service names are registered for. */
#ifndef SKT_CMD_PORTS_REGISTRY_H
#define SKT_CMD_PORTS_REGISTRY_H

#include "cmd/ports/options.h"

extern const struct skt_column ports_registry_columns[];

/* What the registry says of ports and names. Returns an exit status. */
int ports_registry(const struct ports_options *options, const struct skt_context *ctx);

#endif
