#include "proc/pidfd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/process.h"

/* Younger than the rest of the toolchain that is supported; one number on all architectures. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

int skt_pidfd_open(uint32_t pid)
{
	long fd = syscall(SYS_pidfd_open, (pid_t)pid, 0U);

	return fd < 0 ? -errno : (int)fd;
}

int skt_pidfd_signal(int pidfd, int signal)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0U) ? -errno : 0;
}

static int is_socket(const char *path, uint64_t inode)
{
	char link[64];
	ssize_t n = readlink(path, link, sizeof(link));
	uint64_t found;

	if (n < 0)
		return errno == ESRCH ? -ENOENT : -errno;
	return skt_process_socket_link(link, (size_t)n, &found) && found == inode;
}

/*
 * The descriptor FD of the task whose directory is the LEN bytes in PATH. Who may read the
 * directory of descriptors has seen that one is not in it.
 */
static int task_holds(char path[PATH_MAX], size_t len, uint32_t fd, uint64_t inode)
{
	int holds, directory;

	(void)snprintf(path + len, PATH_MAX - len, "/fd/%u", fd);
	holds = is_socket(path, inode);
	if (holds != -ENOENT)
		return holds;
	(void)snprintf(path + len, PATH_MAX - len, "/fd");
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return errno == ESRCH ? -ENOENT : -errno;
	(void)close(directory);
	return 0;
}

/* A leader that has exited lost sight of its descriptors: its threads still have them. */
static int thread_holds(const char *proc_root, uint32_t pid, uint32_t fd, uint64_t inode)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	int holds = 0, len = snprintf(path, sizeof(path), "%s/%u/task", proc_root, pid);
	DIR *dir = opendir(path);

	if (!dir)
		return -errno;
	while (holds <= 0 && (entry = readdir(dir))) {
		int task, end;

		if (entry->d_name[0] == '.')
			continue;
		end = snprintf(path + len, sizeof(path) - (size_t)len, "/%s", entry->d_name);
		task = task_holds(path, (size_t)len + (size_t)end, fd, inode);
		/* A thread that has ended meanwhile holds nothing. */
		if (task != -ENOENT && !(holds < 0 && !task))
			holds = task;
	}
	(void)closedir(dir);
	return holds;
}

int skt_process_holds(const char *proc_root, uint32_t pid, uint32_t fd, uint64_t inode)
{
	/* Room for `/PID/task/TID/fd/FD`. */
	enum { BELOW_MAX = 64 };
	char path[PATH_MAX];
	int len, holds;

	if (strlen(proc_root) > sizeof(path) - BELOW_MAX)
		return -ENAMETOOLONG;
	len = snprintf(path, sizeof(path), "%s/%u", proc_root, pid);
	holds = task_holds(path, (size_t)len, fd, inode);
	return holds ? holds : thread_holds(proc_root, pid, fd, inode);
}

/* The fourth field of /proc/PID/stat; 0 where there is none. */
static uint32_t parent_of(const char *proc_root, uint32_t pid)
{
	char path[PATH_MAX], stat[512];
	const char *behind;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%u/stat", proc_root, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, stat, sizeof(stat) - 1);
	(void)close(fd);
	if (n <= 0)
		return 0;
	stat[n] = '\0';
	/* The name in the second field may hold anything, also `)`; behind it come " S PPID". */
	behind = strrchr(stat, ')');
	if (!behind || strlen(behind) < 4)
		return 0;
	return (uint32_t)strtoul(behind + 4, NULL, 10);
}

bool skt_process_is_ancestor(const char *proc_root, uint32_t pid, uint32_t descendant)
{
	/* Bounded, lest numbers that are reused meanwhile make a ring. */
	for (unsigned int depth = 0; descendant && depth < 4096; depth++) {
		if (descendant == pid)
			return true;
		descendant = parent_of(proc_root, descendant);
	}
	return false;
}

size_t skt_process_ancestors(const char *proc_root, uint32_t pid, uint32_t *ret, size_t max)
{
	size_t count = 0;

	for (; pid && count < max; pid = parent_of(proc_root, pid))
		ret[count++] = pid;
	return count;
}
