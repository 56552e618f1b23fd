#include "net/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/macros.h"

/* Skipped in one read. */
enum { EMPTY_RECORDS = 64 };

bool skt_stream_is_gone(int r)
{
	return r == -EPIPE || r == -ECONNRESET || r == -ECONNABORTED || r == -ENOTCONN;
}

static ssize_t result(ssize_t n)
{
	return n < 0 ? -errno : n;
}

static ssize_t receive(int fd, void *bytes, size_t size, int flags)
{
	ssize_t n;

	do
		n = recv(fd, bytes, size, MSG_DONTWAIT | flags);
	while (n < 0 && errno == EINTR);
	return result(n);
}

static ssize_t socket_read(struct skt_stream *stream, void *bytes, size_t size)
{
	return receive(stream->fd, bytes, size, 0);
}

static ssize_t socket_peek(struct skt_stream *stream, void *bytes, size_t size)
{
	return receive(stream->fd, bytes, size, MSG_PEEK);
}

static ssize_t read_record(int fd, void *bytes, size_t size)
{
	struct iovec iov = {.iov_base = bytes, .iov_len = size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	do
		n = recvmsg(fd, &msg, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0 && msg.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	return result(n);
}

/* An empty record reads like the end: it is one when the peer says no more, and nothing is left. */
static bool is_record_end(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLRDHUP};
	int bytes = 0;

	return poll(&poller, 1, 0) != 0 && (ioctl(fd, FIONREAD, &bytes) || bytes == 0);
}

static ssize_t record_read(struct skt_stream *stream, void *bytes, size_t size)
{
	for (int i = 0; i < EMPTY_RECORDS; i++) {
		ssize_t n = read_record(stream->fd, bytes, size);

		if (n != 0 || is_record_end(stream->fd))
			return n;
	}
	/* Others get their turn. */
	return -EAGAIN;
}

static ssize_t socket_write(struct skt_stream *stream, const void *bytes, size_t size)
{
	ssize_t n;

	do
		n = send(stream->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return result(n);
}

/* A record has to fit into the buffer whole, which may be as large as the system allows. */
static ssize_t record_write(struct skt_stream *stream, const void *bytes, size_t size)
{
	ssize_t n = socket_write(stream, bytes, size);
	int room = (int)SKT_MIN(size, (size_t)INT_MAX);

	if (n == -EMSGSIZE &&
		setsockopt(stream->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) == 0)
		n = socket_write(stream, bytes, size);
	return n;
}

/*
 * With TCP_FASTOPEN_CONNECT no SYN goes out before the first write, and a shutdown before that
 * gives the connection up. Writing nothing sends it. 0, -EAGAIN: not yet connected, or why it will
 * not be.
 */
static int connect_deferred(int fd)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	if (getpeername(fd, (struct sockaddr *)&sa, &len) == 0 || errno != ENOTCONN)
		return 0;
	if (send(fd, NULL, 0, MSG_DONTWAIT | MSG_NOSIGNAL) == 0 || errno == EPIPE)
		return 0;
	return errno == EINPROGRESS || errno == EALREADY ? -EAGAIN : -errno;
}

static int socket_finish(struct skt_stream *stream)
{
	int connected = connect_deferred(stream->fd);
	socklen_t len = sizeof(int);
	int r, cause = 0;

	if (connected)
		return connected;
	/* TCP numbers the end as one byte (RFC 9293 3.4). */
	if (stream->kind == SKT_STREAM_SOCKET)
		stream->end_size = 1;
	if (shutdown(stream->fd, SHUT_WR) == 0)
		return 0;
	r = -errno;
	/* A connection that was reset is "not connected"; the reason is more use than that. */
	if (r == -ENOTCONN && getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &cause, &len) == 0 &&
		cause)
		return -cause;
	return r;
}

static ssize_t file_read(struct skt_stream *stream, void *bytes, size_t size)
{
	ssize_t n;

	do
		n = read(stream->fd, bytes, size);
	while (n < 0 && errno == EINTR);
	return result(n);
}

static ssize_t file_write(struct skt_stream *stream, const void *bytes, size_t size)
{
	ssize_t n;

	do
		n = write(stream->fd, bytes, size);
	while (n < 0 && errno == EINTR);
	return result(n);
}

static bool is_ready(const struct skt_stream *stream, short events)
{
	struct pollfd poller = {.fd = stream->fd, .events = events};

	return poll(&poller, 1, 0) != 0;
}

/* What can neither be asked per call nor be told once not to block: asked beforehand. */
static ssize_t device_read(struct skt_stream *stream, void *bytes, size_t size)
{
	if (!stream->nonblock && !is_ready(stream, POLLIN))
		return -EAGAIN;
	return file_read(stream, bytes, size);
}

static ssize_t device_write(struct skt_stream *stream, const void *bytes, size_t size)
{
	if (!stream->nonblock) {
		if (!is_ready(stream, POLLOUT))
			return -EAGAIN;
		/* A pipe that is ready has room for this much (pipe(7)). */
		if (stream->kind != SKT_STREAM_DEVICE)
			size = SKT_MIN(size, PIPE_BUF);
	}
	return file_write(stream, bytes, size);
}

static ssize_t pipe_read(struct skt_stream *stream, void *bytes, size_t size)
{
	struct iovec iov = {.iov_base = bytes, .iov_len = size};
	ssize_t n;

	if (stream->no_nowait)
		return device_read(stream, bytes, size);
	do
		n = preadv2(stream->fd, &iov, 1, -1, RWF_NOWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS))
		return result(n);
	stream->no_nowait = true;
	return device_read(stream, bytes, size);
}

static ssize_t pipe_write(struct skt_stream *stream, const void *bytes, size_t size)
{
	struct iovec iov = {.iov_base = (void *)bytes, .iov_len = size};
	ssize_t n;

	if (stream->no_nowait)
		return device_write(stream, bytes, size);
	do
		n = pwritev2(stream->fd, &iov, 1, -1, RWF_NOWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS))
		return result(n);
	stream->no_nowait = true;
	return device_write(stream, bytes, size);
}

/* The end of a file or a pipe is its being closed, which is for its owner to do. */
static int nothing_to_finish(struct skt_stream *stream SKT_UNUSED)
{
	return 0;
}

static size_t socket_unsent(const struct skt_stream *stream)
{
	int bytes;

	if (ioctl(stream->fd, SIOCOUTQ, &bytes))
		return 0;
	return bytes > 0 ? (size_t)bytes : 0;
}

static size_t unknown_unsent(const struct skt_stream *stream SKT_UNUSED)
{
	return 0;
}

static uint32_t plain_interest(const struct skt_stream *stream)
{
	return (stream->wants_read ? EPOLLIN : 0u) | (stream->wants_write ? EPOLLOUT : 0u);
}

static bool nothing_pending(const struct skt_stream *stream SKT_UNUSED)
{
	return false;
}

static const struct skt_stream_ops plain_ops[] = {
	[SKT_STREAM_SOCKET] = {socket_read, socket_peek, socket_write, socket_finish, socket_unsent,
		plain_interest, nothing_pending, NULL},
	[SKT_STREAM_RECORDS] = {record_read, NULL, record_write, socket_finish, unknown_unsent,
		plain_interest, nothing_pending, NULL},
	[SKT_STREAM_PIPE] = {pipe_read, NULL, pipe_write, nothing_to_finish, unknown_unsent,
		plain_interest, nothing_pending, NULL},
	[SKT_STREAM_FILE] = {file_read, NULL, file_write, nothing_to_finish, unknown_unsent,
		plain_interest, nothing_pending, NULL},
	[SKT_STREAM_TTY] = {device_read, NULL, device_write, nothing_to_finish, unknown_unsent,
		plain_interest, nothing_pending, NULL},
	[SKT_STREAM_DEVICE] = {device_read, NULL, device_write, nothing_to_finish, unknown_unsent,
		plain_interest, nothing_pending, NULL},
};

static int kind_of(int fd, enum skt_stream_kind *ret)
{
	struct stat st;
	socklen_t len = sizeof(int);
	int type = SOCK_STREAM;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISSOCK(st.st_mode)) {
		(void)getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
		*ret = type == SOCK_STREAM ? SKT_STREAM_SOCKET : SKT_STREAM_RECORDS;
	} else if (S_ISFIFO(st.st_mode)) {
		*ret = SKT_STREAM_PIPE;
	} else if (S_ISCHR(st.st_mode)) {
		*ret = isatty(fd) ? SKT_STREAM_TTY : SKT_STREAM_DEVICE;
	} else {
		*ret = SKT_STREAM_FILE;
	}
	return 0;
}

/* The same terminal through a description that is ours alone; FD itself where that fails. */
static int reopen_tty(int fd, int flags)
{
	char path[32];
	int own;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own < 0 ? fd : own;
}

int skt_stream_status(struct skt_stream *stream)
{
	socklen_t len = sizeof(int);
	int error = 0;

	/* Asking takes the error away from whoever reads or writes next: it is kept for them. */
	if (!stream->error && getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0)
		stream->error = -error;
	return stream->error;
}

static void tell_broken(struct skt_stream *stream, uint32_t events)
{
	if (!stream->broken)
		return;
	if (events & EPOLLERR)
		(void)skt_stream_status(stream);
	stream->broken->ready(stream->broken);
}

static void stream_ready(struct skt_watch *watch, uint32_t events)
{
	struct skt_stream *stream = SKT_CONTAINER(watch, struct skt_stream, watch);
	uint32_t broken = events & (EPOLLHUP | EPOLLERR);
	uint32_t asked = stream->ops->interest(stream);
	struct skt_loop *loop = watch->loop;

	if (!stream->wants_read && !stream->wants_write) {
		tell_broken(stream, broken);
		return;
	}

	/*
	 * Where the layer above the descriptor asks for something else than the side wants (a
	 * handshake within a read), any event is a reason to try again.
	 */
	if (asked != plain_interest(stream))
		broken |= events;
	if (stream->wants_write && (events & EPOLLOUT || broken))
		stream->writer->ready(stream->writer);
	/* The writer may have closed the stream, and freed it. */
	if (loop->current == watch && stream->wants_read && (events & EPOLLIN || broken))
		stream->reader->ready(stream->reader);
	/* Who reads a piece each time hears of what the layer has taken from the descriptor. */
	if (loop->current == watch && stream->layer)
		(void)skt_stream_update(stream);
}

int skt_stream_open(struct skt_stream *stream, struct skt_loop *loop, int fd)
{
	struct skt_stream new = {.fd = fd, .raw = true};
	int flags, r;

	r = kind_of(fd, &new.kind);
	if (r)
		return r;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return -errno;
	new.nonblock = flags &O_NONBLOCK;
	new.append = flags &O_APPEND;
	if (new.kind == SKT_STREAM_TTY && !new.nonblock) {
		new.fd = reopen_tty(fd, flags);
		new.owns = new.nonblock = new.fd != fd;
	}
	new.ops = &plain_ops[new.kind];
	new.watch.fd = new.fd;
	new.watch.handler = stream_ready;
	*stream = new;
	r = skt_watch_add(loop, &stream->watch);
	if (r && new.owns)
		(void)close(new.fd);
	return r;
}

void skt_stream_close(struct skt_stream *stream)
{
	if (stream->ops && stream->ops->close)
		stream->ops->close(stream);
	skt_watch_remove(&stream->watch);
	if (stream->owns && stream->fd >= 0)
		(void)close(stream->fd);
	stream->fd = -1;
	stream->wants_read = stream->wants_write = false;
}

void skt_stream_hears_break(struct skt_stream *stream, struct skt_stream_user *user)
{
	stream->broken = user;
	stream->watch.alert = user != NULL;
}

int skt_stream_update(struct skt_stream *stream)
{
	int r = skt_watch_set(&stream->watch, stream->ops->interest(stream));

	if (r == 0 && stream->wants_read && stream->ops->pending(stream))
		skt_watch_kick(&stream->watch);
	return r;
}

size_t skt_stream_unsent_bytes(const struct skt_stream *stream)
{
	size_t unsent = stream->ops->unsent(stream);

	return unsent - SKT_MIN(unsent, stream->end_size);
}
