#include "cmd/stream/program.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "proc/pidfd.h"

enum { STACK_SIZE = 64 * 1024 };

static int find_in(const char *dir, size_t len, const char *name, char **ret)
{
	if (asprintf(ret, "%.*s/%s", (int)len, len ? dir : ".", name) < 0)
		return -ENOMEM;
	if (access(*ret, X_OK) == 0)
		return 0;
	free(*ret);
	*ret = NULL;
	return -ENOENT;
}

static int find(const char *name, const char *path, char **ret)
{
	int r = -ENOENT;

	if (strchr(name, '/')) {
		if (access(name, X_OK))
			return -errno;
		*ret = strdup(name);
		return *ret ? 0 : -ENOMEM;
	}
	if (!path)
		path = "/bin:/usr/bin";
	for (; r == -ENOENT; path++) {
		size_t len = strcspn(path, ":");

		r = find_in(path, len, name, ret);
		path += len;
		if (!*path)
			break;
	}
	return r;
}

/* As execvp(3) has it: the shell with the file for its first word. */
static char **script_words(const struct skt_program *program)
{
	static char shell[] = "/bin/sh";
	size_t count = 0;
	char **words;

	while (program->argv[count])
		count++;
	words = calloc(count + 2, sizeof(*words));
	if (!words)
		return NULL;
	words[0] = shell;
	words[1] = program->path;
	for (size_t i = 1; i < count; i++)
		words[i + 1] = program->argv[i];
	return words;
}

int skt_program_prepare(struct skt_program *program, const char *path, struct skt_err *err)
{
	int r = find(program->argv[0], path, &program->path);

	if (r)
		return skt_fail(err, -r, "run %.128s", program->argv[0]);
	program->stack = malloc(STACK_SIZE);
	program->script = script_words(program);
	return program->stack && program->script
		? 0
		: skt_fail(err, ENOMEM, "run %.128s", program->argv[0]);
}

void skt_program_discard(struct skt_program *program)
{
	free(program->path);
	free(program->stack);
	free((void *)program->script);
	program->path = NULL;
	program->stack = NULL;
	program->script = NULL;
}

struct child {
	const struct skt_program *program;
	char *const *environment;
	int fd;
	int error; /* set by the child, which shares our memory */
};

/*
 * In the child, on a stack of its own, while the parent is held: nothing here may allocate, or
 * change what the parent will see, but for `error`. Sanitizers cannot follow a stack that appears
 * from nowhere.
 */
__attribute__((no_sanitize("address", "undefined", "thread"))) static int run_child(void *arg)
{
	struct child *child = arg;
	const struct skt_program *program = child->program;
	struct sigaction action = {0};

	/* All signals are blocked: no handler of ours can run here before it is gone. */
	for (int signo = 1; signo < NSIG; signo++) {
		if (sigismember(&program->changed, signo) != 1)
			continue;
		action.sa_handler = sigismember(&program->ignored, signo) == 1 ? SIG_IGN : SIG_DFL;
		(void)sigaction(signo, &action, NULL);
	}
	(void)setpgid(0, 0);
	if (dup2(child->fd, STDIN_FILENO) < 0 || dup2(child->fd, STDOUT_FILENO) < 0) {
		child->error = errno;
		_exit(127);
	}
	(void)setrlimit(RLIMIT_NOFILE, &program->nofile);
	(void)sigprocmask(SIG_SETMASK, &program->mask, NULL);
	(void)execve(program->path, program->argv, child->environment);
	if (errno == ENOEXEC)
		(void)execve(program->script[0], program->script, child->environment);
	child->error = errno;
	_exit(127);
}

int skt_program_start(
	const struct skt_program *program, int fd, char *const *environment, struct skt_child *ret)
{
	struct child child = {.program = program, .environment = environment, .fd = fd};
	sigset_t all, before;
	/* The socket is the child's alone. */
	int pidfd = -1, r = skt_descriptor_block(fd);
	pid_t pid;

	if (r)
		return r;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	pid = clone(run_child, (char *)program->stack + STACK_SIZE,
		CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &child, &pidfd);
	if (pid < 0)
		r = -errno;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r)
		return r;
	if (child.error) {
		(void)waitpid(pid, NULL, 0);
		(void)close(pidfd);
		return -child.error;
	}
	*ret = (struct skt_child){.pid = pid, .pidfd = pidfd};
	return 0;
}

int skt_child_reap(const struct skt_child *process, int *ret_status)
{
	pid_t pid;

	do
		pid = waitpid(process->pid, ret_status, 0);
	while (pid < 0 && errno == EINTR);
	return pid < 0 ? -errno : 0;
}

void skt_child_signal(const struct skt_child *process, int signo)
{
	/* It may have gone to a group of its own making. */
	if (kill(-process->pid, signo) && errno == ESRCH)
		(void)skt_pidfd_signal(process->pidfd, signo);
	else
		(void)kill(-process->pid, SIGCONT);
}

bool skt_child_has_heirs(const struct skt_child *process)
{
	return kill(-process->pid, 0) == 0 || errno == EPERM;
}
