/* Columns of the rows that a command line asks for. */
#ifndef SKT_CMD_COMPLETE_ROWS_H
#define SKT_CMD_COMPLETE_ROWS_H

#include "cmd/complete/asked.h"

/* Each in place of its metavar: a list with a sign in front, or one with signs. */
void complete_value_columns(const struct complete_asked *asked);
void complete_value_sort(const struct complete_asked *asked);

#endif
