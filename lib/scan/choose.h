/* What a scan sends next: new pairs in their order, old ones when they are due, as gates let them.
 */
#ifndef SKT_SCAN_CHOOSE_H
#define SKT_SCAN_CHOOSE_H

#include "scan/running.h"

/* What is known of the host of PAIR, if only that there is one. */
struct skt_host *skt_scan_host(struct skt_scan *scan, const struct skt_plan_pair *pair);

/*
 * Where hosts are what is asked for, and the kernel has found HOST: PROBE is over with that.
 * Whether it is.
 */
bool skt_scan_found(struct skt_scan *scan, const struct skt_plan_pair *pair,
	const struct skt_host *host, struct skt_probe *probe, uint64_t now_ns);

/* Fills SHOTS with at most COUNT; how many. */
size_t skt_scan_choose(
	struct skt_scan *scan, struct skt_shot *shots, size_t count, uint64_t now_ns);

#endif
