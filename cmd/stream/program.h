/*
 * Starts a program on a socket, as cheaply as the kernel can: the parent's memory is shared until
 * the program runs (CLONE_VM | CLONE_VFORK), and a pidfd tells of its end. It leads a process group
 * of its own, so that it can be reached together with what it has started, and nobody else is.
 *
 * Sources: clone(2), pidfd_open(2), execve(2), setpgid(2), posix_spawn(3) of glibc for the order of
 * things.
 */
#ifndef SKT_CMD_STREAM_PROGRAM_H
#define SKT_CMD_STREAM_PROGRAM_H

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/err.h"

struct skt_program {
	char *path;  /* of the file; owned */
	char **argv; /* ended by NULL; borrowed */
	/* What it shall find as we found it. */
	struct rlimit nofile;
	sigset_t mask;
	sigset_t changed; /* signals that we treat in a way of our own */
	sigset_t ignored; /* and those of them that our caller had us ignore */

	char **script; /* the words that run it where it has no #! of its own; owned */
	void *stack;   /* for the child's few steps; owned */
};

struct skt_child {
	pid_t pid;
	int pidfd; /* readable once it has ended; the caller's */
};

/*
 * Finds argv[0] in PATH (that of execvp(3): NULL is /bin:/usr/bin), and makes ready. PROGRAM's
 * fields above `script` are set already. Errors: -ENOENT, -EACCES, -ENOMEM.
 */
int skt_program_prepare(struct skt_program *program, const char *path, struct skt_err *err);
void skt_program_discard(struct skt_program *program);

/*
 * Starts it with FD as 0 and 1; FD, which is made blocking, stays the caller's to close. Errors:
 * -EAGAIN (too many processes), -ENOMEM, -EMFILE, and those of execve(2).
 */
int skt_program_start(
	const struct skt_program *program, int fd, char *const *environment, struct skt_child *ret);

/* The wait status of one that has ended, which is gone then. -ECHILD: it is not known. */
int skt_child_reap(const struct skt_child *process, int *ret_status);

/*
 * SIGNO for it and for what it has started, as far as that is in its process group; what is stopped
 * goes on and hears it. Not once it was reaped.
 */
void skt_child_signal(const struct skt_child *process, int signo);

/* Whether something that it started runs on in its group, right after it was reaped. */
bool skt_child_has_heirs(const struct skt_child *process);

#endif
