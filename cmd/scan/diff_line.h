/* A row that an earlier scan wrote with --format=jsonl: as much of JSON (RFC 8259) as it takes. */
#ifndef SKT_CMD_SCAN_DIFF_LINE_H
#define SKT_CMD_SCAN_DIFF_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/vec.h"

struct scan_diff_line {
	struct skt_addr addr;
	uint16_t port; /* of hosts SKT_PLAN_ANY_PORT */
	bool udp;
	uint8_t state; /* enum skt_scan_state; of hosts enum scan_up_state */
};

SKT_VEC_DECLARE(scan_diff_lines, struct scan_diff_line);

/*
 * Reads a line of LEN bytes without its newline: an object of JSON with `address`, `port`, `proto`
 * and `state`, of HOSTS with `address` and `state`, whatever else is in it. Pure, but for names of
 * zones. -EINVAL: it is none.
 */
int scan_diff_parse(const char *text, size_t len, bool hosts, struct scan_diff_line *ret);

#endif
