#include "diag/owner_backend.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/str.h"
#include "base/vec.h"
#include "diag/process.h"

/*
 * The price is some 3 us in the kernel for every descriptor: an inode and a link made for it, and
 * its path written out. So threads share the work, in pieces small enough that a single process
 * with most of the descriptors keeps all of them busy. Where the kernel tells how many descriptors
 * there are (st_size of the directory, Linux 6.2), they are tried by number: listing the
 * directory would make every inode as well, and be a quarter slower.
 */
enum {
	PIECE = 1024,         /* descriptors of a process that one thread takes at a time */
	THREADS_MAX = 8,      /* past these the locks of /proc's dentries eat the gain */
	ALONE = 2048,         /* descriptors that are read sooner than threads get going */
	ALONE_PROCESSES = 64, /* the same where only processes can be counted */
	BATCH = 512,          /* hits handed on under one lock */
	MISSES_FREE = 16,     /* numbers without a descriptor that are put up with at first */
};

/* Descriptors FIRST..END-1 of a process: END is UINT32_MAX for whatever there is. */
struct piece {
	uint32_t pid, first, end;
	uint32_t expected; /* how many were counted; 0: not known */
};

struct job {
	const struct skt_owner_scan *scan;
	int root;     /* proc_root */
	bool counted; /* the size of a fd directory is the number of its entries */
	size_t processes;
	uint64_t descriptors; /* where counted */
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

static bool parse_number(const char *name, uint32_t *ret)
{
	uint64_t value = 0;
	const char *p;

	for (p = name; *p >= '0' && *p <= '9' && value <= UINT32_MAX; p++)
		value = value * 10 + (uint64_t)(*p - '0');
	if (p == name || *p || value > UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

/*
 * Calls EACH for the entries of DIR that are numbers, until it returns other than 0, which is then
 * returned. A directory that vanishes meanwhile just ends. readdir(3) would take a malloc and 32
 * KiB for each DIR; the buffer here serves all of a worker's.
 */
static int each_number(
	struct worker *worker, int dir, int (*each)(void *ctx, uint32_t number), void *ctx)
{
	long len, offset;

	while ((len = syscall(SYS_getdents64, dir, worker->entries, sizeof(worker->entries))) > 0) {
		for (offset = 0; offset < len;) {
			const struct dirent64 *entry = (const void *)(worker->entries + offset);
			uint32_t number;
			int status;

			offset += entry->d_reclen;
			if (!parse_number(entry->d_name, &number))
				continue;
			status = each(ctx, number);
			if (status != 0)
				return status;
		}
	}
	return 0;
}

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
	if (piece->first != 0)
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
	return status < 0 ? fail(job, -status, worker->piece->pid) : 0;
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
		/* ENAMETOOLONG: there is something, and it is not a socket. */
		return SEEN;
	}
	if (!skt_process_socket_link(link, (size_t)len, &inode) ||
		!skt_owner_wants(worker->job->scan, inode))
		return SEEN;
	worker->batch[worker->batched++] =
		(struct skt_owner_hit){(uint32_t)inode, worker->piece->pid, fd};
	return worker->batched == BATCH ? flush(worker) : SEEN;
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
	size_t seen;
};

static int look_listed(void *ctx, uint32_t fd)
{
	struct listing *listing = ctx;
	int status;

	if (fd < listing->first)
		return 0;
	if (fd >= listing->worker->piece->end)
		return PAST;
	listing->seen++;
	status = look(listing->worker, listing->dir, fd);
	/* One that was closed since it was listed says nothing about the next. */
	return status == MISSING ? 0 : status;
}

/* Reads the descriptors below PATH that the piece at hand is about; adds to *seen. */
static int read_descriptors(struct worker *worker, const char *path, size_t *seen)
{
	struct job *job = worker->job;
	const struct piece *piece = worker->piece;
	struct listing listing = {.worker = worker, .first = piece->first};
	int status = SEEN;

	listing.dir = openat(job->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (listing.dir < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			return fail(job, errno, piece->pid);
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
		status = each_number(worker, listing.dir, look_listed, &listing);
	}
	if (status == DENIED)
		count_hidden(job, piece);
	*seen += listing.seen;
	(void)close(listing.dir);
	return status < 0 ? status : 0;
}

/* Whether PID has threads beside its leader: each is a directory in task. */
static bool has_threads(const struct job *job, uint32_t pid)
{
	char path[32];
	struct stat stat;

	(void)snprintf(path, sizeof(path), "%u/task", pid);
	return fstatat(job->root, path, &stat, AT_SYMLINK_NOFOLLOW) == 0 && stat.st_nlink > 3;
}

struct threads {
	uint32_t pid;
	uint32_t others[8]; /* they share their descriptors, so that the first will do */
	size_t count;
};

static int collect_thread(void *ctx, uint32_t thread)
{
	struct threads *threads = ctx;

	if (thread != threads->pid)
		threads->others[threads->count++] = thread;
	return threads->count == SKT_COUNT(threads->others);
}

/* A leader that has exited lost sight of its descriptors: its threads still have them. */
static int read_threads(struct worker *worker)
{
	struct threads threads = {.pid = worker->piece->pid};
	size_t i, seen = 0;
	char path[64];
	int dir, status = 0;

	(void)snprintf(path, sizeof(path), "%u/task", threads.pid);
	dir = openat(worker->job->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return 0;
	(void)each_number(worker, dir, collect_thread, &threads);
	(void)close(dir);
	for (i = 0; i < threads.count && !seen && status == 0; i++) {
		(void)snprintf(path, sizeof(path), "%u/task/%u/fd", threads.pid, threads.others[i]);
		status = read_descriptors(worker, path, &seen);
	}
	return status;
}

static int read_piece(struct worker *worker)
{
	char path[32];
	size_t listed = 0;
	int status;

	(void)snprintf(path, sizeof(path), "%u/fd", worker->piece->pid);
	status = read_descriptors(worker, path, &listed);
	if (status == 0 && !worker->piece->expected && !listed &&
		has_threads(worker->job, worker->piece->pid))
		status = read_threads(worker);
	return status;
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

/* Cuts the COUNT descriptors of a process into pieces. */
static int plan_pieces(struct job *job, uint32_t pid, uint32_t count)
{
	uint32_t first = 0;

	for (; count - first > PIECE; first += PIECE)
		if (skt_vec_push(&job->pieces, (struct piece){pid, first, first + PIECE, PIECE}))
			return -ENOMEM;
	/* The numbers below may have gaps, so that the last piece is as long as it turns out. */
	return skt_vec_push(&job->pieces, (struct piece){pid, first, UINT32_MAX, count});
}

static int plan_process(void *ctx, uint32_t pid)
{
	struct job *job = ctx;
	struct stat stat;
	char path[32];

	job->processes++;
	if (!job->counted)
		return plan_pieces(job, pid, 0);
	(void)snprintf(path, sizeof(path), "%u/fd", pid);
	if (fstatat(job->root, path, &stat, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == EACCES || errno == EPERM)
			job->scan->hidden(job->scan->ctx, 1);
		return 0;
	}
	/* Kernel threads and zombies have none, unless only the leader is a zombie. */
	if (stat.st_size <= 0 && !has_threads(job, pid))
		return 0;
	job->descriptors += (uint64_t)stat.st_size;
	return plan_pieces(job, pid, (uint32_t)SKT_MIN(stat.st_size, INT32_MAX));
}

/* Whether the sizes of fd directories count: our own holds one descriptor at least, ROOT. */
static bool sizes_count(int root)
{
	struct statfs statfs;
	struct stat stat;

	return fstatfs(root, &statfs) == 0 && statfs.f_type == PROC_SUPER_MAGIC &&
		fstatat(root, "self/fd", &stat, AT_SYMLINK_NOFOLLOW) == 0 && stat.st_size > 0;
}

/* How many threads the job is worth, the calling one included. */
static size_t threads_for(const struct job *job)
{
	size_t threads = SKT_MIN(job->pieces.len, (size_t)THREADS_MAX);
	cpu_set_t cpus;

	if (job->counted ? job->descriptors <= ALONE : job->pieces.len <= ALONE_PROCESSES)
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
	int status;

	job.root = open(scan->proc_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (job.root < 0) {
		status = skt_fail(err, errno, "open %s", scan->proc_root);
		goto out;
	}
	if (!self) {
		status = skt_fail(err, ENOMEM, "read %s", scan->proc_root);
		goto out;
	}
	self->job = &job;
	job.counted = sizes_count(job.root);
	status = each_number(self, job.root, plan_process, &job);
	if (status < 0) {
		status = skt_fail(err, -status, "read %s", scan->proc_root);
		goto out;
	}
	if (!job.processes) {
		status = skt_fail_text(
			err, ENOENT, "%s: no processes there: is it mounted?", scan->proc_root);
		goto out;
	}
	run(&job, self);
	status = job.status;
out:
	skt_vec_free(&job.pieces);
	free(self);
	if (job.root >= 0)
		(void)close(job.root);
	return status;
}

const struct skt_owner_backend skt_owner_proc = {.name = "proc", .scan = scan_proc};
