/*
 * Control groups of sockets and processes: from the number that the kernel tells of a socket
 * (INET_DIAG_CGROUP_ID, Linux 5.10), or from a process that holds it, to the path and what it says.
 *
 * A number is an inode of the cgroup2 file system (fs/kernfs/mount.c): with CAP_DAC_READ_SEARCH it
 * is opened as a handle (open_by_handle_at(2)), which costs the same however many groups there are;
 * otherwise the tree is walked once, when the first number is asked for, which anyone may. Every
 * answer is kept until it shall be renewed.
 */
#ifndef SKT_PROC_CGROUP_H
#define SKT_PROC_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "proc/cgroup_path.h"
#include "proc/past.h"

/* Texts are owned by the struct skt_cgroups; hostile bytes allowed. NULL: not known, or none. */
struct skt_cgroup {
	const char *path; /* below the root of the hierarchy: `/system.slice/ssh.service` */
	const char *unit, *container;
};

struct skt_cgroups;

/* PROC_ROOT ("/proc") is borrowed for life. Nothing is read yet. -ENOMEM. */
int skt_cgroups_new(const char *proc_root, struct skt_cgroups **ret);
void skt_cgroups_free(struct skt_cgroups *cgroups);

/* Says what was known, in the place of what is. PAST is borrowed. */
void skt_cgroups_recall(struct skt_cgroups *cgroups, const struct skt_past *past);

/* Forgets every answer: groups come and go, and numbers of processes are used again. */
void skt_cgroups_renew(struct skt_cgroups *cgroups);

/*
 * The group of number ID. One that is gone, or not to be seen from here, is all NULL. Never NULL
 * itself but where memory is out. Owned by CGROUPS, until they are renewed.
 */
const struct skt_cgroup *skt_cgroups_by_id(struct skt_cgroups *cgroups, uint64_t id);

/* The group of process PID, of whatever version and hierarchy says most. The same. */
const struct skt_cgroup *skt_cgroups_by_pid(struct skt_cgroups *cgroups, uint32_t pid);

/*
 * Whether the group that the kernel tells of a socket is not worth much, so that one who holds it
 * should be asked: it is unknown, or the root (hosts of version 1 have all sockets there), or that
 * of the init process, which makes sockets for others to serve.
 */
bool skt_cgroup_is_vague(const struct skt_cgroup *cgroup);

#endif
