#include "privilege/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macros.h"

/*
 * include/uapi/linux/landlock.h of Linux 6.12: headers of Debian 12 end with 6.1, and the kernel
 * takes a structure of any length whose end is zero.
 */
struct ruleset {
	uint64_t files, tcp, scopes;
};

struct path_rule {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

enum { VERSION = 1 << 0, RULE_PATH = 1 };

/* On files. */
#define EXECUTE (UINT64_C(1) << 0)
#define WRITE_FILE (UINT64_C(1) << 1)
#define READ_FILE (UINT64_C(1) << 2)
#define READ_DIR (UINT64_C(1) << 3)
#define REMOVE_FILE (UINT64_C(1) << 5)
#define MAKE_REG (UINT64_C(1) << 8)
#define TRUNCATE (UINT64_C(1) << 14)
#define IOCTL_DEV (UINT64_C(1) << 15)

/* On TCP, and on others. */
#define TCP_BIND (UINT64_C(1) << 0)
#define TCP_CONNECT (UINT64_C(1) << 1)
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

#define READS (READ_FILE | READ_DIR)
#define DEVICE (READ_FILE | WRITE_FILE | TRUNCATE | IOCTL_DEV)

/* The rights on files that a kernel knows. Rights that it does not know are refused by it. */
static uint64_t files_known(int abi)
{
	/* 1: all up to MAKE_SYM; 2: REFER; 3: TRUNCATE; 5: IOCTL_DEV. */
	const unsigned int bits = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;

	return (UINT64_C(1) << bits) - 1;
}

struct rules {
	int fd;
	uint64_t known;
};

/* What cannot be allowed stays forbidden: no path that is needed is one that has no rules. */
static void allow_fd(const struct rules *rules, int fd, uint64_t allowed)
{
	const struct path_rule rule = {.allowed = allowed & rules->known, .parent = fd};

	(void)syscall(SYS_landlock_add_rule, rules->fd, RULE_PATH, &rule, 0);
}

static void allow(const struct rules *rules, const char *path, uint64_t allowed)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return;
	allow_fd(rules, fd, allowed);
	(void)close(fd);
}

/* The directory in which PATH is, for files that are replaced, and so have no inode to hold on to.
 */
static void allow_beside(const struct rules *rules, const char *path, uint64_t allowed)
{
	const char *slash = strrchr(path, '/');
	const size_t len = slash ? (size_t)(slash - path) : 0;
	char dir[PATH_MAX];

	if (!slash) {
		allow(rules, ".", allowed);
	} else if (!len) {
		allow(rules, "/", allowed);
	} else if (len < sizeof(dir)) {
		memcpy(dir, path, len);
		dir[len] = '\0';
		allow(rules, dir, allowed);
	}
}

/* Where PATH is, and where it leads to: the next file may be beside either. */
static void allow_file(const struct rules *rules, const char *path)
{
	char *target = realpath(path, NULL);

	allow_beside(rules, path, READS);
	if (target)
		allow_beside(rules, target, READS);
	free(target);
}

/* Where the link PATH leads to, if it is one: the rest is known. */
static void allow_target(const struct rules *rules, const char *path)
{
	char target[2];

	if (readlink(path, target, sizeof(target)) >= 0)
		allow_file(rules, path);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void allow_named(const struct rules *rules, const struct skt_need_path *named)
{
	switch (named->need) {
	case SKT_NEED_READ:
		if (is_directory(named->path))
			allow(rules, named->path, READS);
		else
			allow_file(rules, named->path);
		break;
	case SKT_NEED_WRITE:
		(is_directory(named->path) ? allow : allow_beside)(
			rules, named->path, READS | WRITE_FILE | MAKE_REG | REMOVE_FILE | TRUNCATE);
		break;
	case SKT_NEED_REMOVE:
		allow_beside(rules, named->path, READ_DIR | REMOVE_FILE);
		break;
	case SKT_NEED_REACH:
		/* To connect is no opening. */
		break;
	}
}

/*
 * Libraries that are loaded late: libgcc_s by a thread that ends, character sets, what resolves
 * names. And what the C library asks the kernel by way of files.
 */
static const char *const libraries[] = {
	"/usr",
	"/lib",
	"/lib64",
	"/nix/store",
	"/gnu/store",
	"/proc",
	"/sys/devices/system",
};

static const char *const files[] = {"/etc/ld.so.cache", "/dev/random", "/dev/urandom"};

/*
 * What names are looked up in, by any module of nsswitch.conf(5) that reads files, and the
 * certificates of the system: on openSUSE, and where resolv.conf(5) is a link, they are elsewhere.
 * The sockets of nscd, sssd, systemd-resolved need no rule.
 */
static const char *const directories[] = {
	"/etc",
	"/run/systemd",
	"/run/userdb",
	"/run/resolvconf",
	"/run/NetworkManager",
	"/run/connman",
	"/run/nscd",
	"/var/db",
	"/var/cache/nscd",
	"/var/lib/misc",
	"/var/lib/sss",
	"/var/lib/extrausers",
	"/var/lib/libvirt/dnsmasq",
	"/var/lib/ca-certificates",
};

static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/tty"};

static void allow_all(const struct rules *rules, const struct skt_needs *needs)
{
	for (size_t i = 0; i < SKT_COUNT(libraries); i++)
		allow(rules, libraries[i], READS);
	for (size_t i = 0; i < SKT_COUNT(files); i++)
		allow(rules, files[i], READ_FILE);
	for (size_t i = 0; i < SKT_COUNT(devices); i++)
		allow(rules, devices[i], DEVICE);
	for (int fd = 0; fd < 3; fd++)
		allow_fd(rules, fd, DEVICE);
	if (needs->names) {
		for (size_t i = 0; i < SKT_COUNT(directories); i++)
			allow(rules, directories[i], READS);
		allow_target(rules, "/etc/resolv.conf");
	}
	for (size_t i = 0; i < needs->path_count; i++)
		allow_named(rules, &needs->paths[i]);
}

int skt_landlock_enter(const struct skt_needs *needs)
{
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION);
	struct ruleset set;
	struct rules rules;
	int r = 0;

	if (abi < 0)
		return -errno;
	rules.known = files_known((int)abi);
	/* Tracing counts as looking into others; and what is executed would be bound, too. */
	if (needs->programs || needs->others)
		return -EOPNOTSUPP;
	set = (struct ruleset){
		.files = needs->all_files ? 0 : rules.known,
		/* Names are asked for over TCP, too. */
		.tcp = abi >= 4 && needs->no_tcp && !needs->names ? TCP_BIND | TCP_CONNECT : 0,
		.scopes = abi >= 6 ? SCOPE_SIGNAL : 0,
	};
	/* A domain for signals alone is not worth its making. */
	if (!set.files && !set.tcp)
		return -EOPNOTSUPP;
	rules.fd = (int)syscall(SYS_landlock_create_ruleset, &set,
		abi >= 6           ? sizeof(set)
			: abi >= 4 ? offsetof(struct ruleset, scopes)
				   : offsetof(struct ruleset, tcp),
		0);
	if (rules.fd < 0)
		return -errno;
	if (!needs->all_files)
		allow_all(&rules, needs);
	if (syscall(SYS_landlock_restrict_self, rules.fd, 0))
		r = -errno;
	(void)close(rules.fd);
	return r;
}
