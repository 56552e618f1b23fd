/* PORTS as people write them: 80, 80/tcp, :80, 127.0.0.1:80, 8000-8100,https. */
#ifndef SKT_CMD_PORTS_WORDS_H
#define SKT_CMD_PORTS_WORDS_H

#include <argp.h>

#include "cmd/ports/options.h"

/*
 * Adds those of ARG, and what stands with them of a protocol and an address. Reports what is wrong
 * itself: 0, or what the parser must return.
 */
error_t ports_words_parse(
	const struct argp_state *state, struct ports_options *options, const char *arg);

#endif
