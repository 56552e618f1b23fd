#include "proc/fdinfo.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "proc/process.h"

enum {
	/* Entries of the queues and files of a ring at the most, and then some (io_uring/rsrc.h).
	 */
	LINES_MAX = 2 << 20,
	/* The kernel leaves the files out while the ring works at something. */
	TRIES = 16,
};

static bool begins(const char *line, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

bool skt_fdinfo_is_ring(const char *link, size_t len)
{
	static const char ring[] = "anon_inode:[io_uring]";

	return len == sizeof(ring) - 1 && memcmp(link, ring, len) == 0;
}

bool skt_fdinfo_is_namespace(const char *link, size_t len)
{
	return begins(link, len, "net:[");
}

bool skt_fdinfo_registered(const char *line, size_t len, uint64_t *ret_inode)
{
	size_t i = 0, digits;

	while (i < len && line[i] == ' ')
		i++;
	for (digits = i; i < len && line[i] >= '0' && line[i] <= '9'; i++)
		;
	if (i == digits || len - i < 2 || line[i] != ':' || line[i + 1] != ' ')
		return false;
	return skt_process_socket_link(line + i + 2, len - i - 2, ret_inode);
}

bool skt_fdinfo_in_flight(const char *line, size_t len, uint64_t *ret_files)
{
	static const char name[] = "scm_fds:";
	char number[16];
	size_t i = sizeof(name) - 1;

	if (!begins(line, len, name))
		return false;
	while (i < len && (line[i] == ' ' || line[i] == '\t'))
		i++;
	if (len - i >= sizeof(number))
		return false;
	memcpy(number, line + i, len - i);
	number[len - i] = '\0';
	return skt_num_parse(number, 0, UINT32_MAX, ret_files) == 0;
}

/* Calls EACH with the lines, without their ends, until it returns other than 0. */
static int each_line(const char *proc_root, uint32_t pid, uint32_t fd,
	int (*each)(void *ctx, const char *line, size_t len), void *ctx)
{
	char path[PATH_MAX], *line = NULL;
	int len = snprintf(path, sizeof(path), "%s/%u/fdinfo/%u", proc_root, pid, fd), status = 0;
	FILE *file = len > 0 && (size_t)len < sizeof(path) ? fopen(path, "re") : NULL;
	size_t size = 0, lines = 0;
	ssize_t got;

	if (!file)
		return 0;
	while (status == 0 && lines++ < LINES_MAX && (got = getline(&line, &size, file)) > 0)
		status = each(ctx, line, (size_t)got - (line[got - 1] == '\n'));
	free(line);
	(void)fclose(file);
	return status;
}

struct registered {
	int (*each)(void *ctx, uint64_t inode);
	void *ctx;
	bool told; /* the kernel said what is registered */
};

static int take_registered(void *ctx, const char *line, size_t len)
{
	struct registered *registered = ctx;
	uint64_t inode;

	if (begins(line, len, "UserFiles:"))
		registered->told = true;
	if (!registered->told || !skt_fdinfo_registered(line, len, &inode))
		return 0;
	return registered->each(registered->ctx, inode);
}

int skt_fdinfo_each_registered(const char *proc_root, uint32_t pid, uint32_t fd,
	int (*each)(void *ctx, uint64_t inode), void *ctx)
{
	struct registered registered = {each, ctx, false};
	int status = 0;

	for (unsigned int i = 0; status == 0 && !registered.told && i < TRIES; i++)
		status = each_line(proc_root, pid, fd, take_registered, &registered);
	return status;
}

static int take_in_flight(void *ctx, const char *line, size_t len)
{
	return skt_fdinfo_in_flight(line, len, ctx);
}

uint64_t skt_fdinfo_files_in_flight(const char *proc_root, uint32_t pid, uint32_t fd)
{
	uint64_t files = 0;

	(void)each_line(proc_root, pid, fd, take_in_flight, &files);
	return files;
}
