/*
 * Network namespaces: which there are, what they are called, and how they are read from outside.
 *
 * They are found by their names below /run/netns, /var/run/netns (ip-netns(8)) and
 * /run/docker/netns, and by /proc/PID/ns/net of every process (namespaces(7)), and told apart by
 * device and inode. A namespace that only a descriptor or a thread apart keeps alive is not found.
 *
 * A socket belongs to the namespace that its maker was in, for life. So a namespace is entered once
 * (setns(2): CAP_SYS_ADMIN here and there), by a thread of its own that opens a netlink socket and
 * ends: the caller never leaves its namespace, and need not be allowed to come back to it. Where
 * that is denied, /proc/PID/net of a process inside tells what it can, and needs no privilege.
 */
#ifndef SKT_DIAG_NETNS_H
#define SKT_DIAG_NETNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "diag/netlink.h"

struct skt_netns {
	/* What rows say: its name, else `pid:N` (the lowest process of it to be seen), else
	 * `net:[INODE]`, the kernel's own words. Hostile bytes allowed. */
	const char *label;
	uint64_t device, inode; /* who it is; 0: not to be seen */
	const char *path;       /* what opens it; NULL: nothing known does */
	uint32_t pid;           /* a process inside; 0: none is known */
	bool own;               /* that of this process */
	/* Private. */
	struct skt_netlink *netlink;
	int held;          /* a descriptor that keeps it from vanishing until it is entered; -1 */
	unsigned int rank; /* of the directory that its name is from; 0: it has none */
};

SKT_VEC_DECLARE(skt_netns_vec, struct skt_netns);

/* Zero-initialised is empty. */
struct skt_netns_set {
	struct skt_netns_vec list; /* the own one first, then by their labels */
	size_t hidden;             /* processes whose namespace may not be seen */
	struct skt_arena texts;
};

/*
 * Finds namespaces by what a user says: NULL for the own one, "all", the name of one, a process (N
 * or pid:N), net:[INODE], or a path. A name wins over a number. Each link of a process is looked at
 * once at the most; processes that vanish are passed over.
 *
 * Errors: -ENOENT: no such name (ERR may know a better one), -ESRCH: no such process or inode,
 * -EINVAL: the path is no namespace, -ENOMEM, or what opening it said. On failure *ret is empty.
 */
int skt_netns_find(const char *proc_root, const char *selector, struct skt_netns_set *ret,
	struct skt_err *err);
void skt_netns_set_fini(struct skt_netns_set *set);

/*
 * The sock_diag socket of a namespace, opened on first use and kept: owned by NETNS. Errors: those
 * of open(2), setns(2) and skt_netlink_open(), -EPERM and -EACCES where it is denied.
 */
int skt_netns_netlink(struct skt_netns *netns, struct skt_netlink **ret, struct skt_err *err);

/*
 * The name of interface IFINDEX there, NUL-terminated in *ret. Errors: -ENODEV, and those of
 * skt_netns_netlink().
 */
int skt_netns_interface(struct skt_netns *netns, uint32_t ifindex, char (*ret)[IF_NAMESIZE]);

/*
 * Runs FN in a thread inside of the namespace, where PROC_ROOT/thread-self/net is that of the
 * namespace, and returns what it returned, or why it could not be run.
 */
int skt_netns_run(
	const struct skt_netns *netns, int (*fn)(void *ctx), void *ctx, struct skt_err *err);

#endif
