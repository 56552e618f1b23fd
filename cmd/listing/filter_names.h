/* The names in a filter: hosts, services, interfaces, cgroups. */
#ifndef SKT_CMD_LISTING_FILTER_NAMES_H
#define SKT_CMD_LISTING_FILTER_NAMES_H

#include "cmd/command.h"
#include "filter/filter.h"

/*
 * Looks up what FILTER (NULL: nothing) names. Tells the user what failed. Returns SKT_EXIT_YES,
 * SKT_EXIT_NO (there is no such thing) or SKT_EXIT_TROUBLE.
 */
int skt_filter_look_up(struct skt_filter *filter, const struct skt_context *ctx);

#endif
