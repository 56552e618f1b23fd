/*
 * What of a scan is done, and how it came out, in a file: half a byte for each pair of the plan,
 * written as soon as it is known, so that it is as it was also where the program was killed.
 * Nothing of it is held in memory, and who cuts the file short meanwhile only loses what was in it.
 */
#ifndef SKT_SCAN_JOURNAL_H
#define SKT_SCAN_JOURNAL_H

#include <stdint.h>

#include "base/err.h"
#include "scan/plan.h"

/* What makes a scan another one, besides its plan. */
struct skt_journal_key {
	uint64_t seed;
	uint64_t shard, shards; /* SHARDS 0: not divided */
	bool seed_given;        /* else that of the file counts */
	bool udp;
};

struct skt_journal {
	int fd;
	uint64_t count; /* pairs */
	uint64_t seed;  /* of the scan that began it */
};

/*
 * Opens or makes the file PATH for PLAN. -EBUSY: a scan is writing it; -EINVAL: of another scan
 * (ERR says in what), or no such file at all; -errno.
 */
int skt_journal_open(const char *path, const struct skt_plan *plan,
	const struct skt_journal_key *key, struct skt_journal *ret, struct skt_err *err);

/* Calls KNOWN for each pair whose state is in it. 0 or -errno of reading. */
int skt_journal_read(const struct skt_journal *journal,
	void (*known)(void *ctx, uint64_t index, uint8_t state), void *ctx);

/* Notes that the pair at INDEX is done. 0 or -errno of writing. */
int skt_journal_note(const struct skt_journal *journal, uint64_t index, uint8_t state);

/* Closes it; the file stays. */
void skt_journal_close(struct skt_journal *journal);

#endif
