/* Whether all is asked that --expect is about: what nobody asks would be right whatever it is. */
#ifndef SKT_CMD_SCAN_EXPECTED_H
#define SKT_CMD_SCAN_EXPECTED_H

#include "cmd/command.h"
#include "cmd/scan/options.h"
#include "scan/local.h"

/* SKT_EXIT_YES, or SKT_EXIT_USAGE, told on stderr. */
int scan_expected_check(const struct scan_options *options, const struct skt_context *ctx,
	const struct skt_plan *plan, const struct skt_local *local);

#endif
