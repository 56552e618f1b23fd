#include "proc/borrow.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "proc/pidfd.h"

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

enum { PATIENCE_MS = 200, LOST_MAX = 16 };

enum state { IDLE, ASKED, ANSWERED };

/* A thread and its desk. Of one that does not come back nobody may free it but the thread. */
struct worker {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	enum state state; /* ANSWERED until what was borrowed is given back */
	bool left;        /* nobody waits for it any more */
	uint32_t pid, fd;
	uint64_t inode;
	skt_borrow_fn *look;
	int rc;
	_Alignas(max_align_t) char result[SKT_BORROW_RESULT_MAX]; /* a struct of the caller's */
	/* The thread's own. */
	int pidfd; /* of pinned; -1 */
	uint32_t pinned;
};

struct skt_borrower {
	struct worker *worker; /* NULL: none yet */
	size_t lost;
};

/* ---- in the thread ---- */

static int copy(struct worker *worker)
{
	struct stat st;
	int fd;

	if (worker->pidfd < 0 || worker->pinned != worker->pid) {
		if (worker->pidfd >= 0)
			(void)close(worker->pidfd);
		worker->pidfd = skt_pidfd_open(worker->pid);
		worker->pinned = worker->pid;
	}
	if (worker->pidfd < 0)
		return worker->pidfd;
	fd = (int)syscall(SYS_pidfd_getfd, worker->pidfd, (int)worker->fd, 0U);
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISSOCK(st.st_mode) && st.st_ino == worker->inode)
		return fd;
	(void)close(fd);
	return -ESTALE;
}

static void set_state(struct worker *worker, enum state state)
{
	(void)pthread_mutex_lock(&worker->lock);
	worker->state = state;
	(void)pthread_cond_signal(&worker->changed);
	(void)pthread_mutex_unlock(&worker->lock);
}

static bool await_question(struct worker *worker)
{
	bool asked;

	(void)pthread_mutex_lock(&worker->lock);
	while (worker->state == IDLE && !worker->left)
		(void)pthread_cond_wait(&worker->changed, &worker->lock);
	asked = worker->state == ASKED && !worker->left;
	(void)pthread_mutex_unlock(&worker->lock);
	return asked;
}

static void worker_free(struct worker *worker)
{
	if (worker->pidfd >= 0)
		(void)close(worker->pidfd);
	(void)pthread_cond_destroy(&worker->changed);
	(void)pthread_mutex_destroy(&worker->lock);
	free(worker);
}

static void *work(void *arg)
{
	struct worker *worker = arg;

	while (await_question(worker)) {
		const int fd = copy(worker);

		if (fd >= 0)
			worker->look(fd, worker->result);
		worker->rc = SKT_MIN(fd, 0);
		set_state(worker, ANSWERED);
		if (fd >= 0)
			(void)close(fd);
		set_state(worker, IDLE);
	}
	worker_free(worker);
	return NULL;
}

/* ---- in the caller's ---- */

static int worker_new(struct worker **ret)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	pthread_condattr_t attributes;
	sigset_t all, before;
	int error;

	if (!worker)
		return -ENOMEM;
	worker->pidfd = -1;
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&worker->lock, NULL);
	(void)pthread_cond_init(&worker->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	/* Signals are for the threads of the caller. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&worker->thread, NULL, work, worker);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error) {
		worker_free(worker);
		return -error;
	}
	*ret = worker;
	return 0;
}

/* Waits until the state is one of two, with the lock held. Whether it is. */
static bool await_state(struct worker *worker, enum state state, enum state or_state)
{
	const uint64_t until = skt_clock_ns() + PATIENCE_MS * SKT_NS_PER_MS;
	const struct timespec limit = skt_clock_timespec(until);

	while (worker->state != state && worker->state != or_state)
		if (pthread_cond_timedwait(&worker->changed, &worker->lock, &limit))
			break;
	return worker->state == state || worker->state == or_state;
}

/* Lets the thread end when it can; the lock is held, and given up with the worker. */
static void leave(struct skt_borrower *borrower)
{
	struct worker *worker = borrower->worker;

	borrower->worker = NULL;
	borrower->lost++;
	(void)pthread_detach(worker->thread);
	worker->left = true;
	(void)pthread_cond_signal(&worker->changed);
	(void)pthread_mutex_unlock(&worker->lock);
}

/* A worker that has nothing to do, with its lock held: that of the last time, or a new one. */
static int find_worker(struct skt_borrower *borrower)
{
	int rc;

	if (borrower->worker) {
		(void)pthread_mutex_lock(&borrower->worker->lock);
		if (await_state(borrower->worker, IDLE, IDLE))
			return 0;
		leave(borrower);
	}
	if (borrower->lost >= LOST_MAX)
		return -EBUSY;
	rc = worker_new(&borrower->worker);
	if (rc)
		return rc;
	SKT_ASSERT(borrower->worker);
	(void)pthread_mutex_lock(&borrower->worker->lock);
	return 0;
}

int skt_borrower_new(struct skt_borrower **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

int skt_borrow(struct skt_borrower *borrower, uint32_t pid, uint32_t fd, uint64_t inode,
	skt_borrow_fn *look, void *ret, size_t size)
{
	struct worker *worker;
	int rc = find_worker(borrower);

	SKT_ASSERT(size <= SKT_BORROW_RESULT_MAX);
	if (rc)
		return rc;
	worker = borrower->worker;
	worker->pid = pid;
	worker->fd = fd;
	worker->inode = inode;
	worker->look = look;
	memset(worker->result, 0, sizeof(worker->result));
	worker->state = ASKED;
	(void)pthread_cond_signal(&worker->changed);
	if (!await_state(worker, ANSWERED, IDLE)) {
		leave(borrower);
		return -ETIMEDOUT;
	}
	rc = worker->rc;
	if (!rc)
		memcpy(ret, worker->result, size);
	(void)pthread_mutex_unlock(&worker->lock);
	return rc;
}

void skt_borrower_free(struct skt_borrower *borrower)
{
	struct worker *worker = borrower ? borrower->worker : NULL;

	if (worker) {
		(void)pthread_mutex_lock(&worker->lock);
		if (await_state(worker, IDLE, IDLE)) {
			const pthread_t thread = worker->thread;

			worker->left = true;
			(void)pthread_cond_signal(&worker->changed);
			(void)pthread_mutex_unlock(&worker->lock);
			(void)pthread_join(thread, NULL);
		} else {
			leave(borrower);
		}
	}
	free(borrower);
}
