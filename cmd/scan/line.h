/* What a finished scan shows: results, and what is alike counted together. */
#ifndef SKT_CMD_SCAN_LINE_H
#define SKT_CMD_SCAN_LINE_H

#include <stdbool.h>

#include "cmd/scan/said.h"
#include "scan/run.h"

/* A result, or several that are alike. In order of hosts. */
struct scan_line {
	const struct skt_scan_result *result; /* the first of them */
	const struct scan_said *said;
	uint64_t count;        /* ports of each host; 0: the one of the result */
	uint64_t hosts;        /* of so many; 0: the one of the result */
	const char *addresses; /* with it: which */
	uint64_t hosts_key;    /* with it: alike for the same ones */
	bool own_name;         /* its host has a name, and so a row of its own */
};

#endif
