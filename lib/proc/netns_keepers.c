#include "proc/netns_keepers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/num.h"
#include "base/vec.h"
#include "proc/inode_table.h"
#include "proc/owner_census.h"
#include "proc/owner_run.h"
#include "proc/pidfd.h"

/* Descriptors of namespaces that are looked at: a hostile process may have any number. */
enum { DESCRIPTORS_MAX = 64 * 1024 };

struct search {
	const char *proc_root;
	int root; /* the same, open */
	uint64_t device;
	int (*fn)(void *ctx, const struct skt_netns_keeper *keeper);
	void *ctx;
	uint32_t pid;                       /* of the process at hand */
	struct skt_inode_table mounts_seen; /* mount namespaces */
	struct skt_inode_table nets_seen;   /* of sockets */
	SKT_VEC(struct skt_owner_hit) descriptors;
	_Alignas(struct dirent64) char processes[32 * 1024], threads[8 * 1024];
};

/* The number in `net:[NUMBER]`. */
static bool read_name(const char *name, size_t len, uint64_t *ret)
{
	static const char before[] = "net:[";
	const size_t skip = sizeof(before) - 1;
	char digits[24];

	if (len <= skip + 1 || len - skip > sizeof(digits) || memcmp(name, before, skip) != 0 ||
		name[len - 1] != ']')
		return false;
	memcpy(digits, name + skip, len - skip - 1);
	digits[len - skip - 1] = '\0';
	return !skt_num_parse(digits, 1, UINT32_MAX, ret);
}

/* ---- threads ---- */

static int take_thread(void *ctx, uint32_t tid)
{
	struct search *search = ctx;
	struct skt_netns_keeper keeper = {.thread = tid};
	char path[PATH_MAX];
	struct stat found;

	if (tid == search->pid)
		return 0;
	(void)snprintf(
		path, sizeof(path), "%s/%u/task/%u/ns/net", search->proc_root, search->pid, tid);
	if (stat(path, &found))
		return 0;
	keeper.device = found.st_dev;
	keeper.inode = found.st_ino;
	keeper.path = path;
	return search->fn(search->ctx, &keeper);
}

/* Each thread but the first is one more link of the directory, beside the two of an empty one. */
static int take_process_threads(struct search *search)
{
	char path[32];
	struct stat found;
	int dir, rc;

	(void)snprintf(path, sizeof(path), "%u/task", search->pid);
	if (fstatat(search->root, path, &found, 0) || found.st_nlink == 3)
		return 0;
	dir = openat(search->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return 0;
	rc = skt_each_number(dir, search->threads, sizeof(search->threads), take_thread, search);
	(void)close(dir);
	return rc;
}

/* ---- mounts ---- */

/* `\040` and its like as the byte that they stand for, in place. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' &&
			from[2] <= '7' && from[3] >= '0' && from[3] <= '7') {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

const char *skt_netns_mount_parse(char *line, uint64_t *ret_inode)
{
	enum { ROOT = 3, POINT = 4, FIELDS };
	char *fields[FIELDS], *p = line;
	const char *type = strstr(line, " - ");

	if (!type || strncmp(type, " - nsfs ", 8) != 0)
		return NULL;
	for (size_t i = 0; i < FIELDS; i++) {
		char *end = strchr(p, ' ');

		if (!end)
			return NULL;
		*end = '\0';
		fields[i] = p;
		p = end + 1;
	}
	if (!read_name(fields[ROOT], strlen(fields[ROOT]), ret_inode))
		return NULL;
	unescape(fields[POINT]);
	return fields[POINT];
}

/* The mounts in the mount namespace of the process at hand, which is our own or not. */
static int take_mounts(struct search *search, bool own)
{
	char path[PATH_MAX], *line = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *file;
	int rc = 0;

	(void)snprintf(path, sizeof(path), "%s/%u/mountinfo", search->proc_root, search->pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (!rc && (len = getline(&line, &size, file)) > 0) {
		struct skt_netns_keeper keeper = {.device = search->device, .path = path};
		const char *point;

		line[len - 1] = line[len - 1] == '\n' ? '\0' : line[len - 1];
		point = skt_netns_mount_parse(line, &keeper.inode);
		if (!point)
			continue;
		if (own)
			(void)snprintf(path, sizeof(path), "%s", point);
		else
			(void)snprintf(path, sizeof(path), "%s/%u/root%s", search->proc_root,
				search->pid, point);
		rc = search->fn(search->ctx, &keeper);
	}
	free(line);
	(void)fclose(file);
	return rc;
}

static int take_process_mounts(struct search *search, uint64_t own)
{
	struct skt_inode_slot *slot;
	char path[32];
	struct stat found;
	int rc;

	(void)snprintf(path, sizeof(path), "%u/ns/mnt", search->pid);
	if (fstatat(search->root, path, &found, 0))
		return 0;
	rc = skt_inode_table_add(&search->mounts_seen, found.st_ino, &slot);
	if (rc || slot->head)
		return rc == -ENOMEM ? rc : 0;
	slot->head = 1;
	return take_mounts(search, found.st_ino == own);
}

/* ---- descriptors ---- */

/* Of the sockets of one namespace the first will do. */
static int take_hit(struct search *search, const struct skt_owner_hit *hit)
{
	struct skt_inode_slot *slot;
	int rc;

	if (hit->pid == (uint32_t)getpid() || search->descriptors.len == DESCRIPTORS_MAX)
		return 0;
	if (hit->inode) {
		rc = skt_inode_table_add(&search->nets_seen, hit->inode, &slot);
		if (rc || slot->head)
			return rc;
		slot->head = 1;
	}
	return skt_vec_push(&search->descriptors, *hit) ? -ENOMEM : 0;
}

static int take_hits(void *ctx, const struct skt_owner_hit *hits, size_t count)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < count; i++)
		rc = take_hit(ctx, &hits[i]);
	return rc;
}

static void take_hidden(void *ctx, size_t processes)
{
	(void)ctx;
	(void)processes;
}

static void restart(void *ctx)
{
	struct search *search = ctx;

	search->descriptors.len = 0;
	skt_inode_table_fini(&search->nets_seen);
}

static int take_descriptor(struct search *search, const struct skt_owner_hit *hit)
{
	struct skt_netns_keeper keeper = {
		.device = search->device, .inode = hit->inode, .is_socket = hit->inode != 0};
	char path[PATH_MAX], name[64];
	ssize_t len;

	(void)snprintf(path, sizeof(path), "%s/%u/fd/%u", search->proc_root, hit->pid,
		hit->fd & ~SKT_OWNER_NAMESPACE);
	keeper.path = path;
	if (keeper.is_socket)
		return search->fn(search->ctx, &keeper);
	len = readlink(path, name, sizeof(name));
	if (len < 0 || !read_name(name, (size_t)len, &keeper.inode))
		return 0;
	return search->fn(search->ctx, &keeper);
}

static int take_descriptors(struct search *search)
{
	static const struct skt_inode_table none;
	const struct skt_owner_scan scan = {
		.proc_root = search->proc_root,
		.wanted = &none,
		.namespaces = true,
		.hits = take_hits,
		.hidden = take_hidden,
		.ctx = search,
	};
	/* Only BPF knows of sockets. */
	int rc = skt_owner_run(&scan, SKT_OWNERS_BPF, restart, NULL);

	if (rc == -EOPNOTSUPP)
		rc = skt_owner_run(&scan, SKT_OWNERS_PROC, restart, NULL);
	/* What cannot be looked through keeps nothing that could be told. */
	if (rc != -ENOMEM)
		rc = 0;
	for (size_t i = 0; !rc && i < search->descriptors.len; i++)
		rc = take_descriptor(search, &search->descriptors.data[i]);
	return rc;
}

/* The two numbers in `PROC_ROOT/PID/fd/FD`. */
static bool read_path(const char *proc_root, const char *path, uint64_t *ret_pid, uint64_t *ret_fd)
{
	const size_t skip = strlen(proc_root);
	char pid[16] = "", fd[16] = "";
	int end = 0;

	return strncmp(path, proc_root, skip) == 0 &&
		sscanf(path + skip, "/%15[0-9]/fd/%15[0-9]%n", pid, fd, &end) == 2 &&
		!path[skip + (size_t)end] && !skt_num_parse(pid, 1, INT32_MAX, ret_pid) &&
		!skt_num_parse(fd, 0, INT32_MAX, ret_fd);
}

int skt_netns_of_socket(const char *proc_root, const char *path)
{
	uint64_t pid, fd;
	int pidfd, copy = -1, netns = -1, rc = 0;

	if (!read_path(proc_root, path, &pid, &fd))
		return -EINVAL;
	pidfd = skt_pidfd_open((uint32_t)pid);
	if (pidfd < 0)
		return pidfd;
	copy = (int)syscall(SYS_pidfd_getfd, pidfd, (int)fd, 0);
	if (copy >= 0)
		netns = ioctl(copy, SIOCGSKNS);
	if (netns < 0)
		rc = errno == ENOTTY ? -EINVAL : -errno;
	if (copy >= 0)
		(void)close(copy);
	(void)close(pidfd);
	return rc ? rc : netns;
}

/* ---- all ---- */

struct visit {
	struct search *search;
	int (*fn)(struct search *search, uint64_t own);
	uint64_t own;
};

static int take_process(void *ctx, uint32_t pid)
{
	struct visit *visit = ctx;

	visit->search->pid = pid;
	return visit->fn(visit->search, visit->own);
}

static int each_process(struct search *search, int (*fn)(struct search *, uint64_t), uint64_t own)
{
	struct visit visit = {search, fn, own};

	(void)lseek(search->root, 0, SEEK_SET);
	return skt_each_number(
		search->root, search->processes, sizeof(search->processes), take_process, &visit);
}

static int take_threads(struct search *search, uint64_t own)
{
	(void)own;
	return take_process_threads(search);
}

int skt_netns_each_keeper(const char *proc_root, uint64_t device,
	int (*fn)(void *ctx, const struct skt_netns_keeper *keeper), void *ctx)
{
	struct search *search = calloc(1, sizeof(*search));
	struct stat own = {0};
	int rc = -ENOMEM;

	if (!search)
		return rc;
	search->proc_root = proc_root;
	search->device = device;
	search->fn = fn;
	search->ctx = ctx;
	search->root = open(proc_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (search->root < 0) {
		rc = 0;
		goto out;
	}
	(void)fstatat(search->root, "self/ns/mnt", &own, 0);
	rc = each_process(search, take_threads, 0);
	if (!rc)
		rc = each_process(search, take_process_mounts, own.st_ino);
	if (!rc)
		rc = take_descriptors(search);
	(void)close(search->root);
out:
	skt_inode_table_fini(&search->mounts_seen);
	skt_inode_table_fini(&search->nets_seen);
	skt_vec_free(&search->descriptors);
	free(search);
	return rc;
}
