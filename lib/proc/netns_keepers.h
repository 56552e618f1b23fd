/*
 * What keeps a network namespace alive beside the processes in it (namespaces(7)): a thread that is
 * elsewhere than its process, a descriptor of it, a mount of it, in whatever mount namespace.
 */
#ifndef SKT_PROC_NETNS_KEEPERS_H
#define SKT_PROC_NETNS_KEEPERS_H

#include <stdbool.h>
#include <stdint.h>

struct skt_netns_keeper {
	uint64_t device, inode; /* of the namespace */
	/* What opens it: `PROC_ROOT/7/fd/5`, a mount point; of a socket, skt_netns_of_socket()
	 * does. Borrowed. */
	const char *path;
	bool is_socket;
	uint32_t thread; /* that is in it, by its number; 0: nobody is known to be */
};

/*
 * Opens the network namespace of the socket that PATH, `PROC_ROOT/PID/fd/FD`, leads to: a copy of
 * the descriptor is held for the one question (pidfd_getfd(2), Linux 5.6; SIOCGSKNS). Returns a
 * descriptor of the namespace, or -errno.
 */
int skt_netns_of_socket(const char *proc_root, const char *path);

/*
 * Calls FN for each that this user may see, threads before mounts before descriptors, of sockets as
 * far as BPF tells, the same namespace again and again, until it returns other than 0, which is
 * then returned. DEVICE: of the file system of namespaces. -ENOMEM. What cannot be read keeps
 * nothing.
 */
int skt_netns_each_keeper(const char *proc_root, uint64_t device,
	int (*fn)(void *ctx, const struct skt_netns_keeper *keeper), void *ctx);

/*
 * Reads a line of mountinfo (proc_pid_mountinfo(5)), without its end, that is changed: the mount
 * point where a network namespace is mounted, and *ret_inode whose; NULL: it is something else.
 */
const char *skt_netns_mount_parse(char *line, uint64_t *ret_inode);

#endif
