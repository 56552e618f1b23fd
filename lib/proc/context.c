#include "proc/context.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "proc/root.h"

/* Modules write a NUL or a newline behind it, or neither. */
static const char *keep(struct skt_arena *arena, const char *text, size_t len)
{
	len = strnlen(text, len);
	while (len && text[len - 1] == '\n')
		len--;
	return len ? skt_arena_text(arena, text, len) : NULL;
}

const char *skt_context_of_process(const char *proc_root, uint32_t pid, struct skt_arena *arena)
{
	char path[PATH_MAX], text[SKT_CONTEXT_MAX];
	int len = snprintf(path, sizeof(path), "%s/%u/attr/current", proc_root, pid);

	if (len < 0 || (size_t)len >= sizeof(path))
		return NULL;
	return keep(arena, text, skt_proc_read(AT_FDCWD, path, text, sizeof(text)));
}

const char *skt_context_of_socket(
	const char *proc_root, uint32_t pid, uint32_t fd, struct skt_arena *arena)
{
	char path[PATH_MAX], text[SKT_CONTEXT_MAX];
	int len = snprintf(path, sizeof(path), "%s/%u/fd/%u", proc_root, pid, fd);
	ssize_t got;

	if (len < 0 || (size_t)len >= sizeof(path))
		return NULL;
	got = getxattr(path, "security.selinux", text, sizeof(text));
	return got > 0 ? keep(arena, text, (size_t)got) : NULL;
}
