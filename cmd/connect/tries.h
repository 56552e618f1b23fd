/*
 * Checks of many aims, so many at once as there are descriptors for; with --wait one is checked
 * again and again until it is ready or the time is over.
 */
#ifndef SKT_CMD_CONNECT_TRIES_H
#define SKT_CMD_CONNECT_TRIES_H

#include "cmd/connect/aims.h"
#include "cmd/connect/check.h"

struct connect_tries;
struct connect_slot;

/* What is found out of one aim. The user sets the first two and zeroes the rest. */
struct connect_try {
	struct connect_tries *tries;
	const struct connect_aim *aim;
	struct connect_row row; /* what the last check says, or of --wait the last that was not cut
				   short */

	/* its own */
	struct connect_try *next;  /* in the queue */
	struct skt_arena texts;    /* of the row */
	struct connect_slot *slot; /* while a check is under way */
	struct skt_timer retry;
	bool repeated; /* `row` is of a check that is not to be the last one */
	bool known;    /* it was checked before */
};

/* The user sets what stands before `slots` and zeroes the rest. */
struct connect_tries {
	/* A check begins: what is known of its row beforehand. REPEATED: another one after it. */
	struct connect_row (*begin)(struct connect_try *try, bool repeated);
	/* The try is over, and its row filled. May add it again. */
	void (*done)(struct connect_try *try, bool ready);
	const struct connect_checks *checks;
	uint64_t until_ns; /* when no answer counts any more; SKT_NEVER */
	bool over;         /* nothing begins any more */

	/* their own */
	struct connect_slot *slots, *idle;
	struct connect_try *queue, **tail;
};

/* For COUNT tries. Errors: -ENOMEM. */
int connect_tries_init(struct connect_tries *tries, size_t count);

/* All tries are stopped before. Zero-initialised is allowed. */
void connect_tries_fini(struct connect_tries *tries);

/* Queues it. It is begun by connect_tries_start(), or when its turn comes. */
void connect_tries_add(struct connect_try *try);
void connect_tries_start(struct connect_tries *tries);

/* Whether a check is under way, or will be repeated. */
bool connect_try_is_under_way(const struct connect_try *try);

/* Ends it without done(). The row stays; one that is queued stays queued. */
void connect_try_stop(struct connect_try *try);

/* Stops it, and frees what its row has. */
void connect_try_fini(struct connect_try *try);

#endif
