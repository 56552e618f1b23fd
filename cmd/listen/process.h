/*
 * Starts a program on a socket, as cheaply as the kernel can: the parent's memory is shared until
 * the program runs (CLONE_VM | CLONE_VFORK), and a pidfd tells of its end.
 *
 * Sources: clone(2), pidfd_open(2), execve(2), posix_spawn(3) of glibc for the order of things.
 */
#ifndef SKT_CMD_LISTEN_PROCESS_H
#define SKT_CMD_LISTEN_PROCESS_H

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/err.h"

struct process_program {
	char *path;  /* of the file; owned */
	char **argv; /* ended by NULL; borrowed */
	/* What it shall find as we found it. */
	struct rlimit nofile;
	sigset_t mask;
	sigset_t endings; /* for which we have a handler, and it shall not */
	void (*sigpipe)(int);
	void *stack; /* for the child's few steps; owned */
};

struct process {
	pid_t pid;
	int pidfd; /* readable once it has ended; the caller's */
};

/*
 * Finds argv[0] in PATH (that of execvp(3): NULL is /bin:/usr/bin), and makes ready. PROGRAM's
 * other fields are set already. Errors: -ENOENT, -EACCES, -ENOMEM.
 */
int process_prepare(struct process_program *program, const char *path, struct skt_err *err);
void process_discard(struct process_program *program);

/*
 * Starts it with FD as 0 and 1; FD, which is made blocking, stays the caller's to close. Errors:
 * -EAGAIN (too many processes), -ENOMEM, -EMFILE, and those of execve(2).
 */
int process_start(const struct process_program *program, int fd, char *const *environment,
	struct process *ret);

/* The wait status of one that has ended, which is gone then. -ECHILD: it is not known. */
int process_reap(const struct process *process, int *ret_status);

#endif
