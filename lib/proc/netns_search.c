#include "proc/netns_search.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "base/macros.h"
#include "base/num.h"

/* Where names are, the more telling first: docker calls namespaces by numbers of its own. */
static const char *const name_dirs[] = {"/run/netns", "/var/run/netns", "/run/docker/netns"};

int skt_netns_identify(const char *path, struct skt_netns_identity *ret)
{
	struct statfs statfs_;
	struct stat stat_;

	if (stat(path, &stat_) || statfs(path, &statfs_))
		return -errno;
	if (statfs_.f_type != NSFS_MAGIC)
		return -EINVAL;
	*ret = (struct skt_netns_identity){stat_.st_dev, stat_.st_ino};
	return 0;
}

void skt_netns_process_path(const char *proc_root, uint32_t pid, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/%u/ns/net", proc_root, pid);
}

int skt_netns_identify_process(const char *proc_root, uint32_t pid, struct skt_netns_identity *ret)
{
	char path[PATH_MAX];
	struct stat stat_;

	skt_netns_process_path(proc_root, pid, path, sizeof(path));
	if (stat(path, &stat_))
		return -errno;
	*ret = (struct skt_netns_identity){stat_.st_dev, stat_.st_ino};
	return 0;
}

struct skt_netns *skt_netns_add(struct skt_netns_search *search, struct skt_netns_identity who)
{
	struct skt_netns netns = {.device = who.device, .inode = who.inode, .held = -1};

	netns.own = who.inode && who.inode == search->own.inode && who.device == search->own.device;
	if (skt_vec_push(&search->set->list, netns))
		return NULL;
	return &search->set->list.data[search->set->list.len - 1];
}

static int each_name_in(
	struct skt_netns_search *search, const char *where, skt_netns_name_fn *fn, void *ctx)
{
	DIR *dir = opendir(where);
	const struct dirent *entry;
	char path[PATH_MAX];
	int rc = 0;

	if (!dir)
		return 0;
	while (rc >= 0 && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", where, entry->d_name);
		rc = fn(search, entry->d_name, path, ctx);
	}
	(void)closedir(dir);
	return rc;
}

int skt_netns_each_name(struct skt_netns_search *search, skt_netns_name_fn *fn, void *ctx)
{
	int rc = 0;

	for (unsigned int i = 0; rc >= 0 && i < SKT_COUNT(name_dirs); i++) {
		search->rank = i + 1;
		rc = each_name_in(search, name_dirs[i], fn, ctx);
	}
	return rc;
}

int skt_netns_look_up(const char *name, struct skt_netns_identity *ret, char *path, size_t size)
{
	int rc = -ENOENT;

	for (size_t i = 0; rc == -ENOENT && i < SKT_COUNT(name_dirs); i++) {
		if (snprintf(path, size, "%s/%s", name_dirs[i], name) >= (int)size)
			break;
		rc = skt_netns_identify(path, ret);
	}
	return rc;
}

int skt_netns_set_name(struct skt_netns_search *search, struct skt_netns *netns, const char *name,
	const char *path)
{
	if (netns->rank && (netns->rank < search->rank || strcmp(netns->label, name) <= 0))
		return 0;
	netns->label = skt_netns_keep(search->set, name);
	netns->path = skt_netns_keep(search->set, path);
	netns->rank = search->rank;
	return netns->label && netns->path ? 0 : -ENOMEM;
}

int skt_netns_each_process(struct skt_netns_search *search, skt_netns_process_fn *fn, void *ctx)
{
	DIR *dir = opendir(search->proc_root);
	const struct dirent *entry;
	uint64_t pid;
	int rc = 0;

	if (!dir)
		return 0;
	while (rc >= 0 && (entry = readdir(dir)))
		if (!skt_num_parse(entry->d_name, 1, INT32_MAX, &pid))
			rc = fn(search, (uint32_t)pid, ctx);
	(void)closedir(dir);
	return rc;
}

int skt_netns_settle(struct skt_netns_search *search, struct skt_netns *netns)
{
	char path[PATH_MAX], text[64];

	if (netns->pid)
		(void)snprintf(
			text, sizeof(text), "%s:%u", search->thread ? "tid" : "pid", netns->pid);
	else
		(void)snprintf(text, sizeof(text), "net:[%ju]", (uintmax_t)netns->inode);
	if (!netns->label && !netns->pid)
		netns->label = netns->path;
	if (!netns->label && (netns->pid || netns->inode)) {
		netns->label = skt_netns_keep(search->set, text);
		if (!netns->label)
			return -ENOMEM;
	}
	if (!netns->path && netns->pid) {
		skt_netns_process_path(search->proc_root, netns->pid, path, sizeof(path));
		netns->path = skt_netns_keep(search->set, path);
		if (!netns->path)
			return -ENOMEM;
	}
	return 0;
}
