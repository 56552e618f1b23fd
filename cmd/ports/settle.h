/* Which options of `ports` go together, and which columns their rows have. */
#ifndef SKT_CMD_PORTS_SETTLE_H
#define SKT_CMD_PORTS_SETTLE_H

#include <argp.h>

#include "cmd/ports/options.h"

/* "--tree"; NULL: the list, which has none. */
const char *ports_mode_option(enum ports_mode mode);

/*
 * Once all options are known (ARGP_KEY_END). Reports what is wrong itself: 0, or what the parser
 * must return.
 */
error_t ports_settle(const struct argp_state *state, struct ports_options *options);

#endif
