#include "cmd/stream/stdio.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* /dev/null (Documentation/admin-guide/devices.txt) */
enum { NULL_MAJOR = 1, NULL_MINOR = 3 };

bool skt_stdin_is_side(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY)
		return false;
	/* One whose file system is out of order is asked, and says so. */
	if (fstat(fd, &st))
		return true;
	return !S_ISCHR(st.st_mode) || st.st_rdev != makedev(NULL_MAJOR, NULL_MINOR);
}

void skt_stdout_end(struct skt_stream *sink)
{
	int fd = sink->fd, null_fd;

	/* Closing is not enough: a socket may be stdin, too, or the shell's. */
	if (sink->kind == SKT_STREAM_SOCKET || sink->kind == SKT_STREAM_RECORDS)
		(void)shutdown(fd, SHUT_WR);
	if (sink->kind != SKT_STREAM_PIPE)
		return;
	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null_fd < 0)
		return;
	skt_stream_close(sink);
	(void)dup2(null_fd, fd);
	(void)close(null_fd);
}

void skt_stdout_tell_broken(const struct skt_event_log *log, int r)
{
	skt_event_tell(log, SKT_EVENT_ERROR, "stdout_broken", SKT_STDOUT_BROKEN, strerror(-r));
}
