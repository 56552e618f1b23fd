/* Times of repeated probes: how they spread, and how many are missing. */
#ifndef SKT_CMD_CONNECT_STATISTICS_H
#define SKT_CMD_CONNECT_STATISTICS_H

#include <stdint.h>

#include "base/vec.h"
#include "cmd/events.h"

struct connect_statistics {
	uint64_t probes;         /* made */
	SKT_VEC(uint32_t) times; /* of those that succeeded, in microseconds */
	bool failed;             /* a time was lost for want of memory */
};

void connect_statistics_add(struct connect_statistics *statistics, bool open, uint64_t us);
void connect_statistics_fini(struct connect_statistics *statistics);

/* Reports them on stderr: as text with a histogram, or as an event. Sorts the times. */
void connect_statistics_report(struct connect_statistics *statistics, const char *endpoint,
	const struct skt_event_log *log);

/* The smallest of COUNT sorted times that at least PERCENT of them do not exceed (nearest rank). */
uint32_t connect_percentile(const uint32_t *sorted, size_t count, unsigned int percent);

#endif
