/*
 * Durations one after the other as a line of bars (Tufte's sparkline): in the logarithmic scale of
 * the histograms, so that one outlier does not flatten all the others.
 */
#ifndef SKT_CMD_SPARKLINE_H
#define SKT_CMD_SPARKLINE_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* A duration that did not come to be. */
#define SKT_SPARKLINE_NONE UINT32_MAX

/*
 * Appends a character for each of the COUNT VALUES: from the lowest bar for the least of them to
 * the full one for the greatest, all of them low where these are not twice as far apart; `x` for
 * NONE. UTF-8, a terminal column each.
 */
void skt_sparkline_add(struct skt_str *out, const uint32_t *values, size_t count);

/*
 * The same of amounts, none of them NONE, in proportion: the lowest bar is nothing or next to
 * nothing, the full one the greatest of them.
 */
void skt_sparkline_add_amounts(struct skt_str *out, const uint32_t *values, size_t count);

#endif
