/* Rows of hosts: what is known of one, and for people of many that are alike. */
#ifndef SKT_CMD_SCAN_UP_ROWS_H
#define SKT_CMD_SCAN_UP_ROWS_H

#include "base/arena.h"
#include "cmd/scan/diff.h"
#include "cmd/scan/line.h"
#include "cmd/scan/up_state.h"
#include "out/output.h"

struct scan_up_row {
	uint64_t present, rtt_us;
	const char *host;
	const char *addresses; /* table: of so many hosts, which these are; NULL: of one */
	uint64_t hosts;
	struct skt_addr address, from;
	char mac[3 * sizeof(((struct skt_scan_result *)0)->lladdr)];
	uint8_t state, reason, was;
};

extern const struct skt_column scan_up_columns[];

/* The row of RESULT; NAME is that of its host, or NULL; DIFF says what it was, or is NULL. */
struct scan_up_row scan_up_row_of(
	const struct skt_scan_result *result, const char *name, const struct scan_diff *diff);

/* The row of LINE, which may be about many hosts. */
struct scan_up_row scan_up_row_of_line(const struct scan_line *line, const char *name);

#endif
