/*
 * Files, TCP and signals that a thread can no longer reach, by landlock(7). Any user may do that to
 * himself (Linux 5.13); what the running kernel knows of it is asked for.
 */
#ifndef SKT_PRIVILEGE_LANDLOCK_H
#define SKT_PRIVILEGE_LANDLOCK_H

#include "privilege/needs.h"

/*
 * Leaves this thread the paths of NEEDS, those of the C library, and what is open. It needs
 * no_new_privs, or CAP_SYS_ADMIN. 0 or -errno: -ENOSYS, -EOPNOTSUPP: this kernel has none, or it is
 * not switched on; -EPERM: a container's filter.
 *
 * Descriptors 0, 1 and 2 may be opened anew (/proc/self/fd). A path that is not there is left out.
 * Processes outside cannot be traced from inside (/proc/PID/fd counts as that), which is why it is
 * not for who looks into others.
 */
int skt_landlock_enter(const struct skt_needs *needs);

#endif
