/* Times of repeated probes: how they spread, and how many are missing. */
#ifndef SKT_CMD_CONNECT_STATISTICS_H
#define SKT_CMD_CONNECT_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/events.h"
#include "net/histogram.h"

/* How many of the latest probes a picture is made of. */
enum { CONNECT_LATEST_MAX = 48 };

struct connect_statistics {
	uint64_t probes, open;       /* made; of these, those that succeeded */
	struct skt_histogram *times; /* of those that succeeded, in nanoseconds; NULL: none yet */
	uint32_t latest[CONNECT_LATEST_MAX]; /* in microseconds, the PROBES-th modulo as many; or
					      * SKT_SPARKLINE_NONE */
};

/* Counts one. Without memory for the times of those that succeed, only their number is known. */
void connect_statistics_add(struct connect_statistics *statistics, bool open, uint64_t us);

/*
 * Appends how it goes, for people who watch: at most COUNT of the latest as a picture, the last,
 * and what was lost.
 */
void connect_statistics_sketch(
	const struct connect_statistics *statistics, size_t count, struct skt_str *out);
void connect_statistics_fini(struct connect_statistics *statistics);

/*
 * Reports them on stderr: as text with a histogram, or as an event. Percentiles only where there
 * are enough times to tell them apart from the longest.
 */
void connect_statistics_report(const struct connect_statistics *statistics, const char *endpoint,
	const struct skt_event_log *log);

#endif
