/*
 * How holders of sockets are found: the interface between owner.c, which knows what is wanted and
 * keeps the answer, and whoever looks. owner_proc.c reads /proc/PID/fd; owner_bpf.c has the kernel
 * walk all descriptors, where it lets it.
 */
#ifndef SKT_PROC_OWNER_BACKEND_H
#define SKT_PROC_OWNER_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "proc/inode_table.h"
#include "proc/owner_hit.h"

struct skt_owner_scan {
	const char *proc_root;
	const struct skt_inode_table *wanted; /* not changed meanwhile; NULL: every socket */
	bool rings;                           /* every io_uring as well */
	bool namespaces; /* every descriptor that keeps one; of sockets BPF tells */
	/*
	 * Only what is wanted and lies in messages, by the descriptor where these wait: BPF tells.
	 * Inode 0: more lies there.
	 */
	bool messages;

	/*
	 * Takes COUNT hits, in any order: each wanted descriptor at least once. Called by one
	 * thread at a time, so batches pay. -errno: stop, and hand this back.
	 */
	int (*hits)(void *ctx, const struct skt_owner_hit *hits, size_t count);

	/* Adds processes that may not be read; under the same lock as HITS. */
	void (*hidden)(void *ctx, size_t processes);
	void *ctx;
};

struct skt_owner_backend {
	const char *name;
	const char *lacks; /* why this build has no scan(); NULL: it has */

	/*
	 * Finds all holders of all that is wanted. It can not stop at the first holder of the last
	 * inode: others may share it. -EOPNOTSUPP: not here, forget what there was and ask another
	 * backend. Other errors end the scan. ERR names the object.
	 */
	int (*scan)(const struct skt_owner_scan *scan, struct skt_err *err);
};

extern const struct skt_owner_backend skt_owner_proc;

/* From owner_bpf.c, or from owner_no_bpf.c, which lacks it. */
extern const struct skt_owner_backend skt_owner_bpf;

static inline bool skt_owner_wants(
	const struct skt_owner_scan *scan, const struct skt_owner_hit *hit)
{
	if (scan->messages && !hit->inode)
		return true;
	if (hit->fd & SKT_OWNER_NAMESPACE)
		return scan->namespaces;
	if (hit->inode == 0)
		return scan->rings;
	return !scan->wanted || skt_inode_table_find(scan->wanted, hit->inode);
}

#endif
