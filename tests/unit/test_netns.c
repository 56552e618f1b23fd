/* Network namespaces: found, entered by a thread, and left behind as they were. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "diag/netns_link.h"
#include "proc/netns.h"
#include "unit.h"

static uint64_t inode_of(const char *path)
{
	struct stat found;

	return stat(path, &found) ? 0 : found.st_ino;
}

static int count_call(void *ctx)
{
	++*(int *)ctx;
	return -ECHILD;
}

static void test_own(void **state)
{
	struct skt_netns_set set;
	struct skt_netlink *netlink, *again;
	int calls = 0;

	(void)state;
	assert_int_equal(skt_netns_find("/proc", NULL, &set, NULL), 0);
	assert_int_equal(set.list.len, 1);
	assert_true(set.list.data[0].own);
	assert_int_equal(set.list.data[0].inode, inode_of("/proc/self/ns/net"));
	assert_int_equal(skt_netns_run(set.list.data, count_call, &calls, NULL), -ECHILD);
	assert_int_equal(calls, 1);
	if (!skt_netns_netlink(set.list.data, &netlink, NULL)) {
		assert_int_equal(skt_netns_netlink(set.list.data, &again, NULL), 0);
		assert_ptr_equal(netlink, again);
	}
	skt_netns_set_fini(&set);
}

/* Without /proc there is little to be said, but no failure, and the own one is there once. */
static void test_no_proc(void **state)
{
	static const char *const selectors[] = {NULL, "all"};
	struct skt_netns_set set;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(selectors); i++) {
		assert_int_equal(skt_netns_find("/nowhere", selectors[i], &set, NULL), 0);
		assert_true(set.list.len >= 1);
		assert_true(set.list.data[0].own);
		if (set.list.data[0].inode)
			assert_int_equal(set.list.data[0].inode, inode_of("/proc/self/ns/net"));
		else
			assert_null(set.list.data[0].label);
		for (size_t j = 1; j < set.list.len && set.list.data[0].inode; j++)
			assert_int_not_equal(set.list.data[j].inode, set.list.data[0].inode);
		skt_netns_set_fini(&set);
	}
}

static const struct {
	const char *selector;
	int rc;
} failures[] = {
	{"no-such-name-anywhere", -ENOENT},
	{"..", -EINVAL},
	{"/dev/null", -EINVAL},
	{"/no/such/file", -ENOENT},
	{"1073741824", -ESRCH},
	{"pid:1073741824", -ESRCH},
	{"pid:", -ENOENT},
	{"pid:0", -ENOENT},
	{"pid:99999999999999999999", -ENOENT},
	{"0", -ENOENT},
	{"net:[1]", -ESRCH},
	{"net:[]", -ENOENT},
	{"net:[", -ENOENT},
	{"net:[4026531840", -ENOENT},
	{"net:[99999999999999999999]", -ENOENT},
	{"net:[1]]", -ENOENT},
	{"net:[00000000000000000000000000000000000000000000000001]", -ENOENT},
	{"\n\033[31m", -ENOENT},
};

static void test_failures(void **state)
{
	struct skt_netns_set set;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(failures); i++) {
		struct skt_err err = {0};
		const char *selector =
			guard_copy(failures[i].selector, strlen(failures[i].selector) + 1);
		int rc = skt_netns_find("/proc", selector, &set, &err);

		/* Where there is no /run/netns it has no parent either. */
		if (rc != failures[i].rc && !(rc == -ENOENT && failures[i].rc == -EINVAL))
			fail_msg("%s: %s", failures[i].selector, strerror(-rc));
		assert_true(err.text[0]);
	}
}

static void test_long_name(void **state)
{
	struct skt_netns_set set;
	char name[8192];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(skt_netns_find("/proc", name, &set, NULL), -ENOENT);
	name[0] = '/';
	assert_int_equal(skt_netns_find("/proc", name, &set, NULL), -ENAMETOOLONG);
}

/* ---- a namespace with one process in it ---- */

/* 0: this system, or this user, makes none. */
static pid_t make_namespace(void)
{
	int pipes[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(pipes[0]);
		if (unshare(CLONE_NEWNET) || write(pipes[1], "+", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(pipes[1]);
	if (read(pipes[0], &byte, 1) != 1) {
		(void)waitpid(pid, NULL, 0);
		pid = 0;
	}
	(void)close(pipes[0]);
	return pid;
}

static void end(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static int note_inode(void *ctx)
{
	*(uint64_t *)ctx = inode_of("/proc/thread-self/ns/net");
	return 0;
}

static void test_other(void **state)
{
	const uint64_t own = inode_of("/proc/self/ns/net");
	struct skt_netns_set set;
	struct skt_netlink *netlink;
	pid_t pid = make_namespace();
	char selector[32], label[32], name[IF_NAMESIZE];
	uint64_t inside = 0;

	(void)state;
	if (!pid)
		skip_because("no network namespaces here");
	(void)snprintf(selector, sizeof(selector), "%d", pid);
	(void)snprintf(label, sizeof(label), "pid:%d", pid);
	assert_int_equal(skt_netns_find("/proc", selector, &set, NULL), 0);
	assert_int_equal(set.list.len, 1);
	assert_false(set.list.data[0].own);
	assert_string_equal(set.list.data[0].label, label);
	assert_int_equal(skt_netns_run(set.list.data, note_inode, &inside, NULL), 0);
	assert_int_equal(inside, set.list.data[0].inode);
	assert_int_not_equal(inside, own);
	assert_int_equal(inode_of("/proc/thread-self/ns/net"), own);
	assert_int_equal(skt_netns_netlink(set.list.data, &netlink, NULL), 0);
	assert_int_equal(skt_netns_interface(set.list.data, 1, &name), 0);
	assert_string_equal(name, "lo");
	assert_int_equal(skt_netns_interface(set.list.data, 4711, &name), -ENODEV);
	end(pid);
	/* The socket keeps the namespace. */
	assert_int_equal(skt_netns_interface(set.list.data, 1, &name), 0);
	assert_int_equal(
		skt_netns_find("/proc", selector, &(struct skt_netns_set){0}, NULL), -ESRCH);
	skt_netns_set_fini(&set);
}

/* Who ends between the search and the visit takes no namespace away, but where one is chosen. */
static void test_vanishing(void **state)
{
	struct skt_netns_set all, one;
	struct skt_netlink *netlink;
	pid_t pid = make_namespace();
	char selector[32];
	size_t found = 0;

	(void)state;
	if (!pid)
		skip_because("no network namespaces here");
	(void)snprintf(selector, sizeof(selector), "pid:%d", pid);
	assert_int_equal(skt_netns_find("/proc", "all", &all, NULL), 0);
	assert_int_equal(skt_netns_find("/proc", selector, &one, NULL), 0);
	end(pid);
	for (size_t i = 0; i < all.list.len; i++) {
		if (!all.list.data[i].label || strcmp(all.list.data[i].label, selector) != 0)
			continue;
		found++;
		assert_int_equal(skt_netns_netlink(&all.list.data[i], &netlink, NULL), 0);
	}
	assert_int_equal(found, 1);
	assert_int_equal(skt_netns_netlink(one.list.data, &netlink, NULL), -ENOENT);
	skt_netns_set_fini(&all);
	skt_netns_set_fini(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_own),
		unit_test(test_no_proc),
		unit_test(test_failures),
		unit_test(test_long_name),
		unit_test(test_other),
		unit_test(test_vanishing),
	};

	/* Others than root may enter what is theirs, in a user namespace of their own. */
	if (geteuid() != 0)
		(void)unshare(CLONE_NEWUSER);
	return cmocka_run_group_tests_name("netns", tests, NULL, NULL);
}
