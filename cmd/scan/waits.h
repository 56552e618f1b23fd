/* What a scan waits for before it can send, said while it does. */
#ifndef SKT_CMD_SCAN_WAITS_H
#define SKT_CMD_SCAN_WAITS_H

#include "cmd/command.h"
#include "scan/run.h"

struct scan_waits {
	uint64_t count[SKT_SCAN_WAITS];    /* as of the last look */
	uint64_t begin_ns[SKT_SCAN_WAITS]; /* since when one has been waited for; 0: none is */
	uint64_t seen_ns[SKT_SCAN_WAITS];  /* when one last had to */
	bool told[SKT_SCAN_WAITS];
};

/*
 * Looks at STATS, some times a second. What to say now on stderr, once, as it has been waited for
 * so long that somebody may wonder: an enum skt_scan_wait, or NONE.
 */
enum skt_scan_wait scan_waits_look(
	struct scan_waits *waits, const struct skt_scan_stats *stats, uint64_t now_ns);

/* What is waited for at this moment, or NONE. */
enum skt_scan_wait scan_waits_now(const struct scan_waits *waits, uint64_t now_ns);

#endif
