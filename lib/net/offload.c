#include "net/offload.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/macros.h"

/* getaddrinfo loads modules that put large buffers on the stack; the default of 8 MiB is too much
 * where address space is limited. */
enum { STACK_SIZE = 1024 * 1024 };

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE };

struct job_queue {
	struct skt_offload_job *first, **tail;
};

/* Shared by the loop's thread and the workers; the last of them to leave frees it. */
struct skt_offload {
	pthread_mutex_t lock;
	unsigned int refs;    /* under the lock, as are the next three, and a job's state */
	unsigned int workers; /* threads that are not stuck in an abandoned call */
	bool closed;
	struct job_queue queued, done;

	/* the loop's thread only */
	struct skt_loop *loop;
	struct skt_watch watch; /* of an eventfd; watched while anybody waits */
	size_t waiting;
};

static void queue_push(struct job_queue *queue, struct skt_offload_job *job)
{
	job->next = NULL;
	*queue->tail = job;
	queue->tail = &job->next;
}

static struct skt_offload_job *queue_pop(struct job_queue *queue)
{
	struct skt_offload_job *job = queue->first;

	if (!job)
		return NULL;
	queue->first = job->next;
	if (!queue->first)
		queue->tail = &queue->first;
	return job;
}

static void queue_remove(struct job_queue *queue, struct skt_offload_job *job)
{
	struct skt_offload_job **link = &queue->first;

	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
	if (!*link)
		queue->tail = link;
}

/* With the lock held; gives it up. */
static void unref_unlock(struct skt_offload *offload)
{
	bool last = --offload->refs == 0;

	(void)pthread_mutex_unlock(&offload->lock);
	if (!last)
		return;
	(void)pthread_mutex_destroy(&offload->lock);
	free(offload);
}

/* With the lock held: hands the job to the loop, or drops it where nobody waits. */
static void complete(struct skt_offload *offload, struct skt_offload_job *job)
{
	uint64_t one = 1;

	if (offload->closed || job->abandoned) {
		free(job);
		return;
	}
	job->state = JOB_DONE;
	queue_push(&offload->done, job);
	/* Cannot block: the counter would have to pass 2^64. */
	while (write(offload->watch.fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void *worker(void *arg)
{
	struct skt_offload *offload = arg;
	struct skt_offload_job *job;
	bool counted = true;

	(void)pthread_mutex_lock(&offload->lock);
	while (counted && !offload->closed && (job = queue_pop(&offload->queued))) {
		job->state = JOB_RUNNING;
		(void)pthread_mutex_unlock(&offload->lock);
		job->run(job);
		(void)pthread_mutex_lock(&offload->lock);
		counted = !job->abandoned;
		complete(offload, job);
	}
	offload->workers -= counted;
	unref_unlock(offload);
	return NULL;
}

/* With the lock held: a thread more, unless there are enough. */
static int hire(struct skt_offload *offload)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	if (offload->workers >= SKT_OFFLOAD_THREADS)
		return 0;
	r = pthread_attr_init(&attr);
	if (r)
		return -r;
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attr, STACK_SIZE);
	/* Signals are for the loop's thread. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, &attr, worker, offload);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	if (r)
		/* Those who are there will come to it. */
		return offload->workers ? 0 : -r;
	offload->workers++;
	offload->refs++;
	return 0;
}

/* With the lock held: sees to it that somebody runs what is queued, or that it fails. */
static void staff(struct skt_offload *offload)
{
	int r = offload->queued.first ? hire(offload) : 0;
	struct skt_offload_job *job;

	while (r && (job = queue_pop(&offload->queued))) {
		job->error = r;
		complete(offload, job);
	}
}

static void stop_waiting(struct skt_offload *offload)
{
	if (--offload->waiting == 0)
		skt_watch_remove(&offload->watch);
}

static void answers_came(struct skt_watch *watch, uint32_t events SKT_UNUSED)
{
	struct skt_offload *offload = SKT_CONTAINER(watch, struct skt_offload, watch);
	uint64_t count;

	(void)!read(watch->fd, &count, sizeof(count));
	(void)pthread_mutex_lock(&offload->lock);
	/* A callback may close us: we stay until we are through. */
	offload->refs++;
	while (!offload->closed) {
		struct skt_offload_job *job = queue_pop(&offload->done);

		if (!job)
			break;
		(void)pthread_mutex_unlock(&offload->lock);
		stop_waiting(offload);
		job->done(job);
		(void)pthread_mutex_lock(&offload->lock);
	}
	unref_unlock(offload);
}

int skt_offload_open(struct skt_loop *loop, struct skt_offload **ret)
{
	struct skt_offload *offload = calloc(1, sizeof(*offload));
	int r;

	if (!offload)
		return -ENOMEM;
	offload->watch.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (offload->watch.fd < 0) {
		r = -errno;
		free(offload);
		return r;
	}
	offload->watch.events = EPOLLIN;
	offload->watch.handler = answers_came;
	(void)pthread_mutex_init(&offload->lock, NULL);
	offload->refs = 1;
	offload->queued.tail = &offload->queued.first;
	offload->done.tail = &offload->done.first;
	offload->loop = loop;
	*ret = offload;
	return 0;
}

void skt_offload_free(struct skt_offload *offload)
{
	struct skt_offload_job *job;

	if (!offload)
		return;
	skt_watch_remove(&offload->watch);
	(void)pthread_mutex_lock(&offload->lock);
	offload->closed = true;
	(void)close(offload->watch.fd);
	while ((job = queue_pop(&offload->queued)) || (job = queue_pop(&offload->done)))
		free(job);
	unref_unlock(offload);
}

int skt_offload_add(struct skt_offload *offload, struct skt_offload_job *job)
{
	if (offload->waiting == 0) {
		int r = skt_watch_add(offload->loop, &offload->watch);

		if (r)
			return r;
	}
	offload->waiting++;
	(void)pthread_mutex_lock(&offload->lock);
	queue_push(&offload->queued, job);
	staff(offload);
	(void)pthread_mutex_unlock(&offload->lock);
	return 0;
}

void skt_offload_abandon(struct skt_offload *offload, struct skt_offload_job *job)
{
	(void)pthread_mutex_lock(&offload->lock);
	switch ((enum job_state)job->state) {
	case JOB_QUEUED:
		queue_remove(&offload->queued, job);
		free(job);
		break;
	case JOB_RUNNING:
		/* It may be stuck for long: others get its place. */
		job->abandoned = true;
		offload->workers--;
		staff(offload);
		break;
	case JOB_DONE:
		queue_remove(&offload->done, job);
		free(job);
		break;
	}
	(void)pthread_mutex_unlock(&offload->lock);
	stop_waiting(offload);
}
