/*
 * What has to be said and heard before a connection is the user's: a chain of small steps under
 * one deadline, each of which talks over the stream that the one before it has left.
 *
 *	client   (net/dial) -> a proxy, perhaps several -> send PROXY -> TLS
 *	server   (net/serve) -> receive PROXY -> TLS
 *
 * A step takes from the stream what is its own and not a byte more (skt_header_take()), so that the
 * stream behind it can still be spliced. One that puts a layer above the stream changes `ops`,
 * `layer` and `raw` of it.
 */
#ifndef SKT_NET_OPENING_H
#define SKT_NET_OPENING_H

#include <stddef.h>

#include "base/err.h"
#include "net/connection.h"
#include "net/loop.h"

struct skt_opening;
struct skt_opening_step;

/*
 * start() and ready() return 0: the step is done; -EAGAIN: it waits for what it has set in
 * `wants_read` and `wants_write` of the stream; or -errno: the opening has failed, and
 * `opening->err` says why.
 */
struct skt_opening_ops {
	const char *name; /* what is awaited, for messages: "PROXY header", "TLS handshake" */
	int (*start)(struct skt_opening_step *step, struct skt_opening *opening);
	int (*ready)(struct skt_opening_step *step, struct skt_opening *opening);
	/* Given up between start() and its end: lets go of what it holds. NULL: nothing. */
	void (*cancel)(struct skt_opening_step *step);
};

/* Embedded in a struct of the step's own, which is its user's and outlives the opening. */
struct skt_opening_step {
	const struct skt_opening_ops *ops;
	struct skt_opening_step *next;
	uint64_t start_ns, end_ns; /* when it ran, for --timing; 0: not yet */
};

/* The user sets the first three, adds steps, and zeroes the rest. */
struct skt_opening {
	/*
	 * Called once, perhaps before skt_opening_start() returns. R 0: the stream is the user's;
	 * else -errno, and `err` says it in words, beginning with the step's name. -ETIMEDOUT: the
	 * deadline has passed. The connection stays open in any case. May free the opening.
	 */
	void (*done)(struct skt_opening *opening, int r);
	struct skt_loop *loop;
	struct skt_connection *connection; /* borrowed; open or not */

	struct skt_err err;
	struct skt_opening_step *step; /* the one that runs, or has failed; NULL: none is left */

	/* the opening's own */
	struct skt_opening_step *steps;
	struct skt_stream_user user;
	struct skt_timer deadline;
	bool running;
};

/* Puts STEP behind those that were added before. */
void skt_opening_add(struct skt_opening *opening, struct skt_opening_step *step);

/* Begins, and may end at once: without steps the stream is opened and that is all. */
void skt_opening_start(struct skt_opening *opening, uint64_t deadline_ns);

/* Ends it without done(). No effect where it does not run. */
void skt_opening_cancel(struct skt_opening *opening);

/* ---- for steps ---- */

/* Bytes of a step on their way, in memory of the step. */
struct skt_header {
	char *bytes;
	size_t size, len; /* of the memory, and of what is in it */
};

/*
 * Reads on until MEASURE knows that the header is whole: it returns its length, of the LEN BYTES at
 * hand at the most; 0: there must be more of it; or -errno: it is none. Not a byte behind it is
 * taken. Returns the length; -EAGAIN (and the stream wants to be read); -EMSGSIZE: SIZE bytes are
 * not enough; -ENODATA: the other side has ended in the midst of it; SKT_STREAM_CUT; or -errno.
 */
ssize_t skt_header_take(struct skt_header *header, struct skt_stream *stream,
	ssize_t (*measure)(const char *bytes, size_t len));

/* Writes what is left of it: 0 once LEN is 0; -EAGAIN (and the stream wants to write); -errno. */
int skt_header_give(struct skt_header *header, struct skt_stream *stream);

/* What a step has waited for, and is not the stream's, has come: its ready() is called. */
void skt_opening_wake(struct skt_opening *opening);

/* Says in `err` why STEP, which gets R from one of these two, fails; returns R. */
int skt_opening_fail(struct skt_opening *opening, int r);

#endif
