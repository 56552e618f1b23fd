#include "out/sink.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

void skt_sink_init(struct skt_sink *sink, int fd)
{
	*sink = (struct skt_sink){.fd = fd};
}

/* Waits until FD takes bytes again, or reports why it never will: the next write() tells. */
static int wait_writable(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLOUT};

	while (poll(&wait, 1, -1) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);
		int rc;

		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
			continue;
		}
		if (n == 0)
			return -EIO;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		rc = wait_writable(fd);
		if (rc)
			return rc;
	}
	return 0;
}

int skt_sink_flush(struct skt_sink *sink)
{
	if (!sink->failed && sink->pending.failed)
		sink->failed = -ENOMEM;
	if (sink->fd == SKT_SINK_MEMORY)
		return sink->failed;
	if (!sink->failed)
		sink->failed = write_all(sink->fd, sink->pending.data, sink->pending.len);
	sink->pending.len = 0;
	return sink->failed;
}

void skt_sink_settle(struct skt_sink *sink)
{
	if (sink->pending.len >= SKT_SINK_BUFFER || sink->pending.failed)
		(void)skt_sink_flush(sink);
}

void skt_sink_fini(struct skt_sink *sink)
{
	skt_str_fini(&sink->pending);
}
