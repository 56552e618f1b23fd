/* The rows that there were at one moment, and how they differ from those of the moment before. */
#ifndef SKT_CMD_LISTING_SNAPSHOT_H
#define SKT_CMD_LISTING_SNAPSHOT_H

#include "base/arena.h"
#include "base/vec.h"
#include "out/column.h"

enum skt_mark { SKT_MARK_NONE, SKT_MARK_NEW, SKT_MARK_GONE };

struct skt_snapshot_row {
	const void *row;
	struct skt_bytes id; /* by which it is told from others; no bytes: it is not, nor marked */
	enum skt_mark mark;
};

/* Zero-initialised is empty. */
struct skt_snapshot {
	SKT_VEC(struct skt_snapshot_row) rows; /* those that are gone last */
	size_t gone;
	struct skt_arena texts; /* rows, identities, and what rows point to */
};

/*
 * Adds a copy of ROW, of SIZE bytes, with the texts of the columns KEPT, which may be compared with
 * others by the bytes of ID. -ENOMEM.
 */
int skt_snapshot_add(struct skt_snapshot *snapshot, const struct skt_selection *kept,
	const void *row, size_t size, struct skt_bytes id);

/*
 * Marks what is in SNAPSHOT and not in OLD, the one before it, as new, and adds what is in that
 * only, and was not gone then, as gone. -ENOMEM.
 */
int skt_snapshot_mark(struct skt_snapshot *snapshot, const struct skt_snapshot *old,
	const struct skt_selection *kept, size_t size);
void skt_snapshot_fini(struct skt_snapshot *snapshot);

#endif
