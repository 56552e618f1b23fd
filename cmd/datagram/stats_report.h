/* How statistics of receiving are shown: what stats.c counts, as rows in words or JSON. */
#ifndef SKT_CMD_DATAGRAM_STATS_REPORT_H
#define SKT_CMD_DATAGRAM_STATS_REPORT_H

#include "net/histogram.h"
#include "out/column.h"

/* One report, of a sender or of all. */
struct stats_row {
	uint64_t present;
	const char *event, *source;
	const char *format; /* of enum stats_format, or NULL */
	uint64_t senders, others;
	uint64_t elapsed_ns; /* since the beginning, at the end of an interval; 0: no interval */
	uint64_t joined;
	uint64_t duration_ns, datagrams, bytes, pps, bps;
	uint64_t expected, duplicate, reordered, stale;
	int64_t lost;
	uint64_t dropped_here, lost_network;
	uint64_t jitter_ns;
	int64_t delay_min_ns, delay_mean_ns, delay_max_ns;
	uint64_t gap_p50_ns, gap_p99_ns, gap_p999_ns, gap_max_ns;
	bool ended;
	struct skt_list gaps; /* of struct skt_bar */
};

/* Which fields of a row are known. */
enum {
	ROW_STAMPED,
	ROW_JITTER,
	ROW_DELAY,
	ROW_GAPS,
	ROW_DROPS,
	ROW_NETWORK,
	ROW_SENDERS,
	ROW_ENDED,
	ROW_CLUSTERS,
	ROW_OTHERS,
	ROW_JOINED,
	ROW_ELAPSED,
};

/* Writes the names of the columns that the text of intervals has. */
void stats_write_head(void);

/* Writes ROW as JSON or text; DRAW: with the bars. */
extern const struct skt_column stats_columns[];

void stats_write(const struct stats_row *row, bool json, bool draw);

#endif
