#include "proc/held_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Whether FD is socket INODE: 0, and RET has its user. */
static int check(int fd, uint64_t inode, struct skt_held_socket *ret)
{
	struct statx found;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &found))
		return -errno;
	if ((found.stx_mode & S_IFMT) != S_IFSOCK || found.stx_ino != inode)
		return -ENOENT;
	ret->uid = found.stx_uid;
	return 0;
}

int skt_held_socket_read(const char *proc_root, uint32_t pid, uint32_t fd, uint64_t inode,
	struct skt_held_socket *ret)
{
	struct skt_held_socket held = {0};
	char path[PATH_MAX];
	int file, rc;
	ssize_t len;

	(void)snprintf(path, sizeof(path), "%s/%u/fd/%u", proc_root, pid, fd);
	file = open(path, O_PATH | O_CLOEXEC);
	if (file < 0)
		return errno == ESRCH ? -ENOENT : -errno;
	rc = check(file, inode, &held);
	if (!rc) {
		(void)snprintf(path, sizeof(path), "%s/self/fd/%d", proc_root, file);
		/* sockfs_xattr_get() in net/socket.c; fgetxattr(2) takes no such descriptor. */
		len = getxattr(
			path, "system.sockprotoname", held.protocol, sizeof(held.protocol) - 1);
		if (len < 0)
			held.protocol[0] = '\0';
		*ret = held;
	}
	(void)close(file);
	return rc;
}
