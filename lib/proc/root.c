#include "proc/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

enum { DESCRIPTORS_PER_THREAD = 4 };

/* Reads the start of a file of a real proc file system; 0 where there is none. */
static size_t read_start(const char *proc_root, const char *name, char *buffer, size_t size)
{
	char path[PATH_MAX];
	struct statfs statfs;
	ssize_t got = 0;
	int fd, len = snprintf(path, sizeof(path), "%s/%s", proc_root, name);

	if (len < 0 || (size_t)len >= sizeof(path))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (fstatfs(fd, &statfs) == 0 && statfs.f_type == PROC_SUPER_MAGIC)
		do
			got = read(fd, buffer, size);
		while (got < 0 && errno == EINTR);
	(void)close(fd);
	return got > 0 ? (size_t)got : 0;
}

bool skt_proc_status_is_own(const char *status, size_t len)
{
	static const char name[] = "\nNStgid:\t";
	const char *line = memmem(status, len, name, sizeof(name) - 1);
	const char *end = status + len, *p;

	if (!line)
		return false;
	for (p = line + sizeof(name) - 1; p < end && *p >= '0' && *p <= '9'; p++)
		;
	return p > line + sizeof(name) - 1 && p < end && *p == '\n';
}

bool skt_proc_root_is_own(const char *proc_root)
{
	char status[4096];

	return skt_proc_status_is_own(
		status, read_start(proc_root, "self/status", status, sizeof(status)));
}

uint64_t skt_proc_root_descriptors(const char *proc_root)
{
	char text[64];
	size_t i, len = read_start(proc_root, "sys/fs/file-nr", text, sizeof(text));
	struct sysinfo info;
	uint64_t files = 0;

	for (i = 0; i < len && i < 18 && text[i] >= '0' && text[i] <= '9'; i++)
		files = files * 10 + (uint64_t)(text[i] - '0');
	if (files && sysinfo(&info) == 0)
		files += (uint64_t)info.procs * DESCRIPTORS_PER_THREAD;
	return files;
}

size_t skt_proc_read(int dir, const char *name, char *buffer, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return 0;
	while (len < size) {
		n = read(fd, buffer + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	(void)close(fd);
	return len;
}
