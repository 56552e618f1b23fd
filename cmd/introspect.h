/* The command line of sockkit as data: what man page checks, a man page and tests are made from.
 */
#ifndef SKT_CMD_INTROSPECT_H
#define SKT_CMD_INTROSPECT_H

#include "cmd/command.h"

/*
 * Writes JSON lines to CTX->out, every key in each: kind (command, option, argument, example,
 * column, status, dialect, taken), command, name, short, metavar, values, optional, repeats,
 * group, set, default, adds, whose, run, help. Returns an exit status.
 */
int skt_introspect(const struct skt_context *ctx);

extern const struct skt_column skt_introspect_columns[];

#endif
