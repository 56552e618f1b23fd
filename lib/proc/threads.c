#include "proc/threads.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/vec.h"
#include "proc/owner_census.h"
#include "proc/root.h"

struct reading {
	int dir;
	struct skt_arena *arena;
	SKT_VEC(struct skt_thread) threads;
};

/* One that ends meanwhile is none; the file ends in one newline, any before it is the name's. */
static int take_thread(void *ctx, uint32_t tid)
{
	struct reading *reading = ctx;
	struct skt_thread thread = {.tid = tid};
	char path[32], name[1024];
	size_t len;

	if (reading->threads.len == SKT_THREADS_MAX)
		return 1;
	(void)snprintf(path, sizeof(path), "%u/comm", tid);
	len = skt_proc_read(reading->dir, path, name, sizeof(name));
	if (!len)
		return 0;
	thread.name = skt_arena_text(reading->arena, name, len - (name[len - 1] == '\n'));
	return thread.name ? skt_vec_push(&reading->threads, thread) : -ENOMEM;
}

static int compare(const void *a, const void *b)
{
	const struct skt_thread *x = a, *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

size_t skt_threads_read(
	const char *proc_root, uint32_t pid, struct skt_arena *arena, const struct skt_thread **ret)
{
	struct reading reading = {.dir = -1, .arena = arena};
	_Alignas(struct dirent64) char entries[4096];
	struct skt_thread *kept = NULL;
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s/%u/task", proc_root, pid);

	if (len > 0 && (size_t)len < sizeof(path))
		reading.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (reading.dir < 0)
		return 0;
	(void)skt_each_number(reading.dir, entries, sizeof(entries), take_thread, &reading);
	(void)close(reading.dir);
	if (reading.threads.len) {
		qsort(reading.threads.data, reading.threads.len, sizeof(*kept), compare);
		kept = skt_arena_alloc(arena, reading.threads.len * sizeof(*kept));
	}
	if (kept)
		memcpy(kept, reading.threads.data, reading.threads.len * sizeof(*kept));
	*ret = kept;
	len = kept ? (int)reading.threads.len : 0;
	skt_vec_free(&reading.threads);
	return (size_t)len;
}
