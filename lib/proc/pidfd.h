/*
 * Processes to be ended, each pinned by a pidfd (pidfd_open(2), Linux 5.3), so that no signal ever
 * meets another process that came to the same number.
 */
#ifndef SKT_PROC_PIDFD_H
#define SKT_PROC_PIDFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A close-on-exec descriptor, readable once the process has ended. -ESRCH: it has; -ENOSYS. */
int skt_pidfd_open(uint32_t pid);

/* -ESRCH: it has ended; -EPERM. */
int skt_pidfd_signal(int pidfd, int signal);

/*
 * Whether descriptor FD of PID, or of a thread of it, is at this moment the socket INODE: 1, or 0
 * where it was seen not to be. -errno where neither was seen: -EACCES, -EPERM: not by this user
 * (ptrace(2), PTRACE_MODE_READ); -ENOENT: there is no such process, or PROC_ROOT hides it.
 */
int skt_process_holds(const char *proc_root, uint32_t pid, uint32_t fd, uint64_t inode);

/* Whether PID is DESCENDANT or one of those it descends from. */
bool skt_process_is_ancestor(const char *proc_root, uint32_t pid, uint32_t descendant);

/* PID and those that it descends from, the nearest first, at most MAX. Returns how many. */
size_t skt_process_ancestors(const char *proc_root, uint32_t pid, uint32_t *ret, size_t max);

#endif
