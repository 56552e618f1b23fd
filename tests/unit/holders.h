/* Processes that hold sockets, in ways that whoever looks for holders may stumble over. */
#ifndef SKT_TESTS_HOLDERS_H
#define SKT_TESTS_HOLDERS_H

#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/owner.h"

static inline struct skt_owners *owners_new(const char *proc_root)
{
	struct skt_owners *owners;

	assert_int_equal(skt_owners_new(proc_root, &owners), 0);
	return owners;
}

static inline void scan(struct skt_owners *owners)
{
	struct skt_err err = {0};

	if (skt_owners_scan(owners, &err) != 0)
		fail_msg("scan: %s", err.text);
}

static inline int open_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

static inline uint64_t inode_of(int fd)
{
	struct stat stat;

	assert_int_equal(fstat(fd, &stat), 0);
	return stat.st_ino;
}

/* Runs BODY in a child and takes its exit status: 0 or the number of the check that failed. */
static inline void assert_in_child(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* A child that says "ready" by closing its end, and stays until the parent closes the other. */
struct child {
	pid_t pid;
	int hold; /* the parent's end */
};

static inline void child_start(struct child *child, void (*body)(int ready, int hold))
{
	int ready[2], hold[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	child->pid = fork();
	assert_true(child->pid >= 0);
	if (child->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(ready[0]);
		(void)close(hold[1]);
		body(ready[1], hold[0]);
		_exit(0);
	}
	(void)close(ready[1]);
	(void)close(hold[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	child->hold = hold[1];
}

static inline void child_end(struct child *child)
{
	(void)close(child->hold);
	assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
}

static inline void stay(int ready, int hold)
{
	char byte = 'r';

	if (write(ready, &byte, 1) == 1)
		(void)!read(hold, &byte, 1);
}

static int leader_ready, leader_hold;

/* Says ready once the leader is a zombie. */
static inline void *outlive_leader(void *arg)
{
	char path[64], line[256], *close_paren;
	ssize_t len;
	int fd;

	(void)arg;
	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	do {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		len = read(fd, line, sizeof(line) - 1);
		(void)close(fd);
		line[len > 0 ? len : 0] = '\0';
		close_paren = strrchr(line, ')');
	} while (!close_paren || close_paren[2] != 'Z');
	stay(leader_ready, leader_hold);
	_exit(0);
}

static inline void leave_to_thread(int ready, int hold)
{
	pthread_t thread;

	leader_ready = ready;
	leader_hold = hold;
	if (pthread_create(&thread, NULL, outlive_leader, NULL) == 0)
		pthread_exit(NULL);
}

#endif
