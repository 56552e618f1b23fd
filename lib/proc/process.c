#include "proc/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "proc/root.h"

static bool begins(const char *text, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

static bool ends(const char *text, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(text + len - n, with, n) == 0;
}

bool skt_process_socket_link(const char *link, size_t len, uint64_t *ret_inode)
{
	static const char head[] = "socket:[";
	uint64_t inode = 0;
	size_t i;

	if (!begins(link, len, head) || !ends(link, len, "]") || len == sizeof(head))
		return false;
	for (i = sizeof(head) - 1; i < len - 1; i++) {
		uint64_t digit = (unsigned char)link[i] - (uint64_t)'0';

		if (digit > 9 || inode > (UINT64_MAX - digit) / 10)
			return false;
		inode = inode * 10 + digit;
	}
	*ret_inode = inode;
	return true;
}

static struct skt_process_text base_name(const char *path, size_t len)
{
	const char *slash = len ? memrchr(path, '/', len) : NULL;
	size_t skip = slash ? (size_t)(slash + 1 - path) : 0;

	return (struct skt_process_text){path + skip, len - skip};
}

static const char deleted[] = " (deleted)";

bool skt_process_exe_deleted(const char *link, size_t len)
{
	return ends(link, len, deleted) && !begins(link, len, "/memfd:");
}

struct skt_process_text skt_process_exe_name(const char *link, size_t len)
{
	if (ends(link, len, deleted))
		len -= sizeof(deleted) - 1;
	return base_name(link, len);
}

struct skt_process_text skt_process_argv_name(const char *arguments, size_t len)
{
	size_t first = strnlen(arguments, len);
	const char *title = first ? memmem(arguments, first, ": ", 2) : NULL;
	struct skt_process_text name;

	if (title)
		first = (size_t)(title - arguments);
	name = base_name(arguments, first);
	if (name.text && name.len > 1 && name.text[0] == '-') {
		name.text++;
		name.len--;
	}
	return name;
}

struct skt_process_text skt_process_stat_name(const char *stat, size_t len)
{
	const char *open = len ? memchr(stat, '(', len) : NULL;
	const char *close = len ? memrchr(stat, ')', len) : NULL;

	if (!open || !close || close < open)
		return (struct skt_process_text){NULL, 0};
	return (struct skt_process_text){open + 1, (size_t)(close - open - 1)};
}

size_t skt_process_join(char *arguments, size_t len)
{
	size_t i;

	while (len && arguments[len - 1] == '\0')
		len--;
	for (i = 0; i < len; i++)
		if (arguments[i] == '\0')
			arguments[i] = ' ';
	return len;
}

static int open_process(const char *proc_root, uint32_t pid)
{
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s/%u", proc_root, pid), fd;

	if (len < 0 || (size_t)len >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The file ends in one newline; any before it belongs to the name. */
static struct skt_process_text read_comm(int dir, char *buffer, size_t size)
{
	size_t len = skt_proc_read(dir, "comm", buffer, size);

	if (!len) {
		len = skt_proc_read(dir, "stat", buffer, size);
		return skt_process_stat_name(buffer, len);
	}
	return (struct skt_process_text){buffer, ends(buffer, len, "\n") ? len - 1 : len};
}

static int read_names(int dir, struct skt_arena *arena, struct skt_process *process)
{
	char comm_bytes[1024], bytes[PATH_MAX];
	struct skt_process_text comm = read_comm(dir, comm_bytes, sizeof(comm_bytes));
	struct skt_process_text name = {NULL, 0};
	ssize_t len = readlinkat(dir, "exe", bytes, sizeof(bytes));

	if (len > 0) {
		name = skt_process_exe_name(bytes, (size_t)len);
		process->deleted = skt_process_exe_deleted(bytes, (size_t)len);
		process->exe = skt_arena_text(arena, bytes, (size_t)len);
		if (!process->exe)
			return -ENOMEM;
	}
	if (!name.len)
		name = skt_process_argv_name(
			bytes, skt_proc_read(dir, "cmdline", bytes, sizeof(bytes)));
	if (!name.len)
		name = comm;
	if (name.len) {
		process->name = skt_arena_text(arena, name.text, name.len);
		if (!process->name)
			return -ENOMEM;
	}
	if (comm.len) {
		process->comm = skt_arena_text(arena, comm.text, comm.len);
		if (!process->comm)
			return -ENOMEM;
	}
	return 0;
}

int skt_process_read(
	const char *proc_root, uint32_t pid, struct skt_arena *arena, struct skt_process *ret)
{
	struct skt_process process = {.pid = pid, .name = "?"};
	int dir = open_process(proc_root, pid);
	struct stat stat;
	int status = 0;

	if (dir >= 0) {
		if (fstat(dir, &stat) == 0) {
			process.uid = stat.st_uid;
			process.has_uid = true;
		}
		status = read_names(dir, arena, &process);
		(void)close(dir);
	} else if (dir == -EMFILE || dir == -ENFILE || dir == -ENOMEM) {
		status = dir;
	}
	if (status == 0)
		*ret = process;
	return status;
}

const char *skt_process_command(const char *proc_root, uint32_t pid, struct skt_arena *arena)
{
	char bytes[SKT_PROCESS_COMMAND_MAX];
	int dir = open_process(proc_root, pid);
	size_t len;

	if (dir < 0)
		return NULL;
	len = skt_process_join(bytes, skt_proc_read(dir, "cmdline", bytes, sizeof(bytes)));
	(void)close(dir);
	return len ? skt_arena_text(arena, bytes, len) : NULL;
}
