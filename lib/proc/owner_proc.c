#include "proc/owner_backend.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/str.h"
#include "base/vec.h"
#include "proc/fdinfo.h"
#include "proc/owner_census.h"
#include "proc/process.h"

/*
 * The price is some 3 us in the kernel for every descriptor: an inode and a link made for it, and
 * its path written out. So threads share the work, in pieces small enough that a single process
 * with most of the descriptors keeps all of them busy. Where the kernel tells how many descriptors
 * there are (st_size of the directory, Linux 6.2), they are tried by number: listing the
 * directory would make every inode as well, and be a quarter slower.
 *
 * Every descriptor is told by what it was at the moment when it was read. kcmp(2) takes a third of
 * the time, but compares with the descriptor of another process, which may be reused meanwhile:
 * then innocents are named and holders missed. A copy of our own (pidfd_getfd(2)) would stand, and
 * keep a port taken, or a connection open, that its owner closes.
 */
enum {
	PIECE = 1024,         /* descriptors of a process that one thread takes at a time */
	THREADS_MAX = 8,      /* past these the locks of /proc's dentries eat the gain */
	ALONE = 2048,         /* descriptors that are read sooner than threads get going */
	ALONE_PROCESSES = 64, /* the same where only processes can be counted */
	BATCH = 512,          /* hits handed on under one lock */
	MISSES_FREE = 16,     /* numbers without a descriptor that are put up with at first */
};

/* Descriptors FIRST..END-1 of a table: END is UINT32_MAX for whatever there is. */
struct piece {
	struct skt_fd_table table;
	uint32_t first, end;
	uint32_t expected; /* how many were counted; 0: not known */
};

struct job {
	const struct skt_owner_scan *scan;
	struct skt_census census;
	SKT_VEC(struct piece) pieces;

	atomic_size_t next;   /* piece */
	atomic_bool stopped;  /* by an error */
	pthread_mutex_t lock; /* of what follows, and of the calls to the owner of the scan */
	int status;
	struct skt_err *err;
};

struct worker {
	struct job *job;
	pthread_t thread;
	const struct piece *piece;
	size_t batched;
	struct skt_owner_hit batch[BATCH];
	_Alignas(struct dirent64) char entries[64 * 1024];
};

/* What a descriptor turned out to be; PAST: of no concern to the piece at hand. */
enum seen { SEEN, MISSING, DENIED, PAST };

/* Remembers the first failure and ends the whole scan. */
static int fail(struct job *job, int errnum, uint32_t pid)
{
	(void)pthread_mutex_lock(&job->lock);
	if (job->status == 0)
		job->status = skt_fail(job->err, errnum, "read descriptors of process %u", pid);
	(void)pthread_mutex_unlock(&job->lock);
	atomic_store(&job->stopped, true);
	return -errnum;
}

static void count_hidden(struct job *job, const struct piece *piece)
{
	if (piece->first != 0 || piece->table.task != piece->table.pid)
		return;
	(void)pthread_mutex_lock(&job->lock);
	job->scan->hidden(job->scan->ctx, 1);
	(void)pthread_mutex_unlock(&job->lock);
}

static int flush(struct worker *worker)
{
	struct job *job = worker->job;
	int status;

	if (!worker->batched)
		return 0;
	(void)pthread_mutex_lock(&job->lock);
	status = job->scan->hits(job->scan->ctx, worker->batch, worker->batched);
	(void)pthread_mutex_unlock(&job->lock);
	worker->batched = 0;
	return status < 0 ? fail(job, -status, worker->piece->table.pid) : 0;
}

/* Takes note of a descriptor, if it is wanted. Returns enum seen, or -errno. */
static int hit(struct worker *worker, uint32_t fd, uint32_t inode)
{
	const struct skt_owner_hit hit = {inode, worker->piece->table.pid, fd};

	if (!skt_owner_wants(worker->job->scan, &hit))
		return SEEN;
	worker->batch[worker->batched++] = hit;
	return worker->batched == BATCH ? flush(worker) : SEEN;
}

/*
 * Looks what FD below DIR is, by the text of its link alone: to stat() what it leads to may hang on
 * a dead file server. Returns enum seen, or -errno of the end of the scan.
 */
static int look(struct worker *worker, int dir, uint32_t fd)
{
	char name[SKT_PUT_U64_MAX + 1], link[sizeof("socket:[18446744073709551615]")];
	uint64_t inode;
	ssize_t len;

	*skt_put_u64(name, fd) = '\0';
	len = readlinkat(dir, name, link, sizeof(link));
	if (len < 0) {
		if (errno == ENOENT || errno == ESRCH)
			return MISSING;
		if (errno == EACCES || errno == EPERM)
			return DENIED;
		if (errno == ENOMEM)
			return fail(worker->job, errno, worker->piece->table.pid);
		/* ENAMETOOLONG: there is something, and it is not a socket. */
		return SEEN;
	}
	if (skt_fdinfo_is_ring(link, (size_t)len))
		return hit(worker, fd, 0);
	if (skt_fdinfo_is_namespace(link, (size_t)len))
		return hit(worker, fd | SKT_OWNER_NAMESPACE, 0);
	if (!skt_process_socket_link(link, (size_t)len, &inode) || !inode || inode > UINT32_MAX)
		return SEEN;
	return hit(worker, fd, (uint32_t)inode);
}

/*
 * Tries the numbers of a piece one by one as long as most exist; *ret_next is the first that was
 * not tried. A miss costs half of a hit, and an entry of a listing a quarter.
 */
static int try_numbers(struct worker *worker, int dir, uint32_t *ret_next)
{
	const struct piece *piece = worker->piece;
	uint32_t fd, found = 0, missed = 0;
	int status;

	for (fd = piece->first; fd < piece->end && found < piece->expected; fd++) {
		status = look(worker, dir, fd);
		if (status < 0 || status == DENIED)
			return status;
		if (status == SEEN)
			found++;
		else if (++missed > MISSES_FREE + found / 4)
			break;
	}
	/* Of those opened since they were counted some are in front: what is behind is listed. */
	*ret_next = fd;
	return SEEN;
}

struct listing {
	struct worker *worker;
	int dir;
	uint32_t first;
};

static int look_listed(void *ctx, uint32_t fd)
{
	struct listing *listing = ctx;
	int status;

	if (fd < listing->first)
		return 0;
	if (fd >= listing->worker->piece->end)
		return PAST;
	status = look(listing->worker, listing->dir, fd);
	/* One that was closed since it was listed says nothing about the next. */
	return status == MISSING ? 0 : status;
}

static int read_piece(struct worker *worker)
{
	struct job *job = worker->job;
	const struct piece *piece = worker->piece;
	struct listing listing = {.worker = worker, .first = piece->first};
	int status = SEEN;
	char path[32];

	(void)snprintf(path, sizeof(path), "%u/fd", piece->table.task);
	listing.dir = openat(job->census.root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (listing.dir < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			return fail(job, errno, piece->table.pid);
		if (errno == EACCES || errno == EPERM)
			count_hidden(job, piece);
		return 0;
	}
	if (piece->expected)
		status = try_numbers(worker, listing.dir, &listing.first);
	if (status == SEEN && listing.first < piece->end) {
		/* The position is the number, plus 2 for `.` and `..` (fs/proc/fd.c). */
		if (listing.first > 0)
			(void)lseek(listing.dir, (off_t)listing.first + 2, SEEK_SET);
		status = skt_each_number(listing.dir, worker->entries, sizeof(worker->entries),
			look_listed, &listing);
	}
	if (status == DENIED)
		count_hidden(job, piece);
	(void)close(listing.dir);
	return status < 0 ? status : 0;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct job *job = worker->job;
	size_t i;

	while (!atomic_load(&job->stopped)) {
		i = atomic_fetch_add(&job->next, 1);
		if (i >= job->pieces.len)
			break;
		worker->piece = &job->pieces.data[i];
		if (read_piece(worker) < 0)
			break;
	}
	(void)flush(worker);
	return NULL;
}

static int plan_piece(struct job *job, const struct skt_fd_table *table, uint32_t first)
{
	struct piece piece = {*table, first, first + PIECE, 0};

	piece.expected = piece.end - first;
	/* The numbers below may have gaps, so that the last piece is as long as it turns out. */
	if (table->count <= piece.end) {
		piece.end = UINT32_MAX;
		piece.expected = table->count - first;
	}
	return skt_vec_push(&job->pieces, piece);
}

/* Cuts the tables into pieces. */
static int plan(struct job *job)
{
	const struct skt_fd_table *tables = job->census.tables.data;
	const size_t count = job->census.tables.len;
	uint32_t first;
	size_t i;

	for (i = 0; i < count; i++) {
		first = 0;
		do
			if (plan_piece(job, &tables[i], first))
				return -ENOMEM;
		while ((first += PIECE) < tables[i].count);
	}
	return 0;
}

/* How many threads the job is worth, the calling one included. */
static size_t threads_for(const struct job *job)
{
	size_t threads = SKT_MIN(job->pieces.len, (size_t)THREADS_MAX);
	cpu_set_t cpus;

	if (job->census.counted ? job->census.descriptors <= ALONE
				: job->pieces.len <= ALONE_PROCESSES)
		return 1;
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		threads = SKT_MIN(threads, (size_t)CPU_COUNT(&cpus));
	return SKT_MAX(threads, 1U);
}

/* Runs the job in this thread and as many others as it is worth and can be had. */
static void run(struct job *job, struct worker *self)
{
	size_t i, started = 0, extra = threads_for(job) - 1;
	struct worker *workers = extra ? calloc(extra, sizeof(*workers)) : NULL;
	sigset_t all, before;

	if (workers) {
		/* Signals are for the threads of the caller. */
		(void)sigfillset(&all);
		(void)pthread_sigmask(SIG_SETMASK, &all, &before);
		for (; started < extra; started++) {
			workers[started].job = job;
			if (pthread_create(&workers[started].thread, NULL, work, &workers[started]))
				break;
		}
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	(void)work(self);
	for (i = 0; i < started; i++)
		(void)pthread_join(workers[i].thread, NULL);
	free(workers);
}

static int scan_proc(const struct skt_owner_scan *scan, struct skt_err *err)
{
	struct job job = {.scan = scan, .lock = PTHREAD_MUTEX_INITIALIZER, .err = err};
	struct worker *self = calloc(1, sizeof(*self));
	int status = skt_census_take(scan->proc_root, &job.census, err);

	if (status < 0)
		goto out;
	if (!self || plan(&job) < 0) {
		status = skt_fail(err, ENOMEM, "read %s", scan->proc_root);
		goto out;
	}
	scan->hidden(scan->ctx, job.census.hidden);
	self->job = &job;
	run(&job, self);
	status = job.status;
out:
	skt_vec_free(&job.pieces);
	skt_census_fini(&job.census);
	free(self);
	return status;
}

const struct skt_owner_backend skt_owner_proc = {.name = "proc", .scan = scan_proc};
