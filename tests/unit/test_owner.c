/* Who holds which socket: below roots that tests make up, and in the live /proc. */
#include "holders.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "proc/inode_table.h"
#include "proc/owner.h"

static char root[64];

static void make_directory(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void make_process(unsigned int pid)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "%u", pid);
	make_directory(name);
	(void)snprintf(name, sizeof(name), "%u/fd", pid);
	make_directory(name);
}

static void make_comm(unsigned int pid, const char *text)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%u/comm", root, pid);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make_link(unsigned int pid, const char *name, const char *target)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%u/%s", root, pid, name);
	assert_int_equal(symlink(target, path), 0);
}

static void make_socket(unsigned int pid, unsigned int fd, unsigned long inode)
{
	char name[32], target[64];

	(void)snprintf(name, sizeof(name), "fd/%u", fd);
	(void)snprintf(target, sizeof(target), "socket:[%lu]", inode);
	make_link(pid, name, target);
}

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	/* A test may have removed it already. */
	(void)remove(path);
	return 0;
}

static void remove_tree(const char *path)
{
	(void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static int make_root(void **state)
{
	(void)snprintf(root, sizeof(root), "/tmp/sockkit-owner-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	return unit_setup(state);
}

static int remove_root(void **state)
{
	remove_tree(root);
	return unit_teardown(state);
}

static void assert_holder(
	const struct skt_holder *holder, unsigned int pid, unsigned int fd, const char *name)
{
	assert_int_equal(holder->pid, pid);
	assert_int_equal(holder->fd, fd);
	assert_string_equal(holder->name, name);
}

static void tables_of_inodes(void **state)
{
	struct skt_inode_table table = {0};
	struct skt_inode_slot *slot;
	uint32_t i;

	(void)state;
	assert_null(skt_inode_table_find(&table, 1));
	assert_int_equal(skt_inode_table_add(&table, 0, &slot), -EINVAL);
	assert_int_equal(skt_inode_table_add(&table, UINT64_C(1) << 32, &slot), -EINVAL);
	/* Runs, multiples of a power of two, and the ends: what hashes may stumble over. */
	for (i = 1; i <= 50000; i++) {
		assert_int_equal(skt_inode_table_add(&table, i, &slot), 0);
		slot->head = i;
		assert_int_equal(skt_inode_table_add(&table, i << 16 | 0x80000000u, &slot), 0);
		assert_int_equal(skt_inode_table_add(&table, UINT32_MAX - i, &slot), 0);
	}
	for (i = 1; i <= 50000; i++) {
		assert_int_equal(skt_inode_table_find(&table, i)->head, i);
		assert_int_equal(skt_inode_table_find(&table, UINT32_MAX - i)->head, 0);
	}
	assert_null(skt_inode_table_find(&table, 50001));
	assert_null(skt_inode_table_find(&table, UINT32_MAX));
	assert_null(skt_inode_table_find(&table, (UINT64_C(1) << 32) + 1));
	/* A million must stay near 13 MB. */
	assert_true(table.len * UINT64_C(9) / 4 >= table.size);
	skt_inode_table_fini(&table);
	assert_null(skt_inode_table_find(&table, 1));
}

static void all_holders_in_order(void **state)
{
	struct skt_owners *owners = owners_new(root);
	const struct skt_holder *holders;

	(void)state;
	make_process(100);
	make_process(20);
	make_process(3);
	make_comm(100, "hundred\n");
	make_comm(20, "twenty\n");
	make_comm(3, "three\n");
	make_socket(100, 7, 555);
	make_socket(20, 10, 555);
	make_socket(20, 9, 555);
	make_socket(3, 1000000, 555);
	make_socket(3, 4, 556);
	make_link(3, "fd/0", "/dev/null");
	make_link(3, "fd/1", "pipe:[555]");
	make_link(3, "fd/2", "socket:[55");
	assert_int_equal(skt_owners_want(owners, 555), 0);
	assert_int_equal(skt_owners_want(owners, 555), 0);
	assert_int_equal(skt_owners_of(owners, 555, &holders), 0);
	scan(owners);
	assert_int_equal(skt_owners_of(owners, 555, &holders), 4);
	assert_holder(&holders[0], 3, 1000000, "three");
	assert_holder(&holders[1], 20, 9, "twenty");
	assert_holder(&holders[2], 20, 10, "twenty");
	assert_holder(&holders[3], 100, 7, "hundred");
	assert_int_equal(skt_owners_of(owners, 556, &holders), 0);
	assert_int_equal(skt_owners_of(owners, 0, &holders), 0);
	assert_int_equal(skt_owners_of(owners, UINT64_MAX, &holders), 0);
	assert_int_equal(skt_owners_hidden(owners), 0);
	assert_string_equal(skt_owners_process(owners, 3)->comm, "three");
	assert_int_equal(skt_owners_process(owners, 3)->uid, geteuid());
	assert_null(skt_owners_process(owners, 4));
	skt_owners_free(owners);
}

static void only_holders_are_named(void **state)
{
	struct skt_owners *owners = owners_new(root);

	(void)state;
	make_process(1);
	make_process(2);
	make_socket(1, 3, 10);
	make_socket(2, 3, 11);
	assert_int_equal(skt_owners_want(owners, 11), 0);
	scan(owners);
	assert_null(skt_owners_process(owners, 1));
	assert_string_equal(skt_owners_process(owners, 2)->name, "?");
	assert_null(skt_owners_command(owners, 1));
	assert_null(skt_owners_command(owners, 2));
	skt_owners_free(owners);
}

static void inodes_beyond_32_bits_are_no_sockets(void **state)
{
	struct skt_owners *owners = owners_new(root);
	const struct skt_holder *holders;

	(void)state;
	make_process(1);
	make_socket(1, 3, (1UL << 32) + 5);
	make_socket(1, 4, 1UL << 32);
	make_socket(1, 5, 0);
	make_socket(1, 6, UINT32_MAX);
	assert_int_equal(skt_owners_want(owners, 5), 0);
	assert_int_equal(skt_owners_want(owners, 0), 0);
	assert_int_equal(skt_owners_want(owners, (UINT64_C(1) << 32) + 5), 0);
	scan(owners);
	assert_int_equal(skt_owners_of(owners, 5, &holders), 0);
	skt_owners_want_all(owners);
	scan(owners);
	assert_int_equal(skt_owners_of(owners, 5, &holders), 0);
	assert_int_equal(skt_owners_of(owners, 0, &holders), 0);
	assert_int_equal(skt_owners_of(owners, UINT32_MAX, &holders), 1);
	assert_int_equal(holders[0].fd, 6);
	skt_owners_free(owners);
}

/* A later look wants other sockets, and what was told of before is not told again. */
static void renewed_between_looks(void **state)
{
	const struct skt_holder *holders;
	struct skt_owners *owners = NULL;

	(void)state;
	make_process(10);
	make_comm(10, "server");
	make_socket(10, 3, 5);
	make_socket(10, 4, 6);
	assert_int_equal(skt_owners_new(root, &owners), 0);
	skt_owners_want_all(owners);
	assert_int_equal(skt_owners_scan(owners, NULL), 0);
	assert_int_equal(skt_owners_of(owners, 5, &holders), 1);
	skt_owners_renew(owners);
	assert_int_equal(skt_owners_of(owners, 5, &holders), 0);
	assert_null(skt_owners_process(owners, 10));
	/* Nothing is wanted: nothing is read. */
	assert_int_equal(skt_owners_scan(owners, NULL), 0);
	assert_int_equal(skt_owners_of(owners, 5, &holders), 0);
	assert_int_equal(skt_owners_want(owners, 6), 0);
	assert_int_equal(skt_owners_scan(owners, NULL), 0);
	assert_int_equal(skt_owners_of(owners, 5, &holders), 0);
	assert_int_equal(skt_owners_of(owners, 6, &holders), 1);
	assert_holder(holders, 10, 4, "server");
	skt_owners_free(owners);
}

static void wants_grow_between_scans(void **state)
{
	struct skt_owners *owners = owners_new(root);
	const struct skt_holder *holders;
	unsigned int i;

	(void)state;
	make_process(1);
	make_comm(1, "one\n");
	for (i = 0; i < 300; i++)
		make_socket(1, i, 1000 + i);
	assert_int_equal(skt_owners_want(owners, 1000), 0);
	scan(owners);
	assert_int_equal(skt_owners_of(owners, 1000, &holders), 1);
	for (i = 1; i < 300; i++)
		assert_int_equal(skt_owners_want(owners, 1000 + i), 0);
	assert_int_equal(skt_owners_of(owners, 1000, &holders), 1);
	assert_int_equal(skt_owners_of(owners, 1001, &holders), 0);
	scan(owners);
	for (i = 0; i < 300; i++) {
		assert_int_equal(skt_owners_of(owners, 1000 + i, &holders), 1);
		assert_holder(holders, 1, i, "one");
	}
	/* Who let go of a socket is forgotten, in both ways of asking. */
	remove_tree(root);
	assert_int_equal(mkdir(root, 0755), 0);
	make_process(2);
	make_socket(2, 5, 1007);
	scan(owners);
	assert_int_equal(skt_owners_of(owners, 1000, &holders), 0);
	assert_null(skt_owners_process(owners, 1));
	assert_int_equal(skt_owners_of(owners, 1007, &holders), 1);
	skt_owners_want_all(owners);
	scan(owners);
	assert_int_equal(skt_owners_of(owners, 1007, &holders), 1);
	assert_int_equal(skt_owners_of(owners, 1000, &holders), 0);
	skt_owners_free(owners);
}

static void everything_is_wanted(void **state)
{
	struct skt_owners *owners = owners_new(root);
	const struct skt_holder *holders;
	unsigned int i;

	(void)state;
	make_process(1);
	make_process(2);
	for (i = 0; i < 200; i++)
		make_socket(1 + i % 2, i, 7000 + i / 4);
	skt_owners_want_all(owners);
	scan(owners);
	scan(owners);
	for (i = 0; i < 50; i++) {
		assert_int_equal(skt_owners_of(owners, 7000 + i, &holders), 4);
		assert_holder(&holders[0], 1, 4 * i, "?");
		assert_holder(&holders[1], 1, 4 * i + 2, "?");
		assert_holder(&holders[2], 2, 4 * i + 1, "?");
		assert_holder(&holders[3], 2, 4 * i + 3, "?");
	}
	skt_owners_free(owners);
}

static void descriptors_far_apart(void **state)
{
	struct skt_owners *owners = owners_new(root);
	const struct skt_holder *holders;
	unsigned int i;

	(void)state;
	make_process(1);
	for (i = 1; i <= 5000; i++) {
		make_socket(1, i * 400009, i);
		assert_int_equal(skt_owners_want(owners, i), 0);
	}
	scan(owners);
	for (i = 1; i <= 5000; i++) {
		assert_int_equal(skt_owners_of(owners, i, &holders), 1);
		assert_int_equal(holders[0].fd, i * 400009);
	}
	skt_owners_free(owners);
}

enum { CROWD = 300, CROWD_SOCKETS = 8 };

static void make_crowd(void)
{
	unsigned int pid, fd;

	for (pid = 1; pid <= CROWD; pid++) {
		make_process(pid);
		make_socket(pid, 3, 77);
		for (fd = 4; fd < 4 + CROWD_SOCKETS; fd++)
			make_socket(pid, fd, pid * 100UL + fd);
	}
}

static void many_processes_by_threads(void **state)
{
	struct skt_owners *owners = owners_new(root);
	const struct skt_holder *holders;
	unsigned int pid, fd;

	(void)state;
	make_crowd();
	assert_int_equal(skt_owners_want(owners, 77), 0);
	for (pid = 1; pid <= CROWD; pid++)
		for (fd = 4; fd < 4 + CROWD_SOCKETS; fd++)
			assert_int_equal(skt_owners_want(owners, pid * 100UL + fd), 0);
	scan(owners);
	assert_int_equal(skt_owners_of(owners, 77, &holders), CROWD);
	for (pid = 1; pid <= CROWD; pid++)
		assert_holder(&holders[pid - 1], pid, 3, "?");
	for (pid = 1; pid <= CROWD; pid++)
		for (fd = 4; fd < 4 + CROWD_SOCKETS; fd++) {
			assert_int_equal(skt_owners_of(owners, pid * 100UL + fd, &holders), 1);
			assert_holder(holders, pid, fd, "?");
		}
	skt_owners_free(owners);
}

static atomic_bool removing; /* a thread takes things away */

static void *remove_crowd(void *arg)
{
	char path[128];
	unsigned int pid;

	(void)arg;
	for (pid = CROWD; pid >= 1; pid--) {
		(void)snprintf(path, sizeof(path), "%s/%u", root, pid);
		remove_tree(path);
	}
	atomic_store(&removing, false);
	return NULL;
}

static void processes_vanish_meanwhile(void **state)
{
	struct skt_owners *owners = owners_new(root);
	const struct skt_holder *holders;
	size_t count, i, before = CROWD, scans = 0;
	pthread_t thread;

	(void)state;
	make_crowd();
	make_process(CROWD + 1);
	make_socket(CROWD + 1, 3, 77);
	skt_owners_want_all(owners);
	atomic_store(&removing, true);
	assert_int_equal(pthread_create(&thread, NULL, remove_crowd, NULL), 0);
	while (atomic_load(&removing) || scans == 0) {
		scan(owners);
		count = skt_owners_of(owners, 77, &holders);
		assert_in_range(count, 1, before + 1);
		assert_int_equal(holders[count - 1].pid, CROWD + 1);
		for (i = 0; i < count; i++)
			assert_int_equal(holders[i].fd, 3);
		before = count;
		scans++;
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	scan(owners);
	assert_int_equal(skt_owners_of(owners, 77, &holders), 1);
	skt_owners_free(owners);
}

static void *renew_descriptors(void *arg)
{
	char path[128];
	unsigned int fd;

	(void)arg;
	while (atomic_load(&removing))
		for (fd = 0; fd < 100; fd++) {
			(void)snprintf(path, sizeof(path), "%s/1/fd/%u", root, fd);
			(void)unlink(path);
			(void)!symlink("socket:[78]", path);
		}
	return NULL;
}

static void descriptors_come_and_go(void **state)
{
	struct skt_owners *owners = owners_new(root);
	const struct skt_holder *holders;
	pthread_t thread;
	unsigned int fd, i;

	(void)state;
	make_process(1);
	for (fd = 0; fd < 200; fd++)
		make_socket(1, fd, fd < 100 ? 78 : 77);
	assert_int_equal(skt_owners_want(owners, 77), 0);
	atomic_store(&removing, true);
	assert_int_equal(pthread_create(&thread, NULL, renew_descriptors, NULL), 0);
	for (i = 0; i < 50; i++) {
		scan(owners);
		assert_int_equal(skt_owners_of(owners, 77, &holders), 100);
	}
	atomic_store(&removing, false);
	assert_int_equal(pthread_join(thread, NULL), 0);
	skt_owners_free(owners);
}

static void directories_that_are_none(void **state)
{
	struct skt_owners *owners = owners_new(root);
	const struct skt_holder *holders;

	(void)state;
	make_directory("1"); /* no fd at all */
	make_directory("2");
	make_link(2, "fd", "/nonexistent/fd");
	make_directory("3");
	make_comm(3, "no directory\n");
	make_link(3, "fd", "comm");
	make_directory("kernel4");
	make_directory("5x");
	make_directory("999999999996");
	make_process(7);
	make_socket(7, 3, 9);
	make_link(7, "fd/x", "socket:[9]");
	make_link(7, "fd/-1", "socket:[9]");
	make_link(7, "fd/5000000000", "socket:[9]");
	make_directory("7/fd/12"); /* no link */
	skt_owners_want_all(owners);
	scan(owners);
	assert_int_equal(skt_owners_of(owners, 9, &holders), 1);
	assert_holder(holders, 7, 3, "?");
	assert_int_equal(skt_owners_hidden(owners), 0);
	skt_owners_free(owners);
}

static void roots_that_are_none(void **state)
{
	struct skt_owners *owners;
	struct skt_err err = {0};
	char missing[96];

	(void)state;
	(void)snprintf(missing, sizeof(missing), "%s/missing", root);
	owners = owners_new(missing);
	/* Nothing wanted, nothing read. */
	assert_int_equal(skt_owners_scan(owners, &err), 0);
	assert_int_equal(skt_owners_want(owners, 5), 0);
	assert_int_equal(skt_owners_scan(owners, &err), -ENOENT);
	assert_non_null(strstr(err.text, missing));
	assert_int_equal(skt_owners_scan(owners, NULL), -ENOENT);
	skt_owners_free(owners);
	owners = owners_new(root);
	assert_int_equal(skt_owners_want(owners, 5), 0);
	assert_int_equal(skt_owners_scan(owners, &err), -ENOENT);
	assert_non_null(strstr(err.text, root));
	assert_non_null(strstr(err.text, "mounted"));
	skt_owners_free(owners);
	skt_owners_free(NULL);
}

static int scan_as_nobody(void)
{
	const struct skt_holder *holders;
	struct skt_owners *owners;

	if (geteuid() == 0 && (setegid(65534) < 0 || seteuid(65534) < 0))
		return 1;
	if (skt_owners_new(root, &owners) < 0 || skt_owners_want(owners, 5) < 0)
		return 2;
	if (skt_owners_scan(owners, NULL) < 0)
		return 3;
	if (skt_owners_hidden(owners) != 2)
		return 4;
	if (skt_owners_of(owners, 5, &holders) != 1 || holders[0].pid != 2)
		return 5;
	/* Not the sum of both. */
	if (skt_owners_scan(owners, NULL) < 0 || skt_owners_hidden(owners) != 2)
		return 6;
	skt_owners_free(owners);
	return 0;
}

static void set_mode(const char *name, mode_t mode)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(chmod(path, mode), 0);
}

static void unreadable_processes_are_counted(void **state)
{
	unsigned int pid;

	(void)state;
	for (pid = 1; pid <= 3; pid++) {
		make_process(pid);
		make_socket(pid, 4, 5);
	}
	set_mode("", 0755);
	set_mode("1/fd", 0);
	set_mode("3/fd", 0444); /* can be listed, but no link can be read */
	assert_in_child(scan_as_nobody);
	set_mode("1/fd", 0755);
	set_mode("3/fd", 0755);
}

static void descriptors_run_out(void **state)
{
	struct skt_owners *owners = owners_new(root);
	const struct skt_holder *holders;
	struct rlimit before, tight;
	struct skt_err err = {0};
	int lowest = dup(0), status;

	(void)state;
	assert_true(lowest >= 0);
	assert_int_equal(close(lowest), 0);
	make_process(1);
	make_socket(1, 4, 5);
	assert_int_equal(skt_owners_want(owners, 5), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	tight = before;
	tight.rlim_cur = (rlim_t)lowest + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	status = skt_owners_scan(owners, &err);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(status, -EMFILE);
	assert_non_null(strstr(err.text, "process 1"));
	assert_int_equal(skt_owners_of(owners, 5, &holders), 0);
	scan(owners);
	assert_int_equal(skt_owners_of(owners, 5, &holders), 1);
	skt_owners_free(owners);
}

/* The live /proc. */

static void own_socket_by_exact_descriptor(void **state)
{
	struct skt_owners *owners = owners_new("/proc");
	const struct skt_holder *holders;
	int fd = open_socket(), high = fcntl(fd, F_DUPFD_CLOEXEC, 900);

	(void)state;
	assert_int_equal(high, 900);
	assert_int_equal(skt_owners_want(owners, inode_of(fd)), 0);
	scan(owners);
	assert_int_equal(skt_owners_of(owners, inode_of(fd), &holders), 2);
	assert_holder(&holders[0], (unsigned int)getpid(), (unsigned int)fd, "test_owner");
	assert_holder(&holders[1], (unsigned int)getpid(), 900, "test_owner");
	assert_non_null(strstr(skt_owners_command(owners, (uint32_t)getpid()), "test_owner"));
	assert_ptr_equal(skt_owners_command(owners, (uint32_t)getpid()),
		skt_owners_process(owners, (uint32_t)getpid())->command);
	(void)close(fd);
	(void)close(high);
	scan(owners);
	assert_null(skt_owners_process(owners, (uint32_t)getpid()));
	skt_owners_free(owners);
}

/*
 * The scan's own descriptors take the lowest numbers, after the descriptors of this process were
 * counted: the last of these must be found all the same.
 */
static int scan_full_table(void)
{
	const struct skt_holder *holders;
	struct skt_owners *owners;
	struct stat stat;
	int fd;

	if (close_range(3, UINT_MAX, 0) < 0)
		return 1;
	for (fd = 6; fd < 40; fd++)
		if (dup2(0, fd) != fd)
			return 2;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || dup2(fd, 40) != 40 || close(fd) < 0 || fstat(40, &stat) < 0)
		return 3;
	if (skt_owners_new("/proc", &owners) < 0 || skt_owners_want(owners, stat.st_ino) < 0 ||
		skt_owners_scan(owners, NULL) < 0)
		return 4;
	if (skt_owners_of(owners, stat.st_ino, &holders) != 1 || holders[0].fd != 40)
		return 5;
	skt_owners_free(owners);
	return 0;
}

static void descriptors_opened_since_the_count(void **state)
{
	(void)state;
	assert_in_child(scan_full_table);
}

static void stay_with_evil_name(int ready, int hold)
{
	(void)prctl(PR_SET_NAME, "a) b\n\033[m\xff");
	stay(ready, hold);
}

static void children_share_a_socket(void **state)
{
	struct skt_owners *owners = owners_new("/proc");
	const struct skt_holder *holders;
	int fd = open_socket();
	struct child child;

	(void)state;
	child_start(&child, stay_with_evil_name);
	assert_int_equal(skt_owners_want(owners, inode_of(fd)), 0);
	scan(owners);
	assert_int_equal(skt_owners_of(owners, inode_of(fd), &holders), 2);
	assert_true(holders[0].pid < holders[1].pid);
	assert_int_equal(holders[0].fd, fd);
	assert_int_equal(holders[1].fd, fd);
	assert_string_equal(skt_owners_process(owners, (uint32_t)child.pid)->name, "test_owner");
	assert_string_equal(
		skt_owners_process(owners, (uint32_t)child.pid)->comm, "a) b\n\033[m\xff");
	(void)close(fd);
	child_end(&child);
	skt_owners_free(owners);
}

static void raise_descriptor_limit(rlim_t wanted)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = SKT_MIN(limit.rlim_max, wanted);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < wanted)
		skip_because("too few descriptors are allowed");
}

struct live {
	uint64_t inode;
	int fd;
};

/* Every STEP-th number from FIRST on is a socket of its own: many pieces, several threads. */
static void live_table(int first, int count, int step)
{
	struct skt_owners *owners = owners_new("/proc");
	struct live *sockets = calloc((size_t)count, sizeof(*sockets));
	const struct skt_holder *holders;
	int i, fd;

	assert_non_null(sockets);
	for (i = 0; i < count; i++) {
		fd = open_socket();
		sockets[i].inode = inode_of(fd);
		sockets[i].fd = fcntl(fd, F_DUPFD_CLOEXEC, first + i * step);
		assert_true(sockets[i].fd >= 0);
		assert_int_equal(close(fd), 0);
		assert_int_equal(skt_owners_want(owners, sockets[i].inode), 0);
	}
	scan(owners);
	for (i = 0; i < count; i++) {
		assert_int_equal(skt_owners_of(owners, sockets[i].inode, &holders), 1);
		assert_int_equal(holders[0].pid, getpid());
		assert_int_equal(holders[0].fd, sockets[i].fd);
	}
	for (i = 0; i < count; i++)
		assert_int_equal(close(sockets[i].fd), 0);
	free(sockets);
	skt_owners_free(owners);
}

static void one_process_with_a_dense_table(void **state)
{
	(void)state;
	raise_descriptor_limit(16384);
	live_table(100, 3500, 1);
}

static void one_process_with_a_sparse_table(void **state)
{
	(void)state;
	raise_descriptor_limit(16384);
	live_table(100, 3000, 5);
	/* The first pieces are all gap, the last holds everything. */
	live_table(9000, 2500, 1);
	live_table(16000, 10, 37);
}

static void names_too_long(void **state)
{
	struct skt_owners *owners = owners_new("/proc");
	char name[NAME_MAX + 1] = {0}, link[PATH_MAX];
	const struct skt_holder *holders;
	int depth, next, fd, dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	/* Deeper than PATH_MAX: readlink(2) of the descriptor fails with ENAMETOOLONG. */
	memset(name, 'd', 250);
	for (depth = 0; depth < 20; depth++) {
		assert_int_equal(mkdirat(dir, name, 0755), 0);
		next = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		(void)close(dir);
		dir = next;
	}
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", dir);
	assert_int_equal(readlink(name, link, sizeof(link)), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	fd = open_socket();
	assert_true(fd > dir);
	assert_int_equal(skt_owners_want(owners, inode_of(fd)), 0);
	scan(owners);
	assert_int_equal(skt_owners_of(owners, inode_of(fd), &holders), 1);
	(void)close(fd);
	memset(name, 'd', 250);
	for (; depth > 0; depth--) {
		next = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		(void)close(dir);
		dir = next;
		assert_int_equal(unlinkat(dir, name, AT_REMOVEDIR), 0);
	}
	(void)close(dir);
	skt_owners_free(owners);
}

static void leaders_that_exited(void **state)
{
	struct skt_owners *owners = owners_new("/proc");
	const struct skt_holder *holders;
	int fd = open_socket();
	uint64_t inode = inode_of(fd);
	struct child child;

	(void)state;
	child_start(&child, leave_to_thread);
	(void)close(fd);
	assert_int_equal(skt_owners_want(owners, inode), 0);
	scan(owners);
	assert_int_equal(skt_owners_of(owners, inode, &holders), 1);
	assert_holder(holders, (unsigned int)child.pid, (unsigned int)fd, "test_owner");
	child_end(&child);
	skt_owners_free(owners);
}

/* ---- a process that reuses a descriptor while it is looked at ---- */

enum { FLIPPED = 9, WANTED = 500, OTHER = 501, COPIES = 40 };

/* Holds the wanted socket and the other one, and has FLIPPED be now this and now that. */
static void flip(int ready, int hold)
{
	struct pollfd end = {.fd = hold, .events = POLLIN};
	char byte = 'r';

	(void)dup2(WANTED, FLIPPED);
	if (write(ready, &byte, 1) != 1)
		return;
	while (poll(&end, 1, 0) == 0)
		for (int i = 0; i < 64; i++)
			(void)dup2(i % 2 ? WANTED : OTHER, FLIPPED);
}

/* The more descriptors, the more often the other one changes under a comparison with them. */
static void stay_with(int fd, int ready, int hold)
{
	for (int copy = OTHER + 1; copy <= OTHER + COPIES; copy++)
		(void)dup2(fd, copy);
	stay(ready, hold);
}

static void stay_with_wanted(int ready, int hold)
{
	(void)close(OTHER);
	stay_with(WANTED, ready, hold);
}

static void stay_with_other(int ready, int hold)
{
	(void)close(WANTED);
	stay_with(OTHER, ready, hold);
}

static size_t held_by(const struct skt_holder *holders, size_t count, pid_t pid)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += holders[i].pid == (uint32_t)pid && holders[i].fd != FLIPPED;
	return found;
}

/* Who keeps a socket is named every time, and who never had it, never. */
static void descriptors_that_are_reused(void **state)
{
	struct skt_owners *owners = owners_new("/proc");
	struct child flipper, holder, innocent;
	const struct skt_holder *holders;
	int fd = open_socket(), other = open_socket();
	uint64_t inode = inode_of(fd);

	(void)state;
	assert_int_equal(dup2(fd, WANTED), WANTED);
	assert_int_equal(dup2(other, OTHER), OTHER);
	assert_int_equal(close(fd), 0);
	assert_int_equal(close(other), 0);
	child_start(&flipper, flip);
	child_start(&holder, stay_with_wanted);
	child_start(&innocent, stay_with_other);
	assert_int_equal(close(WANTED), 0);
	assert_int_equal(close(OTHER), 0);
	skt_owners_use(owners, SKT_OWNERS_PROC);
	assert_int_equal(skt_owners_want(owners, inode), 0);
	for (unsigned int i = 0; i < 25; i++) {
		size_t count;

		scan(owners);
		count = skt_owners_of(owners, inode, &holders);
		assert_int_equal(held_by(holders, count, holder.pid), 1 + COPIES);
		assert_int_equal(held_by(holders, count, flipper.pid), 1);
		assert_int_equal(held_by(holders, count, innocent.pid), 0);
	}
	child_end(&innocent);
	child_end(&holder);
	child_end(&flipper);
	skt_owners_free(owners);
}

#define rooted_test(function) cmocka_unit_test_setup_teardown(function, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(tables_of_inodes),
		rooted_test(all_holders_in_order),
		rooted_test(only_holders_are_named),
		rooted_test(inodes_beyond_32_bits_are_no_sockets),
		rooted_test(renewed_between_looks),
		rooted_test(wants_grow_between_scans),
		rooted_test(everything_is_wanted),
		rooted_test(descriptors_far_apart),
		rooted_test(many_processes_by_threads),
		rooted_test(processes_vanish_meanwhile),
		rooted_test(descriptors_come_and_go),
		rooted_test(directories_that_are_none),
		rooted_test(roots_that_are_none),
		rooted_test(unreadable_processes_are_counted),
		rooted_test(descriptors_run_out),
		unit_test(own_socket_by_exact_descriptor),
		unit_test(descriptors_opened_since_the_count),
		unit_test(children_share_a_socket),
		unit_test(one_process_with_a_dense_table),
		unit_test(one_process_with_a_sparse_table),
		rooted_test(names_too_long),
		unit_test(leaders_that_exited),
		unit_test(descriptors_that_are_reused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
