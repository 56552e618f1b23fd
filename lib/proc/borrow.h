/*
 * Sockets of other processes, borrowed: copied by pidfd_getfd(2) (Linux 5.6), looked at, and given
 * back at once. Whoever may trace the process may do that (ptrace(2), PTRACE_MODE_ATTACH).
 *
 * A copy is a holder like any other. If the owner closes his own meanwhile, the socket stays open,
 * and its port taken, until the copy is closed: so that is held for the few microseconds of one
 * look. And then it is the copy whose close(2) ends the socket, which waits for the peer where the
 * owner has set SO_LINGER (net/ipv4/af_inet.c, inet_release()): so a thread does all of it, and one
 * that does not come back in time is left behind, to end with the process.
 */
#ifndef SKT_PROC_BORROW_H
#define SKT_PROC_BORROW_H

#include <stddef.h>
#include <stdint.h>

struct skt_borrower;

enum { SKT_BORROW_RESULT_MAX = 1024 };

/* Looks at FD, another thread's, and writes what it finds to RESULT. Must not wait. */
typedef void skt_borrow_fn(int fd, void *result);

/* -ENOMEM. No thread is started before it is needed. */
int skt_borrower_new(struct skt_borrower **ret);

/*
 * Has LOOK look at descriptor FD of PID, provided that this is the socket INODE, and copies the
 * SIZE bytes of its result, which began as zeros, to RET. Errors: -EPERM, -ESRCH or -EBADF: it is
 * gone, -ESTALE: it is another file, -ENOSYS, -ETIMEDOUT: it did not come back, -EBUSY: too many
 * have not, and what pthread_create(3) says.
 */
int skt_borrow(struct skt_borrower *borrower, uint32_t pid, uint32_t fd, uint64_t inode,
	skt_borrow_fn *look, void *ret, size_t size);

/* Does not wait for those that did not come back. NULL is accepted. */
void skt_borrower_free(struct skt_borrower *borrower);

#endif
