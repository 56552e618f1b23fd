/*
 * The file of a unix socket: made with the right permissions from the first moment, a stale one
 * replaced, a living one never, and removed only while it is still ours.
 *
 * Two servers that start at once must not take each other's new socket for a stale one: whoever
 * binds holds a lock on the directory, from before the look to after the listen.
 */
#include "net/serve_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "net/socket.h"

/* How long another program may hold the lock: 100 times 5 ms. */
enum { LOCK_TRIES = 100, LOCK_PAUSE_NS = 5000000 };

static int open_directory(const char *path)
{
	char dir[SKT_ENDPOINT_PATH_MAX + 1] = ".";
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (slash) {
		memcpy(dir, path, len);
		dir[len] = '\0';
		if (len == 0)
			memcpy(dir, "/", 2);
	}
	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The directory, locked; -1 where it cannot be read, and then nothing is replaced; or -EBUSY. */
static int lock_directory(const char *path)
{
	struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
	int fd = open_directory(path);

	if (fd < 0)
		return -1;
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		if (errno != EWOULDBLOCK)
			break;
		(void)nanosleep(&pause, NULL);
	}
	if (errno == EWOULDBLOCK) {
		(void)close(fd);
		return -EBUSY;
	}
	/* A file system without locks. */
	(void)close(fd);
	return -1;
}

static void unlock_directory(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

/*
 * Whether a socket's file has lost its socket. Asked with a datagram socket, which disturbs no
 * queue: ECONNREFUSED is said only where no socket is bound to the file, listening or not; one of
 * another type is EPROTOTYPE (unix_find_bsd, net/unix/af_unix.c).
 */
static bool is_stale(const struct sockaddr_storage *sa, socklen_t len)
{
	bool mptcp = false, stale;
	int fd = skt_socket_open(AF_UNIX, SOCK_DGRAM, &mptcp);

	if (fd < 0)
		return false;
	stale = connect(fd, (const struct sockaddr *)sa, len) && errno == ECONNREFUSED;
	(void)close(fd);
	return stale;
}

static int bind_replacing(int fd, const char *path, bool locked, const struct sockaddr_storage *sa,
	socklen_t len, struct skt_err *err)
{
	struct stat st;

	if (bind(fd, (const struct sockaddr *)sa, len) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return skt_fail(err, errno, "bind unix:%s", path);
	if (lstat(path, &st))
		return skt_fail(err, errno, "bind unix:%s", path);
	if (!S_ISSOCK(st.st_mode))
		return skt_fail_text(
			err, EADDRINUSE, "bind unix:%s: the file exists and is no socket", path);
	if (!locked || !is_stale(sa, len))
		return skt_fail(err, EADDRINUSE, "bind unix:%s", path);
	if (unlink(path) && errno != ENOENT)
		return skt_fail(err, errno, "remove the stale socket unix:%s", path);
	if (bind(fd, (const struct sockaddr *)sa, len))
		return skt_fail(err, errno, "bind unix:%s", path);
	return 0;
}

int skt_listener_bind_file(struct skt_listener *listener, int fd,
	const struct skt_server_options *options, struct skt_err *err)
{
	const char *path = listener->endpoint.path;
	struct sockaddr_storage sa;
	socklen_t len = skt_socket_address(&listener->endpoint, &sa);
	int lock = lock_directory(path), r;
	struct stat st;

	if (lock == -EBUSY)
		return skt_fail_text(err, EBUSY,
			"bind unix:%s: its directory is locked by another program", path);
	/* The file begins with what the socket has, less the umask: never too open. */
	if (options->mode && fchmod(fd, options->mode)) {
		r = skt_fail(err, errno, "permissions of unix:%s", path);
		goto out;
	}
	r = bind_replacing(fd, path, lock >= 0, &sa, len, err);
	if (r)
		goto out;
	if (lstat(path, &st) == 0) {
		listener->has_file = true;
		listener->dev = st.st_dev;
		listener->ino = st.st_ino;
	}
	if (options->mode && chmod(path, options->mode))
		r = skt_fail(err, errno, "permissions of unix:%s", path);
	else if (listen(fd, options->backlog ? options->backlog : INT_MAX))
		r = skt_fail(err, errno, "listen at unix:%s", path);
	if (r)
		skt_listener_remove_file(listener);
out:
	unlock_directory(lock);
	return r;
}

void skt_listener_remove_file(struct skt_listener *listener)
{
	const char *path = listener->endpoint.path;
	struct stat st;

	if (listener->has_file && lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
		st.st_dev == listener->dev && st.st_ino == listener->ino)
		(void)unlink(path);
	listener->has_file = false;
}
