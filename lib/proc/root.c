#include "proc/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/str.h"

enum {
	DESCRIPTORS_PER_THREAD = 4,
	FILE_MAX = 4 << 20, /* of more than that none is to be expected */
};

/*
 * Reads a file of a real proc file system to its end, which may be far: the groups of a process
 * alone take 700 KB at the most. False, and nothing, where there is none, or memory is out.
 */
static bool read_file(const char *proc_root, const char *name, struct skt_str *ret)
{
	char path[PATH_MAX];
	struct statfs statfs;
	bool whole;
	int fd, len = snprintf(path, sizeof(path), "%s/%s", proc_root, name);

	if (len < 0 || (size_t)len >= sizeof(path))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	whole = fstatfs(fd, &statfs) == 0 && statfs.f_type == PROC_SUPER_MAGIC &&
		skt_str_read(ret, fd, FILE_MAX) == 0;
	(void)close(fd);
	return whole;
}

bool skt_proc_status_is_own(const char *status, size_t len)
{
	static const char name[] = "\nNStgid:\t";
	const char *line = len ? memmem(status, len, name, sizeof(name) - 1) : NULL;
	const char *end = status + len, *p;

	if (!line)
		return false;
	for (p = line + sizeof(name) - 1; p < end && *p >= '0' && *p <= '9'; p++)
		;
	return p > line + sizeof(name) - 1 && p < end && *p == '\n';
}

bool skt_proc_root_is_own(const char *proc_root)
{
	struct skt_str status = {0};
	bool own = read_file(proc_root, "self/status", &status) &&
		skt_proc_status_is_own(status.data, status.len);

	skt_str_fini(&status);
	return own;
}

/* Whether the namespace NAME of this process is INITIAL, a link's text. True: that is not told. */
static bool is_in(const char *proc_root, const char *name, const char *initial)
{
	char path[PATH_MAX], link[64];
	ssize_t len;

	len = snprintf(path, sizeof(path), "%s/self/ns/%s", proc_root, name);
	if (len < 0 || (size_t)len >= sizeof(path))
		return true;
	len = readlink(path, link, sizeof(link));
	return len < 0 ||
		((size_t)len == strlen(initial) && memcmp(link, initial, (size_t)len) == 0);
}

/* PROC_PID_INIT_INO, PROC_USER_INIT_INO (include/linux/proc_ns.h), the same since Linux 3.8. */
bool skt_proc_root_is_initial(const char *proc_root)
{
	return is_in(proc_root, "pid", "pid:[4026531836]");
}

bool skt_proc_root_grants(const char *proc_root)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
	const uint32_t trace = UINT32_C(1) << CAP_SYS_PTRACE;
	const uint32_t search =
		UINT32_C(1) << CAP_DAC_READ_SEARCH | UINT32_C(1) << CAP_DAC_OVERRIDE;

	return !syscall(SYS_capget, &header, data) && data[0].effective & trace &&
		data[0].effective & search && is_in(proc_root, "user", "user:[4026531837]");
}

bool skt_proc_mount_hides(const char *line, const char *proc_root)
{
	const char *at = line, *options = strstr(line, " - "), *hides;
	size_t len = strlen(proc_root);

	/* The fifth field is where it is mounted. */
	for (unsigned int i = 0; at && i < 4; i++)
		at = (at = strchr(at, ' ')) ? at + 1 : NULL;
	if (!at || !options || strncmp(at, proc_root, len) != 0 || at[len] != ' ')
		return false;
	hides = strstr(options, "hidepid=");
	if (!hides)
		return false;
	hides += strlen("hidepid=");
	/* 1 lists all, and lets nobody look into them: that is told process by process. */
	return strncmp(hides, "invisible", 9) == 0 || strncmp(hides, "ptraceable", 10) == 0 ||
		*hides == '2' || *hides == '4';
}

bool skt_proc_root_hides(const char *proc_root)
{
	struct skt_str text = {0};
	bool hides = false;
	char *line, *next;

	if (read_file(proc_root, "self/mountinfo", &text)) {
		skt_str_add_char(&text, '\0');
		/* Mounts that lie on top of each other: the last one is seen. */
		for (line = text.failed ? NULL : text.data; line; line = next) {
			next = strchr(line, '\n');
			if (next)
				*next++ = '\0';
			hides |= skt_proc_mount_hides(line, proc_root);
		}
	}
	skt_str_fini(&text);
	return hides;
}

uint64_t skt_proc_root_descriptors(const char *proc_root)
{
	struct skt_str text = {0};
	struct sysinfo info;
	uint64_t files = 0;

	if (read_file(proc_root, "sys/fs/file-nr", &text))
		for (size_t i = 0; i < text.len && i < 18; i++) {
			if (text.data[i] < '0' || text.data[i] > '9')
				break;
			files = files * 10 + (uint64_t)(text.data[i] - '0');
		}
	skt_str_fini(&text);
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
