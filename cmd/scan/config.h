/* What the options and the input of a run ask the scan for. */
#ifndef SKT_CMD_SCAN_CONFIG_H
#define SKT_CMD_SCAN_CONFIG_H

#include "cmd/scan/input.h"
#include "scan/run.h"

/*
 * All but the seed, what is known already, and whom to tell. METHOD_AUTO is SYN: whoever may not
 * send those falls back.
 */
struct skt_scan_config scan_config_of(const struct scan_options *options,
	const struct skt_context *ctx, const struct scan_input *input);

#endif
