/*
 * What the descriptor of another process tells of a socket that no table lists: whose it is, and
 * what the kernel calls its protocol. Nothing is taken from the process, no copy of the descriptor
 * (pidfd_getfd(2)) either, which would keep the socket when its owner closes it.
 */
#ifndef SKT_PROC_HELD_SOCKET_H
#define SKT_PROC_HELD_SOCKET_H

#include <stdint.h>

enum { SKT_HELD_PROTOCOL_MAX = 32 };

struct skt_held_socket {
	uint32_t uid; /* of who made it, or was given it (fchown(2)) */
	/* NUL-terminated: `TCP`, `UDPv6`, `PING`, `ALG`: the name of its struct proto. Empty: not
	 * told. */
	char protocol[SKT_HELD_PROTOCOL_MAX];
};

/*
 * Looks at descriptor FD of PID, by a path without access (O_PATH), and asks no file system for
 * what it knows of it (AT_STATX_DONT_SYNC): a file that came to the number meanwhile cannot make
 * this wait, unless its server must be asked for every path (NFS). -ENOENT: it is not the socket
 * INODE any more; -EACCES, -EPERM: denied; others of open(2).
 */
int skt_held_socket_read(const char *proc_root, uint32_t pid, uint32_t fd, uint64_t inode,
	struct skt_held_socket *ret);

#endif
