#include "proc/owner_census.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macros.h"
#include "proc/root.h"

enum {
	ENTRIES = 32 * 1024, /* bytes of a directory that are read at a time */
	TABLES_MAX = 8,      /* of one process: more are found, and left out */
};

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

int skt_each_number(
	int dir, void *buffer, size_t size, int (*each)(void *ctx, uint32_t number), void *ctx)
{
	long len, offset;

	while ((len = syscall(SYS_getdents64, dir, buffer, size)) > 0) {
		for (offset = 0; offset < len;) {
			const struct dirent64 *entry = (const void *)((char *)buffer + offset);
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
	if (len == 0 || errno == ENOENT || errno == ESRCH || errno == EACCES || errno == EPERM)
		return 0;
	return -errno;
}

/* The size of the fd directory of TASK: where counted, how many it has. -errno. */
static int64_t table_size(const struct skt_census *census, uint32_t task)
{
	struct stat stat;
	char path[32];

	(void)snprintf(path, sizeof(path), "%u/fd", task);
	if (fstatat(census->root, path, &stat, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return SKT_MIN(SKT_MAX(stat.st_size, 0), INT32_MAX);
}

static int add_table(struct skt_census *census, uint32_t pid, uint32_t task, int64_t size)
{
	if (!census->counted)
		return skt_vec_push(&census->tables, (struct skt_fd_table){pid, task, 0});
	/* Kernel threads and zombies have none. */
	if (size <= 0)
		return 0;
	census->descriptors += (uint64_t)size;
	return skt_vec_push(&census->tables, (struct skt_fd_table){pid, task, (uint32_t)size});
}

struct threads {
	struct skt_census *census;
	uint32_t pid;
	uint32_t owners[TABLES_MAX]; /* a task for each table that is known; the first is PID */
	size_t count;
	bool leader_empty;
};

/* Adds the table of a thread, unless one that is known is the same. */
static int take_thread(void *ctx, uint32_t thread)
{
	struct threads *threads = ctx;
	size_t i;
	long order = 0;

	if (thread == threads->pid)
		return 0;
	for (i = 0; i < threads->count; i++) {
		order = syscall(SYS_kcmp, threads->owners[i], thread, KCMP_FILES, 0, 0);
		if (order <= 0)
			break;
	}
	if (order == 0 || threads->count == TABLES_MAX)
		return 0;
	/* The kernel does not say: where the leader has none, one of them will. */
	if (order < 0 && (errno == ESRCH || !threads->leader_empty))
		return 0;
	threads->owners[threads->count++] = thread;
	return add_table(
		threads->census, threads->pid, thread, table_size(threads->census, thread));
}

/* Each thread is a directory in task, and so one link more. */
static int add_threads(struct skt_census *census, uint32_t pid, int64_t leader_size)
{
	struct threads threads = {.census = census, .pid = pid, .owners = {pid}, .count = 1};
	_Alignas(struct dirent64) char entries[4096];
	struct stat stat;
	char path[32];
	int dir, status;

	(void)snprintf(path, sizeof(path), "%u/task", pid);
	if (!census->own || fstatat(census->root, path, &stat, AT_SYMLINK_NOFOLLOW) < 0 ||
		stat.st_nlink <= 3)
		return 0;
	dir = openat(census->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return 0;
	threads.leader_empty = !census->counted || leader_size <= 0;
	status = skt_each_number(dir, entries, sizeof(entries), take_thread, &threads);
	(void)close(dir);
	return status;
}

static int take_process(void *ctx, uint32_t pid)
{
	struct skt_census *census = ctx;
	int64_t size = census->counted ? table_size(census, pid) : 0;
	int status;

	census->processes++;
	if (size == -EACCES || size == -EPERM)
		census->hidden++;
	if (size < 0)
		return 0;
	status = add_table(census, pid, pid, size);
	return status < 0 ? status : add_threads(census, pid, size);
}

/* Whether the sizes of fd directories count: our own holds one descriptor at least, ROOT. */
static bool sizes_count(int root)
{
	struct statfs statfs;
	struct stat stat;

	return fstatfs(root, &statfs) == 0 && statfs.f_type == PROC_SUPER_MAGIC &&
		fstatat(root, "self/fd", &stat, AT_SYMLINK_NOFOLLOW) == 0 && stat.st_size > 0;
}

int skt_census_take(const char *proc_root, struct skt_census *ret, struct skt_err *err)
{
	void *entries = NULL;
	int status;

	*ret = (struct skt_census){
		.root = open(proc_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	};
	if (ret->root < 0)
		return skt_fail(err, errno, "open %s", proc_root);
	ret->own = skt_proc_root_is_own(proc_root);
	ret->counted = sizes_count(ret->root);
	entries = malloc(ENTRIES);
	status =
		entries ? skt_each_number(ret->root, entries, ENTRIES, take_process, ret) : -ENOMEM;
	free(entries);
	if (status < 0)
		return skt_fail(err, -status, "read %s", proc_root);
	if (!ret->processes)
		return skt_fail_text(
			err, ENOENT, "%s: no processes there: is it mounted?", proc_root);
	return 0;
}

void skt_census_fini(struct skt_census *census)
{
	skt_vec_free(&census->tables);
	if (census->root >= 0)
		(void)close(census->root);
	census->root = -1;
}
