/*
 * What a descriptor holds beside itself, by /proc/PID/fdinfo/FD (proc_pid_fdinfo(5)): sockets that
 * are registered with an io_uring, and files in flight in a unix socket. Both live on when every
 * descriptor of them is closed.
 */
#ifndef SKT_PROC_FDINFO_H
#define SKT_PROC_FDINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the LEN bytes of LINK, what a descriptor links to, say that it is an io_uring. */
bool skt_fdinfo_is_ring(const char *link, size_t len);

/* The same of a network namespace (`net:[4026531840]`, namespaces(7)). */
bool skt_fdinfo_is_namespace(const char *link, size_t len);

/*
 * Reads a line of a ring's fdinfo: whether it is a registered file that is a socket (`    0:
 * socket:[4711]`, io_uring/fdinfo.c). Kernels before 6.10 write no inode, so that none is one.
 */
bool skt_fdinfo_registered(const char *line, size_t len, uint64_t *ret_inode);

/* Reads `scm_fds: N` of a unix socket's fdinfo (net/unix/af_unix.c, Linux 5.6). */
bool skt_fdinfo_in_flight(const char *line, size_t len, uint64_t *ret_files);

/*
 * Calls EACH for every socket that is registered with the io_uring FD of PID, until it returns
 * other than 0, which is then returned. One that is gone, or may not be read, has none.
 */
int skt_fdinfo_each_registered(const char *proc_root, uint32_t pid, uint32_t fd,
	int (*each)(void *ctx, uint64_t inode), void *ctx);

/* How many files lie in flight in the unix socket FD of PID (SCM_RIGHTS, unix(7)). */
uint64_t skt_fdinfo_files_in_flight(const char *proc_root, uint32_t pid, uint32_t fd);

#endif
