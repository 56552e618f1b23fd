/*
 * Calls that block and cannot be interrupted, in threads of their own: what they have found is
 * handed over by the loop. One that nobody waits for any more is left alone: its thread is
 * detached, owns all it touches, and dies with the process if not before.
 */
#ifndef SKT_NET_OFFLOAD_H
#define SKT_NET_OFFLOAD_H

#include <stdbool.h>

#include "net/loop.h"

enum { SKT_OFFLOAD_THREADS = 32 }; /* calls at once; the others wait for their turn */

struct skt_offload;

/* One call: the first member of a struct from malloc(). The user sets the first two, zeroes the
 * rest. */
struct skt_offload_job {
	/* The call, in a thread: it may touch the job, and what lives as long as the process. */
	void (*run)(struct skt_offload_job *job);
	/* By the loop, once; the job is the user's again, to be freed. May free the offload. */
	void (*done)(struct skt_offload_job *job);
	int error; /* in done(): -errno where no thread could be had, and nothing was run */

	/* the offload's own */
	struct skt_offload_job *next;
	int state;
	bool abandoned;
};

int skt_offload_open(struct skt_loop *loop, struct skt_offload **ret);

/* Frees what waits, and forgets what runs. Allowed in done(). NULL is allowed. */
void skt_offload_free(struct skt_offload *offload);

/* Takes JOB over. Errors: those of skt_watch_add(); JOB is the user's still. */
int skt_offload_add(struct skt_offload *offload, struct skt_offload_job *job);

/* No done() comes for JOB, which is freed as soon as its thread has let it go. */
void skt_offload_abandon(struct skt_offload *offload, struct skt_offload_job *job);

#endif
