/*
 * Sockets that stay among sockets that come and go as fast as this machine can: `churn tcp|udp|unix
 * KEPT WORKERS` says "ready" once KEPT sockets (of TCP: connections, both ends) are open, and ends
 * when its stdin does, with a line on stderr for each worker: how many it opened and closed a
 * second. What stays is at 127.0.1.X, or is called @kept-N.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, PER_ADDRESS = 20000, WORKERS_MAX = 64 };

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in loopback(unsigned int host)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + host)};
}

static int bound(int type, unsigned int host)
{
	struct sockaddr_in addr = loopback(host);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		fail("bind");
	return fd;
}

/* The address of 127.0.1.X that the kept one of this number is at. */
static unsigned int host_of(unsigned int number)
{
	return 0x100 + number / PER_ADDRESS;
}

static int listener(struct sockaddr_in *ret)
{
	socklen_t len = sizeof(*ret);
	int fd = bound(SOCK_STREAM, 0);

	if (listen(fd, SOMAXCONN) || getsockname(fd, (struct sockaddr *)ret, &len))
		fail("listen");
	return fd;
}

static void keep_tcp(unsigned int count)
{
	struct sockaddr_in addr;
	int fd = listener(&addr);

	for (unsigned int i = 0; i < count; i++)
		if (connect(bound(SOCK_STREAM, host_of(i)), (struct sockaddr *)&addr,
			    sizeof(addr)) ||
			accept4(fd, NULL, NULL, SOCK_CLOEXEC) < 0)
			fail("connect");
}

/* Resets, which leave nothing in TIME-WAIT behind. */
static void pass_tcp(volatile uint64_t *count)
{
	const struct linger linger = {.l_onoff = 1};
	struct sockaddr_in addr;
	const int at = listener(&addr);
	int fds[BATCH], accepted[BATCH];

	for (;; *count += BATCH) {
		for (int i = 0; i < BATCH; i++) {
			fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
			if (setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) ||
				connect(fds[i], (struct sockaddr *)&addr, sizeof(addr)))
				fail("connect");
			accepted[i] = accept4(at, NULL, NULL, SOCK_CLOEXEC);
		}
		for (int i = 0; i < BATCH; i++) {
			(void)close(fds[i]);
			(void)close(accepted[i]);
		}
	}
}

static void keep_udp(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		(void)bound(SOCK_DGRAM, host_of(i));
}

static void pass_udp(volatile uint64_t *count)
{
	int fds[BATCH];

	for (;; *count += BATCH) {
		for (int i = 0; i < BATCH; i++)
			fds[i] = bound(SOCK_DGRAM, 0);
		for (int i = 0; i < BATCH; i++)
			(void)close(fds[i]);
	}
}

static void keep_unix(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct sockaddr_un addr = {.sun_family = AF_UNIX};
		int len = snprintf(addr.sun_path + 1, sizeof(addr.sun_path) - 1, "kept-%u", i);
		int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		if (fd < 0 ||
			bind(fd, (struct sockaddr *)&addr,
				(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
					(size_t)len)))
			fail("bind");
	}
}

static void pass_unix(volatile uint64_t *count)
{
	int fds[BATCH][2];

	for (;; *count += BATCH) {
		for (int i = 0; i < BATCH; i++)
			if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds[i]))
				fail("socketpair");
		for (int i = 0; i < BATCH; i++) {
			(void)close(fds[i][0]);
			(void)close(fds[i][1]);
		}
	}
}

static const struct kind {
	const char *name;
	void (*keep)(unsigned int count);
	void (*pass)(volatile uint64_t *count);
} kinds[] = {
	{"tcp", keep_tcp, pass_tcp},
	{"udp", keep_udp, pass_udp},
	{"unix", keep_unix, pass_unix},
	{0},
};

static double now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	const struct kind *kind = kinds;
	const unsigned int workers = argc == 4 ? (unsigned int)strtoul(argv[3], NULL, 10) : 0;
	volatile uint64_t *counts;
	pid_t pids[WORKERS_MAX];
	struct rlimit files;
	double begin;
	char byte;

	while (argc == 4 && kind->name && strcmp(kind->name, argv[1]) != 0)
		kind++;
	if (argc != 4 || !kind->name || workers > WORKERS_MAX) {
		(void)fputs("usage: churn tcp|udp|unix KEPT WORKERS\n", stderr);
		return 2;
	}
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	counts = mmap(NULL, WORKERS_MAX * sizeof(*counts), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		fail("mmap");
	kind->keep((unsigned int)strtoul(argv[2], NULL, 10));
	begin = now();
	for (unsigned int i = 0; i < workers; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			fail("fork");
		if (!pids[i]) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			kind->pass(&counts[i]);
		}
	}
	(void)puts("ready");
	(void)fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	for (unsigned int i = 0; i < workers; i++) {
		(void)fprintf(stderr, "%s: %.0f opened and closed a second\n", kind->name,
			(double)counts[i] / (now() - begin));
		(void)kill(pids[i], SIGKILL);
		(void)waitpid(pids[i], NULL, 0);
	}
	return 0;
}
