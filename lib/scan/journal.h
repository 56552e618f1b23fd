/*
 * What of a scan is done, in a file: one bit for each pair of the plan, mapped to memory, so that
 * it is as it was also where the program was killed. The order of a scan is of no matter to it.
 */
#ifndef SKT_SCAN_JOURNAL_H
#define SKT_SCAN_JOURNAL_H

#include <stdint.h>

#include "base/err.h"
#include "scan/plan.h"

struct skt_journal {
	int fd;
	void *map;
	size_t size;
	uint64_t *bits; /* one for each pair */
};

/*
 * Opens or makes the file PATH for PLAN; SALT is whatever else makes a scan another one. -EBUSY: a
 * scan is writing it; -EINVAL: of another scan, or no such file at all; -errno.
 */
int skt_journal_open(const char *path, const struct skt_plan *plan, uint64_t salt,
	struct skt_journal *ret, struct skt_err *err);

/* Closes it; the file stays. */
void skt_journal_close(struct skt_journal *journal);

#endif
