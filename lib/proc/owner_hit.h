/*
 * A descriptor that is a socket, or an io_uring that may hold some: what backends find, and what
 * the iterator of owner.bpf.c writes, in the byte order of the machine. So this header is for both
 * worlds.
 */
#ifndef SKT_PROC_OWNER_HIT_H
#define SKT_PROC_OWNER_HIT_H

#include <linux/types.h>

struct skt_owner_hit {
	__u32 inode; /* of the socket; 0: it is an io_uring */
	__u32 pid;   /* of the process, in the pid namespace of whoever looks */
	__u32 fd;
};

#endif
