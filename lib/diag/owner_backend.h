/*
 * How holders of sockets are found: the interface between owner.c, which knows what is wanted and
 * keeps the answer, and whoever looks. owner_proc.c reads /proc/PID/fd.
 */
#ifndef SKT_DIAG_OWNER_BACKEND_H
#define SKT_DIAG_OWNER_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "diag/inode_table.h"

/* A descriptor that is a socket. */
struct skt_owner_hit {
	uint32_t inode, pid, fd;
};

struct skt_owner_scan {
	const char *proc_root;
	const struct skt_inode_table *wanted; /* not changed meanwhile; NULL: every socket */

	/*
	 * Takes COUNT hits, in any order: each wanted descriptor once. Called by one thread at a
	 * time, so batches pay. -errno: stop, and hand this back.
	 */
	int (*hits)(void *ctx, const struct skt_owner_hit *hits, size_t count);

	/* Adds processes that may not be read; under the same lock as HITS. */
	void (*hidden)(void *ctx, size_t processes);
	void *ctx;
};

struct skt_owner_backend {
	const char *name;

	/*
	 * Finds all holders of all that is wanted. It can not stop at the first holder of the last
	 * inode: others may share it. -EOPNOTSUPP or -EPERM before the first hit: not here, ask
	 * the next backend. Other errors end the scan; ERR names the object.
	 */
	int (*scan)(const struct skt_owner_scan *scan, struct skt_err *err);
};

extern const struct skt_owner_backend skt_owner_proc;

#endif
