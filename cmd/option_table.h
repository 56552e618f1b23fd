/* The tables of options, as argp has them: one for each command, and those that it shares below it.
 */
#ifndef SKT_CMD_OPTION_TABLE_H
#define SKT_CMD_OPTION_TABLE_H

#include <argp.h>

typedef void skt_option_fn(const struct argp_option *option, void *ctx);

/* Hands every entry of ARGP and its children to FN, in their order: options, aliases, headings. */
void skt_options_each(const struct argp *argp, skt_option_fn *fn, void *ctx);

#endif
