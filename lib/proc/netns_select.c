#include "proc/netns_select.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/name.h"
#include "base/num.h"
#include "proc/netns_gather.h"
#include "proc/netns_keepers.h"

/* Of the one that was chosen. */
static int take_own_name(
	struct skt_netns_search *search, const char *name, const char *path, void *ctx)
{
	struct skt_netns *netns = ctx;
	struct skt_netns_identity who = {0};

	if (skt_netns_identify(path, &who) || !skt_netns_same(netns, who))
		return 0;
	return skt_netns_set_name(search, netns, name, path);
}

static int offer_name(
	struct skt_netns_search *search, const char *name, const char *path, void *ctx)
{
	const char *copy = skt_netns_keep(search->set, name);

	(void)path;
	if (copy)
		skt_suggest_offer(ctx, copy);
	return 0;
}

/* Of the one that was chosen: the first is enough. */
static int take_own_process(struct skt_netns_search *search, uint32_t pid, void *ctx)
{
	struct skt_netns *netns = ctx;
	struct skt_netns_identity who = {0};

	if (pid == (uint32_t)getpid() || skt_netns_identify_process(search->proc_root, pid, &who) ||
		!skt_netns_same(netns, who))
		return 0;
	netns->pid = pid;
	return -ECANCELED;
}

int skt_netns_choose(struct skt_netns_search *search, struct skt_netns_identity who,
	const char *name, const char *path, uint32_t pid)
{
	struct skt_netns *netns = skt_netns_add(search, who);
	int rc = 0;

	if (!netns)
		return -ENOMEM;
	netns->label = name ? skt_netns_keep(search->set, name) : NULL;
	netns->path = path ? skt_netns_keep(search->set, path) : NULL;
	netns->rank = name != NULL;
	if ((name && !netns->label) || (path && !netns->path))
		return -ENOMEM;
	if (!name && who.inode)
		rc = skt_netns_each_name(search, take_own_name, netns);
	if (rc >= 0 && !netns->label && who.inode)
		(void)skt_netns_each_process(search, take_own_process, netns);
	search->thread &= !netns->pid;
	if (!netns->pid)
		netns->pid = pid;
	return rc < 0 ? rc : skt_netns_settle(search, netns);
}

static bool is_thread(const char *selector)
{
	return strncmp(selector, "tid:", 4) == 0;
}

/* `pid:N`, `tid:N`, or N alone. */
static bool read_pid(const char *selector, uint32_t *ret)
{
	uint64_t pid;

	if (strncmp(selector, "pid:", 4) == 0 || is_thread(selector))
		selector += 4;
	if (skt_num_parse(selector, 1, INT32_MAX, &pid))
		return false;
	*ret = (uint32_t)pid;
	return true;
}

/* `net:[INODE]`. */
static bool read_inode(const char *selector, uint64_t *ret)
{
	static const char prefix[] = "net:[";
	const size_t len = strlen(selector);
	char digits[32];

	if (strncmp(selector, prefix, sizeof(prefix) - 1) != 0 || selector[len - 1] != ']' ||
		len - sizeof(prefix) >= sizeof(digits))
		return false;
	memcpy(digits, selector + sizeof(prefix) - 1, len - sizeof(prefix));
	digits[len - sizeof(prefix)] = '\0';
	return !skt_num_parse(digits, 1, UINT64_MAX, ret);
}

/*
 * Whether a process exists that /proc does not show: where it is mounted with hidepid=invisible, or
 * is another pid namespace's, it does not even have the directory.
 */
static bool exists_unseen(uint32_t pid)
{
	return kill((pid_t)pid, 0) == 0 || errno == EPERM;
}

static int choose_process(struct skt_netns_search *search, uint32_t pid, struct skt_err *err)
{
	struct skt_netns_identity who = {0};
	char path[PATH_MAX];
	int rc = skt_netns_identify_process(search->proc_root, pid, &who);

	/* Whose it is may not be seen; what is in it maybe. */
	if (rc && rc != -EACCES && rc != -EPERM) {
		if (exists_unseen(pid))
			return skt_fail_text(err, EACCES,
				"process %u is not to be seen in %s: run as root or with CAP_SYS_PTRACE",
				pid, search->proc_root);
		return skt_fail_text(err, ESRCH, "no such process: %u", pid);
	}
	skt_netns_process_path(search->proc_root, pid, path, sizeof(path));
	return skt_netns_choose(search, who, NULL, path, pid);
}

static int fail_name(struct skt_netns_search *search, const char *name, struct skt_err *err)
{
	struct skt_suggestion suggestion;

	skt_suggest_begin(&suggestion, name, strlen(name));
	(void)skt_netns_each_name(search, offer_name, &suggestion);
	if (suggestion.nearest)
		return skt_fail_text(
			err, ENOENT, "no such namespace: did you mean '%s'?", suggestion.nearest);
	return skt_fail_text(err, ENOENT, "no such namespace in /run/netns or /run/docker/netns");
}

static int choose_name(struct skt_netns_search *search, const char *name, struct skt_err *err)
{
	struct skt_netns_identity who = {0};
	char path[PATH_MAX];
	int rc = skt_netns_look_up(name, &who, path, sizeof(path));

	if (rc == -EINVAL)
		return skt_fail_text(err, EINVAL, "%s is no namespace", path);
	if (rc && rc != -ENOENT)
		return skt_fail(err, -rc, "%s", path);
	return rc ? rc : skt_netns_choose(search, who, name, path, 0);
}

/* The namespace FD, which is taken, of the socket that PATH leads to. */
static int choose_socket(struct skt_netns_search *search, int fd, const char *path)
{
	struct stat found = {0};
	int rc = fstat(fd, &found) ? -errno : 0;

	if (!rc)
		rc = skt_netns_choose(search,
			(struct skt_netns_identity){found.st_dev, found.st_ino}, NULL, path, 0);
	if (rc)
		(void)close(fd);
	else
		search->set->list.data[0].held = fd;
	return rc;
}

static int choose_path(struct skt_netns_search *search, const char *path, struct skt_err *err)
{
	struct skt_netns_identity who = {0};
	int rc = skt_netns_identify(path, &who), fd = -1;

	if (rc == -EINVAL)
		fd = skt_netns_of_socket(search->proc_root, path);
	if (fd >= 0)
		return choose_socket(search, fd, path);
	if (rc == -EINVAL)
		return skt_fail_text(err, EINVAL, "this is no namespace");
	if (rc)
		return skt_fail_text(err, -rc, "%s", strerror(-rc));
	return skt_netns_choose(search, who, NULL, path, 0);
}

static int choose_inode(struct skt_netns_search *search, uint64_t inode, struct skt_err *err)
{
	struct skt_netns_vec *list = &search->set->list;
	int rc = skt_netns_gather(search);

	for (size_t i = 0; rc >= 0 && i < list->len; i++) {
		if (list->data[i].inode != inode)
			continue;
		list->data[0] = list->data[i];
		list->len = 1;
		return 0;
	}
	return rc < 0 ? rc : skt_fail_text(err, ESRCH, "no such namespace to be seen");
}

int skt_netns_select(struct skt_netns_search *search, const char *selector, struct skt_err *err)
{
	uint64_t inode;
	uint32_t pid;
	int rc;

	if (strchr(selector, '/'))
		return choose_path(search, selector, err);
	rc = choose_name(search, selector, err);
	if (rc != -ENOENT)
		return rc;
	if (read_pid(selector, &pid)) {
		search->thread = is_thread(selector);
		return choose_process(search, pid, err);
	}
	if (read_inode(selector, &inode))
		return choose_inode(search, inode, err);
	return fail_name(search, selector, err);
}
