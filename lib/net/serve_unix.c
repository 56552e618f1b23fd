/*
 * The file of a unix socket: made with the right permissions from the first moment, a stale one
 * replaced, a living one never, and removed only while it is still ours.
 *
 * Two servers that replace at once must not take each other's new socket for a stale one: whoever
 * replaces holds a lock on the directory. Where nothing is in the way none is needed, and nobody
 * who holds that lock can keep a server from starting.
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

/* A file is made a moment before its socket can be found by it. */
enum { FRESH_NS = 20000000 };

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

/* The directory, locked; or -EBUSY, or another -errno. */
static int lock_directory(const char *path)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
	int fd = open_directory(path), r;

	if (fd < 0)
		return -errno;
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		if (errno != EWOULDBLOCK)
			break;
		(void)nanosleep(&pause, NULL);
	}
	/* Or a file system without locks. */
	r = errno == EWOULDBLOCK ? -EBUSY : -errno;
	(void)close(fd);
	return r;
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

/* The same, and it stays so: it was not made just now. */
static bool stays_stale(const struct sockaddr_storage *sa, socklen_t len)
{
	const struct timespec pause = {.tv_nsec = FRESH_NS};

	if (!is_stale(sa, len))
		return false;
	(void)nanosleep(&pause, NULL);
	return is_stale(sa, len);
}

/* Removes the stale file that is in the way, and binds in its place. */
static int replace(int fd, const char *path, const struct sockaddr_storage *sa, socklen_t len,
	struct skt_err *err)
{
	int lock = lock_directory(path), r;

	if (lock == -EBUSY)
		return skt_fail_text(err, EBUSY,
			"replace the stale unix:%s: its directory is locked by another program",
			path);
	if (lock < 0)
		return skt_fail(err, -lock, "replace the stale unix:%s: lock its directory", path);
	/* Whoever held the lock before has made a new one. */
	if (!stays_stale(sa, len))
		r = skt_fail(err, EADDRINUSE, "bind unix:%s", path);
	else if (unlink(path) && errno != ENOENT)
		r = skt_fail(err, errno, "remove the stale socket unix:%s", path);
	else if (bind(fd, (const struct sockaddr *)sa, len))
		r = skt_fail(err, errno, "bind unix:%s", path);
	else
		r = 0;
	(void)close(lock);
	return r;
}

static int bind_replacing(int fd, const char *path, const struct sockaddr_storage *sa,
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
	if (!is_stale(sa, len))
		return skt_fail(err, EADDRINUSE, "bind unix:%s", path);
	return replace(fd, path, sa, len, err);
}

/*
 * The file gets the permissions of the socket's own inode, less the umask (net/unix/af_unix.c,
 * unix_bind_bsd()). Nothing is done to the path itself, which may lead elsewhere by then.
 */
static int bind_with_mode(int fd, const char *path, unsigned int mode,
	const struct sockaddr_storage *sa, socklen_t len, struct skt_err *err)
{
	mode_t mask;
	int r;

	if (!mode)
		return bind_replacing(fd, path, sa, len, err);
	if (fchmod(fd, mode))
		return skt_fail(err, errno, "permissions of unix:%s", path);
	mask = umask(0);
	r = bind_replacing(fd, path, sa, len, err);
	(void)umask(mask);
	return r;
}

int skt_listener_bind_file(struct skt_listener *listener, int fd,
	const struct skt_server_options *options, struct skt_err *err)
{
	const char *path = listener->endpoint.path;
	struct sockaddr_storage sa;
	socklen_t len = skt_socket_address(&listener->endpoint, &sa);
	int r = bind_with_mode(fd, path, options->mode, &sa, len, err);
	struct stat st;

	if (r)
		return r;
	if (lstat(path, &st) == 0) {
		listener->has_file = true;
		listener->dev = st.st_dev;
		listener->ino = st.st_ino;
	}
	if (listen(fd, options->backlog ? options->backlog : INT_MAX)) {
		r = skt_fail(err, errno, "listen at unix:%s", path);
		skt_listener_remove_file(listener);
	}
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
