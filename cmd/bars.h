/* How durations spread, drawn for people: a bar for each octave, so that one outlier does not put
 * all the others into one. */
#ifndef SKT_CMD_BARS_H
#define SKT_CMD_BARS_H

#include "base/str.h"
#include "net/histogram.h"

enum { SKT_BARS_MAX = 48 };

/* A row of a table of columns, too. */
struct skt_bar {
	uint64_t present;
	uint64_t from_ns, to_ns, count;
};

/* Adds up octaves: returns how many bars, from the lowest that has any to the highest. */
size_t skt_bars_of(const struct skt_histogram *histogram, struct skt_bar bars[SKT_BARS_MAX]);

/* Draws them, a line each; a run of those without any is told once. */
void skt_bars_add(struct skt_str *out, const struct skt_bar *bars, size_t count);

#endif
