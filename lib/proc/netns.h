/*
 * Network namespaces: which there are, what they are called, and who is in them.
 *
 * They are found by their names below /run/netns, /var/run/netns (ip-netns(8)) and
 * /run/docker/netns, by /proc/PID/ns/net of every process (namespaces(7)), and by what else keeps
 * them (netns_keepers.h), and told apart by device and inode. A namespace that nothing but a socket
 * keeps alive is not found.
 */
#ifndef SKT_PROC_NETNS_H
#define SKT_PROC_NETNS_H

#include "base/err.h"
#include "proc/netns_set.h"

/*
 * Finds namespaces by what a user says: NULL for the own one, "all", the name of one, a process (N
 * or pid:N), net:[INODE], or a path. A name wins over a number. Each link of a process is looked at
 * once at the most; processes that vanish are passed over.
 *
 * Errors: -ENOENT: no such name (ERR may know a better one), -ESRCH: no such process or inode,
 * -EACCES: /proc does not show the process (proc(5), hidepid), -EINVAL: the path is no namespace,
 * -ENOMEM, or what opening it said. On failure *ret is empty.
 */
int skt_netns_find(const char *proc_root, const char *selector, struct skt_netns_set *ret,
	struct skt_err *err);

#endif
