/* Security contexts, by whichever security module the kernel has (proc_pid_attr(5), xattr(7)). */
#ifndef SKT_PROC_CONTEXT_H
#define SKT_PROC_CONTEXT_H

#include <stdint.h>

#include "base/arena.h"

/* Bytes of one that are kept. */
enum { SKT_CONTEXT_MAX = 4096 };

/* That of PID below PROC_ROOT, in ARENA; NULL: none, not to be known, or memory is out. */
const char *skt_context_of_process(const char *proc_root, uint32_t pid, struct skt_arena *arena);

/* That of the socket which PID has as FD: security.selinux of the file. Likewise. */
const char *skt_context_of_socket(
	const char *proc_root, uint32_t pid, uint32_t fd, struct skt_arena *arena);

#endif
