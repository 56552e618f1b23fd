/*
 * The run of --follow, of which follow.c is the frame: news are taken and it is looked, in turn;
 * follow_looks.c is a look at all sockets, follow_ends.c tells which have ended.
 */
#ifndef SKT_CMD_SOCKETS_FOLLOW_INTERNAL_H
#define SKT_CMD_SOCKETS_FOLLOW_INTERNAL_H

#include "cmd/listing/listing.h"
#include "cmd/sockets/follow_row.h"
#include "cmd/sockets/follow_sources.h"
#include "cmd/sockets/follow_tcp.h"
#include "cmd/sockets/known.h"
#include "cmd/sockets/options.h"

struct following {
	const struct sockets_modes *modes;
	const struct skt_listing *listing;
	const struct skt_context *ctx;
	struct known_set known;
	struct follow_sources sources;
	struct follow_tcp tcp;
	struct skt_directory directory;
	struct skt_output *output;
	struct skt_sink sink;
	uint64_t look;        /* number of the look at hand, from 1 */
	uint64_t lost_at;     /* the look before which events were lost last; 0: never */
	uint64_t unexplained; /* ends without an event, since they were told of last */
	uint64_t rows;
	int failed; /* -errno, or 0 */
};

/* Writes ROW of CTX, the run, which ends where that fails: -errno. */
int sockets_follow_write(void *ctx, const struct follow_row *row);

/* Takes the news that are there, after at most WAIT_NS. */
int sockets_follow_take_news(struct following *following, uint64_t wait_ns);

/* ---- looks ---- */

/* Looks once. Returns an exit status. */
int sockets_follow_look(struct following *following);

/* Where memory runs out the run ends, and no row is written any more. */
int sockets_follow_sweep(struct following *following);

/* ---- ends ---- */

/* The kernel tells of an end to CTX, the run. */
int sockets_follow_destroyed(const struct skt_ending *ending, void *ctx);

/* Tells of those that a look did not show, and of whose end no event will come. */
void sockets_follow_find_ended(struct following *following);

#endif
