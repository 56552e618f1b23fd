/*
 * make_sockets CONNECTIONS [PROCESSES [apart]]: holds that many established TCP connections over
 * loopback, both ends, in the current network namespace: CONNECTIONS * 2 sockets, one PROCESSES-th
 * of them in each of PROCESSES children; `apart`: each in a network namespace of its own. Says
 * "ready" on stdout when all are there; ends with stdin or SIGTERM.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* To one address and port there are only so many ephemeral source ports (28,232 by default). */
enum { PER_ADDRESS = 20000 };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int listener(struct sockaddr_in *ret)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	socklen_t len = sizeof(*ret);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, 16) ||
		getsockname(fd, (struct sockaddr *)ret, &len))
		die("listen");
	return fd;
}

/* Moves to a new network namespace, where loopback is up. */
static void move_apart(void)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	if (unshare(CLONE_NEWNET))
		die("unshare");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &loopback))
		die("lo");
	(void)close(fd);
}

/* Makes COUNT connections, tells the parent by closing READY, and holds them until it is killed. */
static void hold(unsigned long count, int ready)
{
	struct sockaddr_in to;
	int server = listener(&to);

	for (unsigned long i = 0; i < count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		to.sin_addr.s_addr = htonl(0x7f000001U + (uint32_t)(i / PER_ADDRESS));
		if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
			die("connect");
		if (accept4(server, NULL, NULL, SOCK_CLOEXEC) < 0)
			die("accept");
	}
	(void)close(server);
	if (write(ready, "+", 1) != 1)
		die("write");
	for (;;)
		(void)pause();
}

static void raise_limit(void)
{
	struct rlimit limit = {.rlim_cur = 1 << 20, .rlim_max = 1 << 20};

	if (setrlimit(RLIMIT_NOFILE, &limit) == 0 || getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || !value || value > 10000000) {
		(void)fprintf(stderr, "make_sockets: not a count: %s\n", text);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	unsigned long connections, processes;
	bool apart = argc > 3 && strcmp(argv[3], "apart") == 0;
	int pipes[2];
	char byte;

	if (argc < 2 || argc > 3 + apart) {
		(void)fprintf(stderr, "usage: make_sockets CONNECTIONS [PROCESSES [apart]]\n");
		return 2;
	}
	connections = number(argv[1]);
	processes = argc > 2 ? number(argv[2]) : 50;
	raise_limit();
	if (pipe(pipes))
		die("pipe");
	for (unsigned long i = 0; i < processes; i++) {
		pid_t parent = getpid(), pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() != parent)
				return 1;
			(void)close(pipes[0]);
			if (apart)
				move_apart();
			hold(connections / processes + (i < connections % processes), pipes[1]);
		}
	}
	(void)close(pipes[1]);
	for (unsigned long i = 0; i < processes; i++)
		if (read(pipes[0], &byte, 1) != 1) {
			(void)fprintf(stderr, "make_sockets: a process failed\n");
			return 1;
		}
	if (puts("ready") < 0 || fflush(stdout))
		die("stdout");
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
