/* Processes that are pinned: children of this test, and directories that look like some. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "proc/pidfd.h"
#include "tests/patience/patience.h"

/* A child that lives until it is signalled or this test ends. */
static pid_t child_make(void)
{
	pid_t parent = getpid(), pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		(void)pause();
	_exit(0);
}

static bool has_ended(int pidfd, int timeout_ms)
{
	struct pollfd pollfd = {.fd = pidfd, .events = POLLIN};

	return poll(&pollfd, 1, timeout_ms) == 1;
}

static void test_life_and_death(void **state)
{
	pid_t pid = child_make();
	int pidfd = skt_pidfd_open((uint32_t)pid);
	int status;

	(void)state;
	if (pidfd == -ENOSYS) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		skip_because("a kernel without pidfds");
	}
	assert_true(pidfd >= 0);
	assert_true(fcntl(pidfd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(skt_pidfd_signal(pidfd, 0), 0);
	assert_false(has_ended(pidfd, 0));
	assert_int_equal(skt_pidfd_signal(pidfd, SIGTERM), 0);
	assert_true(has_ended(pidfd, patience_ms()));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	/* Whoever comes to its number now is not signalled through this descriptor. */
	assert_int_equal(skt_pidfd_signal(pidfd, 0), -ESRCH);
	assert_int_equal(close(pidfd), 0);
	assert_int_equal(skt_pidfd_open((uint32_t)pid), -ESRCH);
}

static void test_what_is_no_process(void **state)
{
	static const uint32_t pids[] = {0, UINT32_MAX, UINT32_C(1) << 31, 0x3fffffff};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(pids); i++)
		assert_true(skt_pidfd_open(pids[i]) < 0);
	assert_true(skt_pidfd_signal(-1, 0) < 0);
	assert_true(skt_pidfd_signal(STDIN_FILENO, 0) < 0);
}

static void test_what_it_holds(void **state)
{
	const uint32_t self = (uint32_t)getpid();
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), other;
	struct stat stat;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &stat), 0);
	assert_int_equal(skt_process_holds("/proc", self, (uint32_t)fd, stat.st_ino), 1);
	assert_int_equal(skt_process_holds("/proc", self, (uint32_t)fd, stat.st_ino + 1), 0);
	assert_int_equal(skt_process_holds("/proc", self, (uint32_t)fd, 0), 0);
	assert_int_equal(
		skt_process_holds("/proc", UINT32_MAX, (uint32_t)fd, stat.st_ino), -ENOENT);
	assert_int_equal(
		skt_process_holds("/nonexistent", self, (uint32_t)fd, stat.st_ino), -ENOENT);
	other = dup(STDERR_FILENO);
	assert_int_equal(skt_process_holds("/proc", self, (uint32_t)other, stat.st_ino), 0);
	(void)close(other);
	(void)close(fd);
	/* The number may be another socket's by now. */
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(skt_process_holds("/proc", self, (uint32_t)fd, stat.st_ino), 0);
	(void)close(fd);
}

/* The first thread of a process may end before the others; then its own directory is empty. */
static void test_what_its_threads_hold(void **state)
{
	static const char *const dirs[] = {"", "/9", "/9/fd", "/9/task", "/9/task/9",
		"/9/task/9/fd", "/9/task/10", "/9/task/10/fd"};
	char root[] = "/tmp/sockkit-pidfd.XXXXXX", path[96];

	(void)state;
	assert_non_null(mkdtemp(root));
	for (size_t i = 1; i < SKT_COUNT(dirs); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", root, dirs[i]);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	(void)snprintf(path, sizeof(path), "%s/9/task/10/fd/3", root);
	assert_int_equal(symlink("socket:[42]", path), 0);
	assert_int_equal(skt_process_holds(root, 9, 3, 42), 1);
	assert_int_equal(skt_process_holds(root, 9, 3, 43), 0);
	assert_int_equal(skt_process_holds(root, 9, 4, 42), 0);
	assert_int_equal(skt_process_holds(root, 10, 3, 42), -ENOENT);
	assert_int_equal(unlink(path), 0);
	for (size_t i = SKT_COUNT(dirs); i-- > 0;) {
		(void)snprintf(path, sizeof(path), "%s%s", root, dirs[i]);
		assert_int_equal(rmdir(path), 0);
	}
}

/* Runs as a user without any privilege: what FN returns, below 100. */
static int as_somebody(int (*fn)(const char *root), const char *root)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		if (!geteuid() && (setgid(65534) || setuid(65534)))
			_exit(100);
		_exit(fn(root));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int see_descriptor(const char *root)
{
	return -skt_process_holds(root, 9, 3, 42);
}

/* Not to see is not to see that it is gone. */
static void test_what_may_not_be_seen(void **state)
{
	char root[] = "/tmp/sockkit-pidfd.XXXXXX", path[96];

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(chmod(root, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/9", root);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(as_somebody(see_descriptor, root), ENOENT);
	(void)snprintf(path, sizeof(path), "%s/9/fd", root);
	assert_int_equal(mkdir(path, 0), 0);
	assert_int_equal(as_somebody(see_descriptor, root), EACCES);
	assert_int_equal(rmdir(path), 0);
	(void)snprintf(path, sizeof(path), "%s/9", root);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(root), 0);
}

static void test_ancestors(void **state)
{
	const uint32_t self = (uint32_t)getpid(), parent = (uint32_t)getppid();
	pid_t child = child_make();

	(void)state;
	assert_true(skt_process_is_ancestor("/proc", self, self));
	assert_true(skt_process_is_ancestor("/proc", parent, self));
	assert_true(skt_process_is_ancestor("/proc", self, (uint32_t)child));
	assert_true(skt_process_is_ancestor("/proc", parent, (uint32_t)child));
	assert_false(skt_process_is_ancestor("/proc", (uint32_t)child, self));
	assert_false(skt_process_is_ancestor("/proc", UINT32_MAX, self));
	assert_false(skt_process_is_ancestor("/nonexistent", parent, self));
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* stat lines as hostile programs would have them: PR_SET_NAME takes anything. */
static void test_hostile_names(void **state)
{
	static const struct {
		const char *stat;
		bool child_of_7;
	} cases[] = {
		{"9 (x) S 7 1 1", true},
		{"9 () S 7 1 1", true},
		{"9 () S 5 () S 7 1", true},
		{"9 (a) R 5 1\n) S 7 1", true},
		{"9 (a b) S 70 7", false},
		{"9 (x) S 7", true},
		{"9 (x) S ", false},
		{"9 (x)", false},
		{"9 (x", false},
		{"9 (x) S x", false},
		{"9 (x) S -7", false},
		{"", false},
		{")", false},
	};
	char root[] = "/tmp/sockkit-pidfd.XXXXXX", dir[64], path[80];

	(void)state;
	assert_non_null(mkdtemp(root));
	(void)snprintf(dir, sizeof(dir), "%s/9", root);
	(void)snprintf(path, sizeof(path), "%s/stat", dir);
	assert_int_equal(mkdir(dir, 0755), 0);
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		FILE *file = fopen(path, "we");

		assert_non_null(file);
		assert_int_equal(fwrite(cases[i].stat, 1, strlen(cases[i].stat), file),
			strlen(cases[i].stat));
		assert_int_equal(fclose(file), 0);
		if (skt_process_is_ancestor(root, 7, 9) != cases[i].child_of_7)
			fail_msg("'%s'", cases[i].stat);
	}
	/* Its own parent, as numbers that are reused may have it: no endless walk. */
	{
		FILE *file = fopen(path, "we");

		assert_non_null(file);
		assert_true(fprintf(file, "9 (x) S 9 1") > 0);
		assert_int_equal(fclose(file), 0);
		assert_false(skt_process_is_ancestor(root, 7, 9));
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(rmdir(root), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_life_and_death),
		unit_test(test_what_is_no_process),
		unit_test(test_what_it_holds),
		unit_test(test_what_its_threads_hold),
		unit_test(test_what_may_not_be_seen),
		unit_test(test_ancestors),
		unit_test(test_hostile_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
