#include "cmd/scan/waits.h"

#include "base/clock.h"

/* The longest pause between two attempts is a quarter of a second (skt_refusal_rest()). */
static const uint64_t over_ns = 500 * SKT_NS_PER_MS;
static const uint64_t long_ns = 1000 * SKT_NS_PER_MS;

enum skt_scan_wait scan_waits_look(
	struct scan_waits *waits, const struct skt_scan_stats *stats, uint64_t now_ns)
{
	for (size_t i = SKT_SCAN_WAIT_NONE + 1; i < SKT_SCAN_WAITS; i++) {
		if (stats->waits[i] != waits->count[i]) {
			waits->count[i] = stats->waits[i];
			waits->seen_ns[i] = now_ns;
			if (!waits->begin_ns[i])
				waits->begin_ns[i] = now_ns;
		} else if (now_ns > waits->seen_ns[i] + over_ns) {
			waits->begin_ns[i] = 0;
		}
		if (waits->begin_ns[i] && now_ns >= waits->begin_ns[i] + long_ns &&
			!waits->told[i]) {
			waits->told[i] = true;
			return (enum skt_scan_wait)i;
		}
	}
	return SKT_SCAN_WAIT_NONE;
}

enum skt_scan_wait scan_waits_now(const struct scan_waits *waits, uint64_t now_ns)
{
	for (size_t i = SKT_SCAN_WAIT_NONE + 1; i < SKT_SCAN_WAITS; i++)
		if (waits->begin_ns[i] && now_ns <= waits->seen_ns[i] + over_ns)
			return (enum skt_scan_wait)i;
	return SKT_SCAN_WAIT_NONE;
}
