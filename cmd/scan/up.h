/* Which hosts are there: `scan --up`. */
#ifndef SKT_CMD_SCAN_UP_H
#define SKT_CMD_SCAN_UP_H

#include "cmd/scan/input.h"

/* Lists the hosts of INPUT. An exit status. */
int scan_up_list(const struct scan_options *options, struct skt_context *ctx,
	const struct scan_input *input);

/*
 * Takes the hosts that are known to be absent out of the plan of INPUT, and says how many.
 * *ret_left is false where none is left, *ret_expected where one is not as --expect says.
 * SKT_EXIT_YES, or the status to end with, told on stderr.
 */
int scan_up_narrow(const struct scan_options *options, struct skt_context *ctx,
	struct scan_input *input, bool *ret_left, bool *ret_expected);

#endif
