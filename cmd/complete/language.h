/* What chooses sockets: filters, and the tables of -A. */
#ifndef SKT_CMD_COMPLETE_LANGUAGE_H
#define SKT_CMD_COMPLETE_LANGUAGE_H

#include "cmd/complete/asked.h"

/* Each in place of its metavar. */
void complete_value_filter(const struct complete_asked *asked);
void complete_value_tables(const struct complete_asked *asked);

#endif
