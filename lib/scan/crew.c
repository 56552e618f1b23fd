#include "scan/crew.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/macros.h"

enum { HELPERS_MAX = 3, ITEMS_MIN = 4096, SHARE_MIN = 16 };

struct skt_crew {
	pthread_mutex_t lock;
	pthread_cond_t begun, ended; /* a batch; the part of the last helper in it */
	pthread_t threads[HELPERS_MAX];
	size_t wanted, helpers; /* how many there may be, and are */

	/* Under the lock. */
	unsigned long batch; /* its number */
	unsigned int inside; /* helpers that work on it */
	bool open;           /* there may be something left to do */
	bool over;           /* for good */

	/* Of the batch: written while nobody is inside. */
	void (*work)(void *ctx, size_t i);
	void *ctx;
	size_t count;
	atomic_size_t next;
};

static void do_share(struct skt_crew *crew)
{
	size_t i;

	while ((i = atomic_fetch_add_explicit(&crew->next, 1, memory_order_relaxed)) < crew->count)
		crew->work(crew->ctx, i);
}

static void *help(void *arg)
{
	struct skt_crew *crew = arg;
	unsigned long seen = 0;

	(void)pthread_mutex_lock(&crew->lock);
	while (!crew->over) {
		if (crew->batch == seen || !crew->open) {
			(void)pthread_cond_wait(&crew->begun, &crew->lock);
			continue;
		}
		seen = crew->batch;
		crew->inside++;
		(void)pthread_mutex_unlock(&crew->lock);
		do_share(crew);
		(void)pthread_mutex_lock(&crew->lock);
		if (--crew->inside == 0)
			(void)pthread_cond_signal(&crew->ended);
	}
	(void)pthread_mutex_unlock(&crew->lock);
	return NULL;
}

static size_t spare_processors(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);

	return count > 1 ? SKT_MIN((size_t)count - 1, (size_t)HELPERS_MAX) : 0;
}

struct skt_crew *skt_crew_new(size_t items)
{
	size_t wanted = items < ITEMS_MIN ? 0 : spare_processors();
	struct skt_crew *crew = wanted ? calloc(1, sizeof(*crew)) : NULL;

	if (!crew)
		return NULL;
	crew->wanted = wanted;
	(void)pthread_mutex_init(&crew->lock, NULL);
	(void)pthread_cond_init(&crew->begun, NULL);
	(void)pthread_cond_init(&crew->ended, NULL);
	return crew;
}

/* Threads have the privilege that there is when they are made: they are made when there is work. */
static void hire(struct skt_crew *crew)
{
	sigset_t all, before;

	/* Signals are for the thread that has something to decide. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (crew->helpers < crew->wanted &&
		!pthread_create(&crew->threads[crew->helpers], NULL, help, crew))
		crew->helpers++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	crew->wanted = crew->helpers;
}

void skt_crew_run(struct skt_crew *crew, size_t count, void (*work)(void *ctx, size_t i), void *ctx)
{
	/* To wake somebody for less takes longer than to do it. */
	if (!crew || count < SHARE_MIN) {
		for (size_t i = 0; i < count; i++)
			work(ctx, i);
		return;
	}
	if (crew->helpers < crew->wanted)
		hire(crew);
	(void)pthread_mutex_lock(&crew->lock);
	crew->work = work;
	crew->ctx = ctx;
	crew->count = count;
	atomic_store_explicit(&crew->next, 0, memory_order_relaxed);
	crew->open = true;
	crew->batch++;
	(void)pthread_cond_broadcast(&crew->begun);
	(void)pthread_mutex_unlock(&crew->lock);
	do_share(crew);
	(void)pthread_mutex_lock(&crew->lock);
	/* Who wakes up only now finds nothing, and is not waited for. */
	crew->open = false;
	while (crew->inside)
		(void)pthread_cond_wait(&crew->ended, &crew->lock);
	(void)pthread_mutex_unlock(&crew->lock);
}

void skt_crew_free(struct skt_crew *crew)
{
	if (!crew)
		return;
	(void)pthread_mutex_lock(&crew->lock);
	crew->over = true;
	(void)pthread_cond_broadcast(&crew->begun);
	(void)pthread_mutex_unlock(&crew->lock);
	for (size_t i = 0; i < crew->helpers; i++)
		(void)pthread_join(crew->threads[i], NULL);
	(void)pthread_cond_destroy(&crew->begun);
	(void)pthread_cond_destroy(&crew->ended);
	(void)pthread_mutex_destroy(&crew->lock);
	free(crew);
}
