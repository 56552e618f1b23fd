/*
 * An earlier scan to compare with: the rows that --format=jsonl wrote then. What is kept of them is
 * half a byte for each pair of the plan.
 */
#ifndef SKT_CMD_SCAN_DIFF_H
#define SKT_CMD_SCAN_DIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cmd/scan/diff_line.h"
#include "cmd/scan/up_state.h"
#include "scan/plan.h"
#include "scan/verdict.h"

enum { SCAN_DIFF_LINE_MAX = 64 * 1024 };

struct scan_diff {
	uint8_t *was;                     /* as scan/states.h has it; owned */
	uint64_t elsewhere;               /* open ports of the file that are not in the plan */
	uint64_t opened, closed, changed; /* differences that were found */
};

/* Reads the rows of --up in the file at PATH. As scan_diff_read(). */
int scan_diff_read_hosts(const char *path, struct scan_diff_lines *ret, struct skt_err *err);

/*
 * What LINES say of the hosts of PLAN. -EINVAL: nothing; -ENOMEM.
 */
int scan_diff_of_hosts(
	const struct scan_diff_lines *lines, const struct skt_plan *plan, struct scan_diff *ret);

/*
 * Reads the file at PATH. -EINVAL: a line of it is none of a scan, or none is about the plan (ERR
 * says which); other -errno: it could not be read.
 */
int scan_diff_read(const char *path, const struct skt_plan *plan, bool udp, struct scan_diff *ret,
	struct skt_err *err);

/*
 * Whether the pair at INDEX, now in STATE, is another than it was, and counts it then. What the
 * file does not have was not open; what is not known now is no difference.
 */
bool scan_diff_note(struct scan_diff *diff, uint64_t index, uint8_t state);

/* What it was; false: the file does not say. */
bool scan_diff_was(const struct scan_diff *diff, uint64_t index, uint8_t *ret_state);

void scan_diff_fini(struct scan_diff *diff);

#endif
