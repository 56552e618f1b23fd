/*
 * A scan: every pair of the plan is probed until it has a state, and every pair gets exactly one
 * result. Blocking; one thread.
 */
#ifndef SKT_SCAN_SCAN_H
#define SKT_SCAN_SCAN_H

#include "base/err.h"
#include "scan/run.h"

/*
 * Runs. 0 also where it was stopped: then some results are `skipped`, and stats->complete is false.
 * -errno: it could not begin (ERR says why), or result() ended it.
 */
int skt_scan_run(
	const struct skt_scan_config *config, struct skt_scan_stats *stats, struct skt_err *err);

#endif
