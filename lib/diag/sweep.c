#include "diag/sweep.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/vec.h"
#include "diag/socket_copy.h"

enum {
	THREADS_MAX = 16,
	AHEAD = 4,      /* namespaces that a thread may be ahead of who takes them */
	AT_ONCE = 1024, /* sockets of one namespace that are kept */
};

enum progress { WAITING, ENTERING, READING, FULL, READ, FAILED };

/* One namespace. Its sockets are the thread's while it is READING, else those of who takes them. */
struct part {
	enum progress progress;
	SKT_VEC(struct skt_socket) sockets;
	struct skt_arena arena; /* what they point to */
	bool handed_on;         /* some of them were, and are here no more */
	int rc;
	struct skt_dump_report report;
	struct skt_err err;
};

struct skt_sweep {
	const struct skt_dump_system *system;
	const struct skt_dump_query *query;
	struct skt_netns *list;
	size_t count;
	pthread_t threads[THREADS_MAX];
	size_t threads_count;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t moved;
	size_t next, taken; /* namespaces that were begun, and taken */
	bool stopped;
	struct part parts[];
};

static void lock(struct skt_sweep *sweep)
{
	(void)pthread_mutex_lock(&sweep->lock);
}

static void unlock(struct skt_sweep *sweep)
{
	(void)pthread_mutex_unlock(&sweep->lock);
}

static void wait_for_move(struct skt_sweep *sweep)
{
	(void)pthread_cond_wait(&sweep->moved, &sweep->lock);
}

/* Under the lock. */
static void move(struct skt_sweep *sweep, struct part *part, enum progress progress)
{
	part->progress = progress;
	(void)pthread_cond_broadcast(&sweep->moved);
}

static void empty(struct part *part)
{
	skt_vec_free(&part->sockets);
	skt_arena_fini(&part->arena);
}

/* ---- the threads ---- */

struct reading {
	struct skt_sweep *sweep;
	struct part *part;
};

/* Waits until what was read is taken. */
static int await_room(const struct reading *reading)
{
	struct skt_sweep *sweep = reading->sweep;
	bool stopped;

	lock(sweep);
	move(sweep, reading->part, FULL);
	while (reading->part->progress == FULL && !sweep->stopped)
		wait_for_move(sweep);
	stopped = sweep->stopped;
	unlock(sweep);
	return stopped ? -ECANCELED : 0;
}

static int take_socket(const struct skt_socket *socket, void *ctx)
{
	const struct reading *reading = ctx;
	struct part *part = reading->part;
	struct skt_socket copy = *socket;
	int rc = part->sockets.len == AT_ONCE ? await_room(reading) : 0;

	if (!rc && skt_socket_lends(socket))
		rc = skt_socket_keep(&copy, &part->arena);
	return rc ? rc : skt_vec_push(&part->sockets, copy);
}

/* Reads the namespace that this thread is in, by its own netlink and its own /proc/net. */
static enum progress read_here(struct reading *reading)
{
	const struct skt_sweep *sweep = reading->sweep;
	struct part *part = reading->part;
	struct skt_dump_system system = *sweep->system;
	char root[PATH_MAX];

	(void)snprintf(root, sizeof(root), "%s/thread-self", system.proc_root);
	system.proc_root = root;
	system.netns = NULL;
	part->rc = skt_dump_sockets(
		&system, sweep->query, take_socket, reading, &part->report, &part->err);
	/* What is refused here may be had another way. */
	return part->handed_on || (!part->rc && !part->report.refused) ? READ : FAILED;
}

/* The next namespace to be read; NULL: there is none, or nobody wants it. Under the lock. */
static struct part *begin_next(struct skt_sweep *sweep)
{
	for (;;) {
		if (sweep->stopped || sweep->next == sweep->count)
			return NULL;
		if (sweep->next < sweep->taken + AHEAD * sweep->threads_count)
			break;
		wait_for_move(sweep);
	}
	return &sweep->parts[sweep->next++];
}

static void *work(void *arg)
{
	struct reading reading = {.sweep = arg};
	struct skt_sweep *sweep = arg;

	lock(sweep);
	while ((reading.part = begin_next(sweep))) {
		struct part *part = reading.part;
		const struct skt_netns *netns = &sweep->list[part - sweep->parts];
		enum progress progress = FAILED;

		/* Who takes them is there, and stays there. */
		if (netns->own) {
			move(sweep, part, FAILED);
			continue;
		}
		part->progress = ENTERING;
		unlock(sweep);
		if (!skt_netns_enter(netns, NULL)) {
			lock(sweep);
			move(sweep, part, READING);
			unlock(sweep);
			progress = read_here(&reading);
		}
		lock(sweep);
		move(sweep, part, progress);
	}
	unlock(sweep);
	return NULL;
}

static size_t processors(void)
{
	cpu_set_t cpus;

	return sched_getaffinity(0, sizeof(cpus), &cpus) ? 1 : (size_t)CPU_COUNT(&cpus);
}

static void start_threads(struct skt_sweep *sweep)
{
	const size_t wanted = SKT_MIN(
		SKT_MIN(processors(), (size_t)THREADS_MAX), SKT_MAX(sweep->count, (size_t)1) - 1);
	sigset_t all, before;

	/* Signals are for the threads of the caller. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	lock(sweep);
	while (sweep->threads_count < wanted &&
		!pthread_create(&sweep->threads[sweep->threads_count], NULL, work, sweep))
		sweep->threads_count++;
	unlock(sweep);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct skt_sweep *skt_sweep_new(const struct skt_dump_system *system,
	const struct skt_dump_query *query, struct skt_netns *list, size_t count)
{
	struct skt_sweep *sweep;

	if (system->netlink || query->source == SKT_SOURCE_PROC || count < 2)
		return NULL;
	sweep = calloc(1, sizeof(*sweep) + count * sizeof(sweep->parts[0]));
	if (!sweep)
		return NULL;
	sweep->system = system;
	sweep->query = query;
	sweep->list = list;
	sweep->count = count;
	(void)pthread_mutex_init(&sweep->lock, NULL);
	(void)pthread_cond_init(&sweep->moved, NULL);
	start_threads(sweep);
	if (sweep->threads_count)
		return sweep;
	skt_sweep_free(sweep);
	return NULL;
}

/* ---- who takes them ---- */

void skt_sweep_reach(struct skt_sweep *sweep, size_t index)
{
	struct part *part = &sweep->parts[index];

	lock(sweep);
	/* What lies before is wanted no more. */
	sweep->taken = index;
	(void)pthread_cond_broadcast(&sweep->moved);
	while (part->progress == WAITING || part->progress == ENTERING)
		wait_for_move(sweep);
	unlock(sweep);
}

/* Hands on what there is. What FN said. */
static int hand_on(struct part *part, skt_socket_fn *fn, void *ctx)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < part->sockets.len; i++)
		rc = fn(&part->sockets.data[i], ctx);
	empty(part);
	return SKT_MIN(rc, 0);
}

bool skt_sweep_take(struct skt_sweep *sweep, size_t index, skt_socket_fn *fn, void *ctx,
	int *ret_rc, struct skt_dump_report *ret_report, struct skt_err *err)
{
	struct part *part = &sweep->parts[index];
	enum progress progress;
	int rc = 0;

	skt_sweep_reach(sweep, index);
	do {
		lock(sweep);
		while (part->progress == READING)
			wait_for_move(sweep);
		progress = part->progress;
		unlock(sweep);
		if (progress == FAILED)
			break;
		part->handed_on = true;
		rc = hand_on(part, fn, ctx);
		if (progress == FULL && !rc) {
			lock(sweep);
			move(sweep, part, READING);
			unlock(sweep);
		}
	} while (progress == FULL && !rc);
	if (progress == FAILED) {
		empty(part);
		return false;
	}
	*ret_report = part->report;
	*ret_rc = rc ? rc : part->rc;
	if (!rc && part->rc && err)
		*err = part->err;
	return true;
}

void skt_sweep_free(struct skt_sweep *sweep)
{
	if (!sweep)
		return;
	lock(sweep);
	sweep->stopped = true;
	(void)pthread_cond_broadcast(&sweep->moved);
	unlock(sweep);
	for (size_t i = 0; i < sweep->threads_count; i++)
		(void)pthread_join(sweep->threads[i], NULL);
	for (size_t i = 0; i < sweep->count; i++)
		empty(&sweep->parts[i]);
	(void)pthread_cond_destroy(&sweep->moved);
	(void)pthread_mutex_destroy(&sweep->lock);
	free(sweep);
}
