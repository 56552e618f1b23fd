#include "proc/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/vec.h"
#include "proc/root.h"

/*
 * Bounds of a walk: deeper and larger trees than hosts have. Whoever may make groups could make
 * many, and must not keep others waiting.
 */
enum { WALK_DEPTH = 64, WALK_GROUPS = 256 * 1024, FILE_MAX = 64 * 1024 };

/* The type of a handle that is a 64-bit number of kernfs (include/linux/exportfs.h). */
enum { FILEID_KERNFS = 0xfe };

struct known {
	uint64_t key; /* first: what trees are sorted by */
	const char *path;
	struct skt_cgroup cgroup; /* empty until it is asked for */
};

struct skt_cgroups {
	const char *proc_root;
	const struct skt_past *past;  /* NULL: the present */
	struct skt_arena arena;       /* of the answers */
	struct skt_arena mount_texts; /* of the mount, which stays */
	void *by_id, *by_pid;         /* tsearch(3) trees of struct known */
	bool mounted;                 /* whether `mount` was looked for */
	int mount;                    /* the directory where cgroup2 is mounted; -1: nowhere */
	const char *mount_path;       /* its path, "" for `/` */
	const char *mount_root;       /* the group that is mounted there; NULL: the root */
	bool overlaid;                /* something else is seen there, whose handles are others */
	bool walk;                    /* handles are of no use, or refused */
	bool walked;
	size_t groups; /* seen by the walk */
};

int skt_cgroups_new(const char *proc_root, struct skt_cgroups **ret)
{
	struct skt_cgroups *cgroups = calloc(1, sizeof(*cgroups));

	if (!cgroups)
		return -ENOMEM;
	cgroups->proc_root = proc_root;
	cgroups->mount = -1;
	*ret = cgroups;
	return 0;
}

void skt_cgroups_recall(struct skt_cgroups *cgroups, const struct skt_past *past)
{
	cgroups->past = past;
}

/* Entries are the arena's. */
static void leave(void *entry)
{
	(void)entry;
}

void skt_cgroups_renew(struct skt_cgroups *cgroups)
{
	tdestroy(cgroups->by_id, leave);
	tdestroy(cgroups->by_pid, leave);
	cgroups->by_id = cgroups->by_pid = NULL;
	skt_arena_fini(&cgroups->arena);
	cgroups->walk = cgroups->overlaid;
	cgroups->walked = false;
	cgroups->groups = 0;
}

void skt_cgroups_free(struct skt_cgroups *cgroups)
{
	if (!cgroups)
		return;
	skt_cgroups_renew(cgroups);
	skt_arena_fini(&cgroups->mount_texts);
	if (cgroups->mount >= 0)
		(void)close(cgroups->mount);
	free(cgroups);
}

/* ---- entries ---- */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static struct known *find(void *const *tree, uint64_t key)
{
	struct known *const *found = tfind(&key, tree, compare);

	return found ? *found : NULL;
}

static struct known *add(struct skt_cgroups *cgroups, void **tree, uint64_t key)
{
	struct known *entry = skt_arena_alloc(&cgroups->arena, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->key = key;
	return tsearch(entry, tree, compare) ? entry : NULL;
}

static const char *keep(struct skt_cgroups *cgroups, const char *text)
{
	return skt_arena_text(&cgroups->arena, text, strlen(text));
}

/* ---- where cgroup2 is ---- */

/* Undoes the octal escapes of a path in mountinfo, in place. */
static void unescape_octal(char *text)
{
	char *to = text;

	for (const char *p = text; *p; to++) {
		if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' &&
			p[3] >= '0' && p[3] <= '7') {
			*to = (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0'));
			p += 4;
		} else {
			*to = *p++;
		}
	}
	*to = '\0';
}

/* A line of mountinfo (proc_pid_mountinfo(5)), cut up: whether it is a mount of cgroup2. */
static bool read_mount(char *line, char **ret_root, char **ret_point)
{
	char *type = strstr(line, " - cgroup2 ");

	if (!type)
		return false;
	*type = '\0';
	for (int i = 0; i < 3; i++)
		(void)strsep(&line, " ");
	*ret_root = strsep(&line, " ");
	*ret_point = strsep(&line, " ");
	if (!*ret_point)
		return false;
	unescape_octal(*ret_root);
	unescape_octal(*ret_point);
	return true;
}

static int open_directory(int at, const char *path, int more)
{
	return openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | more);
}

/* Looks for the first mount of cgroup2 that can be opened. */
static void find_mount(struct skt_cgroups *cgroups)
{
	char path[PATH_MAX], *line = NULL, *root, *point;
	struct statfs mounted;
	size_t size = 0;
	FILE *file;

	cgroups->mounted = true;
	(void)snprintf(path, sizeof(path), "%s/self/mountinfo", cgroups->proc_root);
	file = fopen(path, "re");
	if (!file)
		return;
	while (!cgroups->mount_path && getline(&line, &size, file) > 0) {
		if (!read_mount(line, &root, &point))
			continue;
		cgroups->mount = open_directory(AT_FDCWD, point, 0);
		if (cgroups->mount < 0)
			continue;
		/* Something else may lie over it, whose handles are others. */
		cgroups->overlaid =
			fstatfs(cgroups->mount, &mounted) || mounted.f_type != CGROUP2_SUPER_MAGIC;
		cgroups->walk = cgroups->overlaid;
		/* What is mounted may be a part: that of a container. In a namespace of groups,
		 * `/..` is outside of it. */
		if (strcmp(root, "/") != 0 && strncmp(root, "/..", 3) != 0)
			cgroups->mount_root =
				skt_arena_text(&cgroups->mount_texts, root, strlen(root));
		if (strcmp(point, "/") == 0)
			*point = '\0';
		cgroups->mount_path = skt_arena_text(&cgroups->mount_texts, point, strlen(point));
		break;
	}
	free(line);
	(void)fclose(file);
}

/* A copy of a path below the mount as one below the root of the hierarchy. */
static const char *keep_below(struct skt_cgroups *cgroups, const char *path, size_t len)
{
	const char *root = cgroups->mount_root ? cgroups->mount_root : "";
	const size_t skip = strlen(root);
	char *copy;

	if (!skip && !len)
		return skt_arena_text(&cgroups->arena, "/", 1);
	copy = skt_arena_alloc(&cgroups->arena, skip + len + 1);
	if (copy) {
		memcpy(copy, root, skip);
		memcpy(copy + skip, path, len);
	}
	return copy;
}

/* ---- by handle ---- */

/* The path that a group opened by its handle has below the mount; false: none here. */
static bool read_opened(struct skt_cgroups *cgroups, int fd, struct known *entry)
{
	const size_t skip = strlen(cgroups->mount_path);
	char link[PATH_MAX], path[PATH_MAX];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "%s/self/fd/%d", cgroups->proc_root, fd);
	len = readlink(link, path, sizeof(path));
	if (len < (ssize_t)skip || memcmp(path, cgroups->mount_path, skip) != 0)
		return false;
	if ((size_t)len > skip && path[skip] != '/')
		return false;
	entry->path = keep_below(cgroups, path + skip, (size_t)len - skip);
	return true;
}

/* Whether handles can be opened here; a group that is gone stays unknown. */
static bool open_handle(struct skt_cgroups *cgroups, uint64_t id, struct known *entry)
{
	struct {
		struct file_handle header;
		char number[sizeof(uint64_t)];
	} handle = {.header = {.handle_bytes = sizeof(uint64_t), .handle_type = FILEID_KERNFS}};
	bool known;
	int fd;

	memcpy(handle.header.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(cgroups->mount, &handle.header, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ESTALE || errno == ENOENT;
	known = read_opened(cgroups, fd, entry);
	(void)close(fd);
	return known;
}

/* ---- by a walk ---- */

struct level {
	DIR *dir;
	size_t path_len; /* of the path of its groups' parent */
};

struct walk {
	struct skt_cgroups *cgroups;
	size_t depth;
	struct level levels[WALK_DEPTH];
	char path[PATH_MAX];
};

/* The number of a group is that of its inode where inodes have 64 bits (kernfs_ino()). */
static void note_group(struct skt_cgroups *cgroups, uint64_t id, const char *path, size_t len)
{
	struct known *entry = find(&cgroups->by_id, id);

	if (!entry)
		entry = add(cgroups, &cgroups->by_id, id);
	if (entry && !entry->path)
		entry->path = keep_below(cgroups, path, len);
}

static bool descend(struct walk *walk, int at, const char *name, size_t path_len)
{
	int fd = walk->depth < WALK_DEPTH ? open_directory(at, name, O_NOFOLLOW) : -1;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (!dir) {
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	walk->levels[walk->depth++] = (struct level){dir, path_len};
	return true;
}

/* The next entry of the innermost directory. */
static void step(struct walk *walk)
{
	const struct level level = walk->levels[walk->depth - 1];
	const struct dirent *entry = readdir(level.dir);
	size_t len;

	if (!entry || walk->cgroups->groups >= WALK_GROUPS) {
		(void)closedir(level.dir);
		walk->depth--;
		return;
	}
	if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 ||
		strcmp(entry->d_name, "..") == 0)
		return;
	len = level.path_len + 1 + strlen(entry->d_name);
	if (len >= sizeof(walk->path))
		return;
	walk->cgroups->groups++;
	walk->path[level.path_len] = '/';
	memcpy(walk->path + level.path_len + 1, entry->d_name, len - level.path_len - 1);
	note_group(walk->cgroups, entry->d_ino, walk->path, len);
	(void)descend(walk, dirfd(level.dir), entry->d_name, len);
}

static void walk_groups(struct skt_cgroups *cgroups)
{
	struct walk *walk = calloc(1, sizeof(*walk));

	cgroups->walked = true;
	if (!walk)
		return;
	walk->cgroups = cgroups;
	if (descend(walk, cgroups->mount, ".", 0))
		while (walk->depth)
			step(walk);
	free(walk);
}

/* ---- answers ---- */

/* The root of the hierarchy is kernfs's first inode. */
enum { ROOT_ID = 1 };

/* Makes the entry of ID, known or not. */
static struct known *look_up(struct skt_cgroups *cgroups, uint64_t id)
{
	struct known *entry = add(cgroups, &cgroups->by_id, id);

	if (!entry)
		return NULL;
	if (cgroups->past) {
		entry->path = skt_past_cgroup_find(cgroups->past, id);
		return entry;
	}
	if (!cgroups->mounted)
		find_mount(cgroups);
	if (id == ROOT_ID)
		entry->path = skt_arena_text(&cgroups->arena, "/", 1);
	if (id == ROOT_ID || !cgroups->mount_path)
		return entry;
	if (!cgroups->walk)
		cgroups->walk = !open_handle(cgroups, id, entry);
	if (cgroups->walk && !cgroups->walked)
		walk_groups(cgroups);
	return entry;
}

/* A walk finds more groups than are asked for: what their paths say is read when they are. */
static const struct skt_cgroup *answer(struct skt_cgroups *cgroups, struct known *entry)
{
	struct skt_cgroup_names names;

	if (entry && entry->path && !entry->cgroup.path) {
		entry->cgroup.path = entry->path;
		skt_cgroup_path_names(entry->path, strlen(entry->path), &names);
		entry->cgroup.unit = *names.unit ? keep(cgroups, names.unit) : NULL;
		entry->cgroup.container = *names.container ? keep(cgroups, names.container) : NULL;
	}
	return entry ? &entry->cgroup : NULL;
}

const struct skt_cgroup *skt_cgroups_by_id(struct skt_cgroups *cgroups, uint64_t id)
{
	struct known *entry = find(&cgroups->by_id, id);

	return answer(cgroups, entry ? entry : look_up(cgroups, id));
}

/* Up to SIZE bytes of PID's cgroup file; 0: it is gone, or kernels and /proc know none. */
static size_t read_file(const struct skt_cgroups *cgroups, uint32_t pid, char *buffer, size_t size)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%u/cgroup", cgroups->proc_root, pid);
	return skt_proc_read(AT_FDCWD, path, buffer, size);
}

const struct skt_cgroup *skt_cgroups_by_pid(struct skt_cgroups *cgroups, uint32_t pid)
{
	struct known *entry = find(&cgroups->by_pid, pid);
	const char *path;
	char *text;
	size_t len;

	if (entry)
		return answer(cgroups, entry);
	entry = add(cgroups, &cgroups->by_pid, pid);
	if (!entry)
		return NULL;
	if (cgroups->past) {
		const struct skt_past_process *past = skt_past_process_find(cgroups->past, pid);

		entry->path = past ? past->cgroup : NULL;
		return answer(cgroups, entry);
	}
	text = malloc(FILE_MAX);
	len = text ? read_file(cgroups, pid, text, FILE_MAX) : 0;
	len = len ? skt_cgroup_file_path(text, len, &path) : 0;
	if (len)
		entry->path = skt_arena_text(&cgroups->arena, path, len);
	free(text);
	return answer(cgroups, entry);
}

bool skt_cgroup_is_vague(const struct skt_cgroup *cgroup)
{
	return !cgroup || !cgroup->path || strcmp(cgroup->path, "/") == 0 ||
		strcmp(cgroup->path, "/init.scope") == 0;
}
