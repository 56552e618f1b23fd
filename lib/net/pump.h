/*
 * Copies one stream to another, one way, in bounded memory: the logic of net/flow with three ways
 * to move bytes. Chosen by the kinds of the two descriptors, and left for a plainer one, without
 * losing a byte, where the kernel refuses:
 *
 *	SENDFILE  a file to a socket
 *	SPLICE    from or to a pipe, directly; the pipe is widened to 1 MiB where that is allowed
 *	RELAY     between two others through a pipe borrowed from the pool, once reads are large
 *	COPY      through memory: when taps look on, for TLS, records and terminals, and for the
 *rest
 *
 * A pump that holds nothing owns nothing: 10,000 idle ones cost their structs. Buffers and pipes
 * come from a pool that the pumps of a loop share. Only so many pipes are lent at once: who has
 *held bytes in one for long, since its sink takes nothing, is moved to memory when another wants
 *it.
 *
 * The program must ignore SIGPIPE: splice(2) and sendfile(2) to a socket cannot be told not to
 * raise it.
 */
#ifndef SKT_NET_PUMP_H
#define SKT_NET_PUMP_H

#include "net/bucket.h"
#include "net/flow.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/tap.h"

enum {
	SKT_PUMP_CHUNK = 256 * 1024,      /* read at once through memory */
	SKT_PUMP_PIPE_SIZE = 1024 * 1024, /* asked for of a borrowed pipe; may become less */
	SKT_PUMP_PIPES = 16,              /* kept for the next who needs one */
	/* Lent and kept: half of what a user may have at that size (pipe(7), pipe-user-pages-soft).
	 */
	SKT_PUMP_PIPES_MAX = 32,
};

struct skt_pump_pipe {
	int fd[2];
	size_t size;
};

/* Zero-initialised is empty. One thread's. Outlives its pumps. */
struct skt_pump_pool {
	char *scratch, *changed; /* what was read, and what a transform made of it */
	size_t changed_size;
	struct skt_pump_pipe pipes[SKT_PUMP_PIPES]; /* empty ones */
	size_t pipe_count, lent;
	struct skt_pump *holders, **holders_tail; /* whose pipes hold bytes, the oldest first */
};

void skt_pump_pool_fini(struct skt_pump_pool *pool);

enum skt_pump_path { SKT_PUMP_COPY, SKT_PUMP_RELAY, SKT_PUMP_SPLICE, SKT_PUMP_SENDFILE };

struct skt_pump {
	/* Set before the start, all else zeroed; borrowed until done() or skt_pump_stop(). */
	struct skt_loop *loop;
	struct skt_stream *source, *sink; /* may be one: an echo */
	struct skt_pump_pool *pool;
	struct skt_tap *taps;            /* who sees the bytes as they are read; NULL: none */
	struct skt_tap *given_taps;      /* and as they are delivered: changed, and later */
	struct skt_tap *opening;         /* who sees the first piece as it is read; NULL: none */
	struct skt_transform *transform; /* NULL: none */
	struct skt_bucket *bucket;       /* NULL: no limit */
	bool keep_open;                  /* the end of the source does not half-close the sink */
	/* Called once, when nothing is left to do; the pump may be freed by it. See `flow` for why.
	 */
	void (*done)(struct skt_pump *pump);

	/* To be read at any time. */
	struct skt_flow flow;
	enum skt_pump_path path; /* COPY for the first piece where that is looked at */
	uint64_t first_ns;       /* when the first byte came, 0: none yet */
	uint64_t last_ns;        /* when the latest bytes moved */

	/* the pump's own */
	struct skt_stream_user source_user, sink_user;
	struct skt_timer timer;    /* until the bucket has filled */
	struct skt_pump_pipe pipe; /* borrowed while it holds bytes */
	char *kept;                /* allocated while the sink does not take what was copied */
	const char *data;          /* where the held bytes begin, in `kept` or the pool */
	unsigned int small, confused;
	bool dry, running, relayable, has_pipe;
	struct skt_pump *holder_next, **holder_link; /* among the pool's */
	uint64_t held_ns;                            /* since when the pipe holds bytes */
};

/*
 * Begins. Nothing is moved before the loop runs. Errors: those of skt_stream_update(); the pump is
 * not started then.
 */
int skt_pump_start(struct skt_pump *pump);

/* Ends it where it is, without done(); flow.held says how many bytes are lost thereby. */
void skt_pump_stop(struct skt_pump *pump);

/* Whether it holds nothing, and waits for a source that has nothing ready; or runs no more. */
bool skt_pump_is_idle(const struct skt_pump *pump);

/* "copy", "relay", "splice", "sendfile": for -v and tests. */
const char *skt_pump_path_name(enum skt_pump_path path);

#endif
