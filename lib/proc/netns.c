#include "proc/netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/name.h"
#include "base/num.h"
#include "proc/netns_keepers.h"

/* Where names are, the more telling first: docker calls namespaces by numbers of its own. */
static const char *const name_dirs[] = {"/run/netns", "/var/run/netns", "/run/docker/netns"};

struct identity {
	uint64_t device, inode;
};

struct search {
	const char *proc_root;
	struct skt_netns_set *set;
	struct identity own;
	unsigned int rank; /* of the directory at hand */
	bool thread;       /* the one that was chosen was chosen by a thread */
};

static bool same(const struct skt_netns *netns, struct identity who)
{
	return who.inode && netns->inode == who.inode && netns->device == who.device;
}

/* Who the namespace behind PATH is. -EINVAL: the file is something else. */
static int identify(const char *path, struct identity *ret)
{
	struct statfs statfs_;
	struct stat stat_;

	if (stat(path, &stat_) || statfs(path, &statfs_))
		return -errno;
	if (statfs_.f_type != NSFS_MAGIC)
		return -EINVAL;
	*ret = (struct identity){stat_.st_dev, stat_.st_ino};
	return 0;
}

/* The path of a process's namespace. */
static void process_path(const char *proc_root, uint32_t pid, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/%u/ns/net", proc_root, pid);
}

/* Links of processes lead nowhere else: one look is enough. */
static int identify_process(const char *proc_root, uint32_t pid, struct identity *ret)
{
	char path[PATH_MAX];
	struct stat stat_;

	process_path(proc_root, pid, path, sizeof(path));
	if (stat(path, &stat_))
		return -errno;
	*ret = (struct identity){stat_.st_dev, stat_.st_ino};
	return 0;
}

static const char *keep(struct skt_netns_set *set, const char *text)
{
	return skt_arena_text(&set->texts, text, strlen(text));
}

static struct skt_netns *find(struct skt_netns_set *set, struct identity who)
{
	for (size_t i = 0; i < set->list.len; i++)
		if (same(&set->list.data[i], who))
			return &set->list.data[i];
	return NULL;
}

/* Appends a namespace; NULL: memory is out. */
static struct skt_netns *add(struct search *search, struct identity who)
{
	struct skt_netns netns = {.device = who.device, .inode = who.inode, .held = -1};

	netns.own = who.inode && who.inode == search->own.inode && who.device == search->own.device;
	if (skt_vec_push(&search->set->list, netns))
		return NULL;
	return &search->set->list.data[search->set->list.len - 1];
}

/* ---- names ---- */

/* Takes the file NAME at PATH. Negative: stop. */
typedef int name_fn(struct search *search, const char *name, const char *path, void *ctx);

static int each_name_in(struct search *search, const char *where, name_fn *fn, void *ctx)
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

static int each_name(struct search *search, name_fn *fn, void *ctx)
{
	int rc = 0;

	for (unsigned int i = 0; rc >= 0 && i < SKT_COUNT(name_dirs); i++) {
		search->rank = i + 1;
		rc = each_name_in(search, name_dirs[i], fn, ctx);
	}
	return rc;
}

/* Of several names in one directory the first by the alphabet counts. */
static int set_name(
	struct search *search, struct skt_netns *netns, const char *name, const char *path)
{
	if (netns->rank && (netns->rank < search->rank || strcmp(netns->label, name) <= 0))
		return 0;
	netns->label = keep(search->set, name);
	netns->path = keep(search->set, path);
	netns->rank = search->rank;
	return netns->label && netns->path ? 0 : -ENOMEM;
}

/* Of all. What is no namespace (`ip netns` leaves files behind) has no sockets. */
static int take_name(struct search *search, const char *name, const char *path, void *ctx)
{
	struct skt_netns *netns;
	struct identity who = {0};

	(void)ctx;
	if (identify(path, &who))
		return 0;
	netns = find(search->set, who);
	if (!netns)
		netns = add(search, who);
	return netns ? set_name(search, netns, name, path) : -ENOMEM;
}

/* Of the one that was chosen. */
static int take_own_name(struct search *search, const char *name, const char *path, void *ctx)
{
	struct skt_netns *netns = ctx;
	struct identity who = {0};

	if (identify(path, &who) || !same(netns, who))
		return 0;
	return set_name(search, netns, name, path);
}

static int offer_name(struct search *search, const char *name, const char *path, void *ctx)
{
	const char *copy = keep(search->set, name);

	(void)path;
	if (copy)
		skt_suggest_offer(ctx, copy);
	return 0;
}

/* ---- processes ---- */

/* Calls FN for each process, by ascending number. Negative: stop, which is 0; -errno. */
static int each_process(
	struct search *search, int (*fn)(struct search *search, uint32_t pid, void *ctx), void *ctx)
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

/* Makes PID answer for a namespace; one that has no name is kept from vanishing with it. */
static void hold(const struct search *search, struct skt_netns *netns, uint32_t pid)
{
	char path[PATH_MAX];

	netns->pid = pid;
	if (netns->path || netns->own)
		return;
	process_path(search->proc_root, pid, path, sizeof(path));
	netns->held = open(path, O_RDONLY | O_CLOEXEC);
	/* It has ended just now: the next one will do. */
	if (netns->held < 0 && (errno == ENOENT || errno == ESRCH))
		netns->pid = 0;
}

static int take_process(struct search *search, uint32_t pid, void *ctx)
{
	struct skt_netns *netns;
	struct identity who = {0};
	int rc = identify_process(search->proc_root, pid, &who);

	(void)ctx;
	if (rc)
		search->set->hidden += rc == -EACCES || rc == -EPERM;
	if (rc)
		return 0;
	netns = find(search->set, who);
	if (!netns)
		netns = add(search, who);
	if (!netns)
		return -ENOMEM;
	/* This one ends with the run. */
	if (!netns->pid && pid != (uint32_t)getpid())
		hold(search, netns, pid);
	return 0;
}

/* Of the one that was chosen: the first is enough. */
static int take_own_process(struct search *search, uint32_t pid, void *ctx)
{
	struct skt_netns *netns = ctx;
	struct identity who = {0};

	if (pid == (uint32_t)getpid() || identify_process(search->proc_root, pid, &who) ||
		!same(netns, who))
		return 0;
	netns->pid = pid;
	return -ECANCELED;
}

/* How rows call a namespace that has no name. */
static int settle(struct search *search, struct skt_netns *netns)
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
		netns->label = keep(search->set, text);
		if (!netns->label)
			return -ENOMEM;
	}
	if (!netns->path && netns->pid) {
		process_path(search->proc_root, netns->pid, path, sizeof(path));
		netns->path = keep(search->set, path);
		if (!netns->path)
			return -ENOMEM;
	}
	return 0;
}

/* ---- all ---- */

static int compare(const void *a, const void *b)
{
	const struct skt_netns *x = a, *y = b;

	if (x->own != y->own)
		return x->own ? -1 : 1;
	if (!x->rank != !y->rank)
		return x->rank ? -1 : 1;
	if (x->rank)
		return strcmp(x->label, y->label);
	/* Those that nobody is in come last. */
	if (x->pid != y->pid)
		return x->pid - 1 < y->pid - 1 ? -1 : 1;
	return (x->inode > y->inode) - (x->inode < y->inode);
}

/* Takes one that no process is in, and that has no name: it is called by what keeps it. */
static int take_keeper(void *ctx, const struct skt_netns_keeper *keeper)
{
	struct search *search = ctx;
	struct skt_netns *netns;
	char text[32];

	if (find(search->set, (struct identity){keeper->device, keeper->inode}))
		return 0;
	netns = add(search, (struct identity){keeper->device, keeper->inode});
	if (!netns)
		return -ENOMEM;
	(void)snprintf(text, sizeof(text), "tid:%u", keeper->thread);
	netns->pid = keeper->thread;
	netns->path = keep(search->set, keeper->path);
	netns->label = keeper->thread ? keep(search->set, text) : netns->path;
	netns->held = keeper->is_socket
		? SKT_MAX(skt_netns_of_socket(search->proc_root, keeper->path), -1)
		: open(keeper->path, O_RDONLY | O_CLOEXEC);
	return netns->path && netns->label ? 0 : -ENOMEM;
}

static int find_all(struct search *search)
{
	struct skt_netns_vec *list = &search->set->list;
	struct skt_netns *own = add(search, search->own);
	int rc;

	if (!own)
		return -ENOMEM;
	own->own = true;
	rc = each_name(search, take_name, NULL);
	if (rc >= 0)
		rc = each_process(search, take_process, NULL);
	if (rc >= 0)
		rc = skt_netns_each_keeper(
			search->proc_root, search->own.device, take_keeper, search);
	for (size_t i = 0; rc >= 0 && i < list->len; i++)
		rc = settle(search, &list->data[i]);
	if (rc >= 0)
		qsort(list->data, list->len, sizeof(*list->data), compare);
	return rc;
}

/* ---- one ---- */

/* Adds the one namespace that was chosen, and finds out what it is called. */
static int choose(struct search *search, struct identity who, const char *name, const char *path,
	uint32_t pid)
{
	struct skt_netns *netns = add(search, who);
	int rc = 0;

	if (!netns)
		return -ENOMEM;
	netns->label = name ? keep(search->set, name) : NULL;
	netns->path = path ? keep(search->set, path) : NULL;
	netns->rank = name != NULL;
	if ((name && !netns->label) || (path && !netns->path))
		return -ENOMEM;
	if (!name && who.inode)
		rc = each_name(search, take_own_name, netns);
	if (rc >= 0 && !netns->label && who.inode)
		(void)each_process(search, take_own_process, netns);
	search->thread &= !netns->pid;
	if (!netns->pid)
		netns->pid = pid;
	return rc < 0 ? rc : settle(search, netns);
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

static int choose_process(struct search *search, uint32_t pid, struct skt_err *err)
{
	struct identity who = {0};
	char path[PATH_MAX];
	int rc = identify_process(search->proc_root, pid, &who);

	/* Whose it is may not be seen; what is in it maybe. */
	if (rc && rc != -EACCES && rc != -EPERM) {
		if (exists_unseen(pid))
			return skt_fail_text(err, EACCES,
				"process %u is not to be seen in %s: run as root or with CAP_SYS_PTRACE",
				pid, search->proc_root);
		return skt_fail_text(err, ESRCH, "no such process: %u", pid);
	}
	process_path(search->proc_root, pid, path, sizeof(path));
	return choose(search, who, NULL, path, pid);
}

static int choose_inode(struct search *search, uint64_t inode, struct skt_err *err)
{
	struct skt_netns_vec *list = &search->set->list;
	int rc = find_all(search);

	for (size_t i = 0; rc >= 0 && i < list->len; i++) {
		if (list->data[i].inode != inode)
			continue;
		list->data[0] = list->data[i];
		list->len = 1;
		return 0;
	}
	return rc < 0 ? rc : skt_fail_text(err, ESRCH, "no such namespace to be seen");
}

static int fail_name(struct search *search, const char *name, struct skt_err *err)
{
	struct skt_suggestion suggestion;

	skt_suggest_begin(&suggestion, name, strlen(name));
	(void)each_name(search, offer_name, &suggestion);
	if (suggestion.nearest)
		return skt_fail_text(
			err, ENOENT, "no such namespace: did you mean '%s'?", suggestion.nearest);
	return skt_fail_text(err, ENOENT, "no such namespace in /run/netns or /run/docker/netns");
}

static int choose_name(struct search *search, const char *name, struct skt_err *err)
{
	struct identity who = {0};
	char path[PATH_MAX];
	int rc = -ENOENT;

	for (size_t i = 0; rc == -ENOENT && i < SKT_COUNT(name_dirs); i++) {
		if (snprintf(path, sizeof(path), "%s/%s", name_dirs[i], name) >= (int)sizeof(path))
			break;
		rc = identify(path, &who);
	}
	if (rc == -EINVAL)
		return skt_fail_text(err, EINVAL, "%s is no namespace", path);
	if (rc && rc != -ENOENT)
		return skt_fail(err, -rc, "%s", path);
	return rc ? rc : choose(search, who, name, path, 0);
}

/* The namespace FD, which is taken, of the socket that PATH leads to. */
static int choose_socket(struct search *search, int fd, const char *path)
{
	struct stat found = {0};
	int rc = fstat(fd, &found) ? -errno : 0;

	if (!rc)
		rc = choose(search, (struct identity){found.st_dev, found.st_ino}, NULL, path, 0);
	if (rc)
		(void)close(fd);
	else
		search->set->list.data[0].held = fd;
	return rc;
}

static int choose_path(struct search *search, const char *path, struct skt_err *err)
{
	struct identity who = {0};
	int rc = identify(path, &who), fd = -1;

	if (rc == -EINVAL)
		fd = skt_netns_of_socket(search->proc_root, path);
	if (fd >= 0)
		return choose_socket(search, fd, path);
	if (rc == -EINVAL)
		return skt_fail_text(err, EINVAL, "this is no namespace");
	if (rc)
		return skt_fail_text(err, -rc, "%s", strerror(-rc));
	return choose(search, who, NULL, path, 0);
}

static int choose_one(struct search *search, const char *selector, struct skt_err *err)
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

/* The own namespace is known without /proc too: by a socket of it (Linux 4.10, CAP_NET_ADMIN). */
static void identify_own(const char *proc_root, struct identity *ret)
{
	char path[PATH_MAX];
	struct stat stat_;
	int fd, netns;

	(void)snprintf(path, sizeof(path), "%s/self/ns/net", proc_root);
	if (!identify(path, ret))
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	netns = fd < 0 ? -1 : ioctl(fd, SIOCGSKNS);
	if (netns >= 0 && !fstat(netns, &stat_))
		*ret = (struct identity){stat_.st_dev, stat_.st_ino};
	if (netns >= 0)
		(void)close(netns);
	if (fd >= 0)
		(void)close(fd);
}

int skt_netns_find(
	const char *proc_root, const char *selector, struct skt_netns_set *ret, struct skt_err *err)
{
	struct skt_netns_set set = {0};
	struct search search = {.proc_root = proc_root, .set = &set};
	int rc;

	identify_own(proc_root, &search.own);
	if (!selector) {
		rc = choose(&search, search.own, NULL, NULL, 0);
		if (!rc)
			set.list.data[0].own = true;
	} else {
		rc = strcmp(selector, "all") == 0 ? find_all(&search)
						  : choose_one(&search, selector, err);
	}
	if (rc == -ENOMEM)
		skt_fail(err, ENOMEM, "find network namespaces");
	if (rc < 0) {
		skt_netns_set_fini(&set);
		return rc;
	}
	*ret = set;
	return 0;
}

void skt_netns_set_fini(struct skt_netns_set *set)
{
	for (size_t i = 0; i < set->list.len; i++)
		skt_netns_fini(&set->list.data[i]);
	skt_vec_free(&set->list);
	skt_arena_fini(&set->texts);
	set->hidden = 0;
}
