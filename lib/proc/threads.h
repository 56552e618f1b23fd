/* The threads of a process (proc_pid_task(5)). */
#ifndef SKT_PROC_THREADS_H
#define SKT_PROC_THREADS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct skt_thread {
	uint32_t tid;
	const char *name; /* hostile bytes allowed, like those of processes */
};

enum { SKT_THREADS_MAX = 4096 };

/*
 * Reads those of PID below PROC_ROOT into ARENA: *ret, by ascending number, SKT_THREADS_MAX at
 * most. Returns how many; 0: the process is gone, or memory is out.
 */
size_t skt_threads_read(const char *proc_root, uint32_t pid, struct skt_arena *arena,
	const struct skt_thread **ret);

#endif
