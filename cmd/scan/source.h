/* The address that a scan is sent from, where one is given. */
#ifndef SKT_CMD_SCAN_SOURCE_H
#define SKT_CMD_SCAN_SOURCE_H

#include "cmd/command.h"
#include "cmd/scan/options.h"

/*
 * Checks --source once, for whatever sends: answers to another's address come to nobody. Fills RET,
 * its zone too (AF_UNSPEC: none was given). SKT_EXIT_YES, or the status to end with, told on
 * stderr.
 */
int scan_source_read(
	const struct scan_options *options, struct skt_context *ctx, struct skt_addr *ret);

#endif
