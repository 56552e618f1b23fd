#include "cmd/tell.h"

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Not in the headers of every C library. */
#ifndef RWF_NOWAIT
#define RWF_NOWAIT 8
#endif

static bool takes(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	int n;

	do
		n = poll(&ready, 1, 0);
	while (n < 0 && errno == EINTR);
	return n != 0;
}

/*
 * pwritev2(2) does not wait even where somebody else has filled the pipe in between. Pipes have it
 * since Linux 6.4, sockets longer, terminals not; files may say EAGAIN although they never wait.
 */
static ssize_t write_now(int fd, const char *bytes, size_t len)
{
	const struct iovec piece = {.iov_base = (char *)bytes, .iov_len = len};
	ssize_t n = syscall(SYS_pwritev2, fd, &piece, 1, -1L, -1L, RWF_NOWAIT);

	if (n >= 0 || (errno == EAGAIN && !takes(fd)))
		return n;
	return write(fd, bytes, len);
}

bool skt_tell(int fd, const char *line, size_t len)
{
	while (len) {
		ssize_t n;

		if (!takes(fd))
			return false;
		n = write_now(fd, line, len);
		if (n <= 0) {
			if (n < 0 && errno == EINTR)
				continue;
			return n < 0 && errno != EAGAIN;
		}
		line += n;
		len -= (size_t)n;
	}
	return true;
}
