/*
 * System calls that a process has no more use for, by a filter of seccomp(2).
 *
 * It is a list of what is denied, not of what is allowed. Libraries change the calls that they
 * make: lists of what was allowed have broken programs with each new call of the C library (clone3,
 * faccessat2, statx, rseq, time64), and modules that look up names are anybody's code. What is
 * denied here is what no such code needs, and what somebody who has taken a process over would
 * reach for: other programs, other processes, the kernel, mounts and namespaces, the machine.
 *
 * A denied call fails with EPERM, as without the capability, and leaves a line in the kernel's log
 * (SECCOMP_FILTER_FLAG_LOG); it does not kill, since a module that tries something in vain goes on
 * by other means, and a server that is killed for it serves nobody. clone3(2), whose flags cannot
 * be seen, and foreign architectures are ENOSYS, upon which the C library falls back.
 */
#ifndef SKT_PRIVILEGE_SECCOMP_H
#define SKT_PRIVILEGE_SECCOMP_H

#include <linux/filter.h>

#include "privilege/needs.h"

enum { SKT_SECCOMP_MAX = 256 };

/* The filter for NEEDS: its length. Pure. 0: this architecture is not known, there is none. */
size_t skt_seccomp_write(const struct skt_needs *needs, struct sock_filter ret[SKT_SECCOMP_MAX]);

/*
 * Puts it into force for all threads; without no_new_privs it needs CAP_SYS_ADMIN. 0 or -errno:
 * -ENOSYS, -EINVAL: the kernel, or what emulates it, has none; -EPERM, -EACCES: not permitted.
 */
int skt_seccomp_enter(const struct skt_needs *needs);

#endif
