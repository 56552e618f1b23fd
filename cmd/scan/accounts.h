/*
 * What a scan says on stderr: at its beginning, that something will be in its way; at its end, what
 * became of everything that was planned.
 */
#ifndef SKT_CMD_SCAN_ACCOUNTS_H
#define SKT_CMD_SCAN_ACCOUNTS_H

#include "cmd/command.h"
#include "cmd/scan/diff.h"
#include "cmd/scan/input.h"
#include "scan/scan.h"

/* What was counted besides the states. */
struct scan_tally {
	bool udp;                /* ports that were asked */
	uint64_t asked, greeted; /* open ports that were asked something, that said something */
	uint64_t known;          /* ... and what they are */
	bool services;           /* they were asked for that */
	const struct scan_diff *diff; /* or NULL */
};

/* Warns where tables of this kernel are too small for what is planned. */
void scan_accounts_warn(const struct skt_context *ctx, const struct scan_input *input);

/*
 * One line, or on a terminal numbers above one another. Warnings about the result are told even
 * where QUIET.
 */
void scan_accounts_tell(struct skt_context *ctx, const struct skt_scan_stats *stats,
	const struct scan_tally *tally, bool quiet);

/* The same of hosts: how many of them are UP and DOWN. */
void scan_accounts_hosts(const struct skt_context *ctx, const struct skt_scan_stats *stats,
	uint64_t up, uint64_t down);

#endif
