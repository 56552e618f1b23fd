/* What options of `listen` do not go together. */
#ifndef SKT_CMD_LISTEN_SETTLE_H
#define SKT_CMD_LISTEN_SETTLE_H

#include <argp.h>

#include "cmd/listen/options.h"

/* Once all are known: reads the endpoint, too. EINVAL: it was wrong usage, and said. */
error_t listen_settle(const struct argp_state *state, struct listen_options *o);

#endif
