/* The tables of options, as argp has them: one for each command, and those that it shares below it.
 */
#ifndef SKT_CMD_OPTION_TABLE_H
#define SKT_CMD_OPTION_TABLE_H

#include <argp.h>
#include <stddef.h>

typedef void skt_option_fn(const struct argp_option *option, void *ctx);

/* Hands every entry of ARGP and its children to FN, in their order: options, aliases, headings. */
void skt_options_each(const struct argp *argp, skt_option_fn *fn, void *ctx);

/*
 * The option of ARGP called by the LEN bytes at NAME, whole or by a beginning that no other has
 * (getopt_long(3)), or, NAME being NULL, by LETTER; of an alias the option itself. NULL: none.
 */
const struct argp_option *skt_option_find(
	const struct argp *argp, const char *name, size_t len, int letter);

#endif
