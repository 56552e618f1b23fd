/*
 * A descriptor that is a socket, or that keeps something alive: what backends find, and what the
 * iterator of owner.bpf.c writes, in the byte order of the machine. So this header is for both
 * worlds.
 */
#ifndef SKT_PROC_OWNER_HIT_H
#define SKT_PROC_OWNER_HIT_H

#include <linux/types.h>

struct skt_owner_hit {
	__u32 inode; /* of the socket; 0: it is an io_uring, or a namespace; or see below */
	__u32 pid;   /* of the process, in the pid namespace of whoever looks */
	__u32 fd;    /* the number; and SKT_OWNER_NAMESPACE */
};

/* No number is as large (fs/file.c, sysctl_nr_open_max). */
#define SKT_OWNER_FD_MAX 0x40000000U

/* FD keeps a namespace: one of any kind, or it is a socket of the network namespace INODE. */
#define SKT_OWNER_NAMESPACE 0x80000000U

#endif
