/* The sockets that matched at one moment, and how that differs from the moment before. */
#ifndef SKT_CMD_SOCKETS_SNAPSHOT_H
#define SKT_CMD_SOCKETS_SNAPSHOT_H

#include "base/arena.h"
#include "base/vec.h"
#include "cmd/listing/listing.h"
#include "diag/socket_id.h"

enum snapshot_mark { MARK_NONE, MARK_NEW, MARK_GONE };

struct snapshot_row {
	struct skt_socket_row row;
	struct skt_socket_id id;
	enum snapshot_mark mark;
};

_Static_assert(offsetof(struct snapshot_row, row) == 0, "columns of the listing are its columns");

/* Zero-initialised is empty. */
struct snapshot {
	SKT_VEC(struct snapshot_row) rows; /* those that are gone last */
	size_t gone;
	struct skt_arena texts;
};

/*
 * Takes a snapshot of LISTING in place of the one that *SNAPSHOT is. What was not in that one is
 * new, unless it was the first; what is in that one only, and was not gone then, is kept as gone.
 * The texts of the columns KEPT live as long as it. Returns an exit status as skt_listing_each().
 */
int snapshot_take(struct snapshot *snapshot, bool first, const struct skt_listing *listing,
	const struct skt_selection *kept, const struct skt_context *ctx);
void snapshot_fini(struct snapshot *snapshot);

#endif
