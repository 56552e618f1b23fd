/*
 * Two ends, A and B, joined both ways by two pumps until net/ends says that it is over. What was
 * taken is delivered before anything is closed: a joint settles.
 *
 * An end that is one stream both ways, a connection, is watched for its being gone, also while
 * nothing is read from it or written to it.
 */
#ifndef SKT_NET_JOINT_H
#define SKT_NET_JOINT_H

#include "net/ends.h"
#include "net/pump.h"

struct skt_joint_end {
	struct skt_stream *stream; /* of a connection; NULL: nothing to watch */
	struct skt_stream_user user;
};

struct skt_joint {
	/* Set before the start, all else zeroed; borrowed until done() or skt_joint_stop(). */
	struct skt_loop *loop;
	/*
	 * From A to B, and from B to A: source, sink and all that the user sets of a pump, but for
	 * loop and done. Source NULL: there is no such way.
	 */
	struct skt_pump there, back;
	struct skt_ends ends; /* the rules, which may change; then call skt_joint_decide() */
	/*
	 * It is over only when the peers' kernels have acknowledged everything, and what breaks
	 * until then is lost. Else an end in order is left to the kernel (close(2)).
	 */
	bool confirms;
	/* Once an end is gone: how long the other may take nothing before it is given up; 0: ever.
	 */
	uint64_t stall_ns;
	/* A way is over, see its flow; NULL: of no interest. Must not stop the joint. */
	void (*ended)(struct skt_joint *joint, struct skt_pump *way);
	/* Called once; the joint has stopped, and may be freed by it. STEP is not GO_ON. */
	void (*done)(struct skt_joint *joint, enum skt_ends_step step);

	/* the joint's own */
	struct skt_joint_end a, b;
	struct skt_timer timer;
	uint64_t wait_ns, moved_ns, moved;
	bool running, stalled;
};

/* Begins. Errors: those of skt_pump_start(); the joint is stopped then. */
int skt_joint_start(struct skt_joint *joint);

/* Ends it where it is, without done(). The streams stay open. */
void skt_joint_stop(struct skt_joint *joint);

/* Sees whether it is over now that a rule has changed. May call done(). */
void skt_joint_decide(struct skt_joint *joint);

/* The -errno for which it is not in order: -ETIMEDOUT: given up; 0: none. */
int skt_joint_error(const struct skt_joint *joint);

/* Bytes taken from A that B's kernel has not acknowledged, as far as can be known. */
uint64_t skt_joint_undelivered(const struct skt_joint *joint);

/* When anything moved last, either way; 0: never. */
uint64_t skt_joint_last_ns(const struct skt_joint *joint);

#endif
