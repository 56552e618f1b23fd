/*
 * Capabilities of this thread, over capset(2) and prctl(2): a process that is to lose them has one
 * thread, or others that lose them themselves. Losing is always permitted; nothing here gains.
 */
#ifndef SKT_PRIVILEGE_CAPABILITIES_H
#define SKT_PRIVILEGE_CAPABILITIES_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

/* A set of capabilities(7): bit CAP_... of each. */
#define SKT_CAPABILITY(capability) (UINT64_C(1) << (capability))
#define SKT_CAPABILITIES_ALL UINT64_MAX

/* Those that work now (the effective set); 0 where the kernel does not tell. */
uint64_t skt_capabilities_now(void);

/*
 * Takes all but KEPT out of the bounding set, which is what programs that are executed could get
 * back. It needs CAP_SETPCAP, and is to be done before a change of user, which loses that. 0 or
 * -errno; -EPERM: there is nothing that it could be done with.
 */
int skt_capabilities_bound(uint64_t kept);

/* Gives up all but KEPT, for good: permitted, effective, inheritable and ambient. 0 or -errno. */
int skt_capabilities_keep(uint64_t kept);

/*
 * From now on execve(2) gives nobody more than he has: no set-user-ID, no file capabilities. The
 * kernel wants it of those who filter calls or files without CAP_SYS_ADMIN. 0 or -errno.
 */
int skt_capabilities_no_new(void);

#endif
