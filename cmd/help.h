/*
 * What --help and --usage say, made from the command and its option tables: argp's own help knows
 * neither the width of the terminal nor the examples.
 */
#ifndef SKT_CMD_HELP_H
#define SKT_CMD_HELP_H

#include <argp.h>

#include "cmd/command.h"

/*
 * Writes to stdout (by stdio): what COMMAND does, its options as ROOT and its children have them,
 * under the headings of their groups, the examples, and where more is told. As wide as the terminal
 * CTX->out, $COLUMNS or 80 columns, and at most 100.
 */
void skt_help_print(
	const struct skt_command *command, const struct argp *root, const struct skt_context *ctx);

/* The same of a command line with every option in it. */
void skt_help_print_usage(
	const struct skt_command *command, const struct argp *root, const struct skt_context *ctx);

/* What GROUP is called in the tables of ARGP and its children, or NULL. */
const char *skt_help_heading(const struct argp *argp, int group);

#endif
