/*
 * What a room owes to those who listen: each piece of bytes is kept once, however many wait for it.
 *
 * Nobody who is slow may stall the others for ever, and nobody who is merely a bit slower than the
 * rest may lose anything. So whoever is owed more than a limit holds the speakers back, for two
 * seconds at the most: by then it has taken all that it is owed, or is cut off.
 */
#ifndef SKT_CMD_LISTEN_OUTLET_H
#define SKT_CMD_LISTEN_OUTLET_H

#include "base/vec.h"
#include "net/stream.h"

enum { OUTLET_LIMIT = 1024 * 1024 };

/* Bytes that several are owed. */
struct piece {
	size_t references, len;
	char bytes[];
};

struct speakers;

/* Several outlets that get the same. The user sets all but `blocked`. */
struct outlet_group {
	struct skt_loop *loop;
	struct speakers *speakers; /* who may be heard by them */
	/* None of them holds the speakers back any more. */
	void (*unblocked)(struct speakers *speakers);
	size_t blocked; /* how many of them do */
};

/* One who listens. Zeroed, with the first six set, before it is used. */
struct outlet {
	struct outlet_group *group;
	struct skt_stream *stream;
	bool patient; /* is never cut off */
	/* All that was owed is taken. */
	void (*emptied)(struct outlet *outlet);
	/* It is broken with -errno R; -ETIMEDOUT: cut off, being too slow. May free it. */
	void (*broken)(struct outlet *outlet, int r);

	uint64_t sent, last_ns;

	/* the outlet's own */
	struct skt_stream_user user;
	struct skt_timer timer;
	SKT_VEC(struct piece *) pieces;
	size_t first, offset, owed;
	bool blocked;
};

void outlet_open(struct outlet *outlet);
void outlet_close(struct outlet *outlet);

/*
 * Gives LEN BYTES, or as much of them as is taken now; the rest is owed. *PIECE is the copy for
 * all who get the same, made when the first one needs it; NULL at first, and let go with
 * piece_release(). Returns 0, or -errno: it is broken, and broken() is not called.
 */
int outlet_give(struct outlet *outlet, const char *bytes, size_t len, struct piece **piece);

void piece_release(struct piece *piece);

#endif
