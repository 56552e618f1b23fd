/*
 * A network namespace as somebody found it (proc/netns.h), and how it is read from outside.
 *
 * A socket belongs to the namespace that its maker was in, for life. So a namespace is entered once
 * (setns(2): CAP_SYS_ADMIN here and there), by a thread of its own that opens a socket and ends:
 * the caller never leaves its namespace, and need not be allowed to come back to it. Where that is
 * denied, /proc/PID/net of a process inside tells what it can, and needs no privilege.
 */
#ifndef SKT_BASE_NETNS_H
#define SKT_BASE_NETNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct skt_netns {
	/* What rows say: its name, else `pid:N` (the lowest process of it to be seen), `tid:N` (a
	 * thread), or the path of the descriptor or mount that keeps it, else `net:[INODE]`, the
	 * kernel's own words. Hostile bytes allowed. */
	const char *label;
	uint64_t device, inode; /* who it is; 0: not to be seen */
	const char *path;       /* what opens it; NULL: nothing known does */
	uint32_t pid;           /* a process inside; 0: none is known */
	bool own;               /* that of this process */
	/* What another room keeps with it, and frees with FREE_KEPT (diag/netns_link.h). */
	void *kept;
	void (*free_kept)(void *kept);
	/* Private. */
	int held;          /* a descriptor that keeps it from vanishing until it is entered; -1 */
	unsigned int rank; /* of the directory that its name is from; 0: it has none */
};

/*
 * Moves the calling thread into NETNS, by a descriptor that is held no longer than that takes. For
 * threads that end without the way back. Errors: those of open(2) and setns(2), -ESRCH.
 */
int skt_netns_enter(const struct skt_netns *netns, struct skt_err *err);

/*
 * Runs FN in a thread inside of the namespace, where PROC_ROOT/thread-self/net is that of the
 * namespace, and returns what it returned, or why it could not be run.
 */
int skt_netns_run(
	const struct skt_netns *netns, int (*fn)(void *ctx), void *ctx, struct skt_err *err);

/* Lets go of the descriptor that kept the namespace: to be called once it is entered for good. */
void skt_netns_let_go(struct skt_netns *netns);

/* Frees what is held by it; its texts are the finder's. */
void skt_netns_fini(struct skt_netns *netns);

#endif
