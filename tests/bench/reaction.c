/*
 * How soon `sockkit ports --wait` sees that somebody listens, and `--wait-closed` that nobody does
 * any more, and what they cost while nothing happens. Writes lines
 * `OPTION<TAB>MEDIAN_MS<TAB>MAX_MS<TAB>IDLE_CPU_PERCENT`.
 *
 *     reaction SOCKKIT ROUNDS
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum { ROUNDS_MAX = 1000, SETTLE_MS = 150, STEP_US = 3700, IDLE_MS = 5000 };

static void die(const char *what)
{
	perror(what);
	exit(3);
}

static void pause_us(uint64_t us)
{
	const struct timespec pause = {
		.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000 * 1000)};

	(void)nanosleep(&pause, NULL);
}

/* A socket bound to a port of its own, which stays the same for all rounds. */
static int open_bound(struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
	socklen_t len = sizeof(*at);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
		bind(fd, (struct sockaddr *)at, len) ||
		getsockname(fd, (struct sockaddr *)at, &len))
		die("bind");
	return fd;
}

static pid_t start(const char *sockkit, const char *option, uint16_t port)
{
	char text[8], mode[32];
	pid_t pid;

	(void)snprintf(text, sizeof(text), "%u", port);
	(void)snprintf(mode, sizeof(mode), "%s=60", option);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		(void)execl(sockkit, "sockkit", "ports", mode, text, (char *)NULL);
		_exit(127);
	}
	return pid;
}

/* Waits for it, and tells its CPU time. */
static double finish(pid_t pid)
{
	struct rusage usage;

	while (wait4(pid, NULL, 0, &usage) < 0)
		if (errno != EINTR)
			die("wait4");
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
		(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static double react(const char *sockkit, bool closed, uint64_t settle_us)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = open_bound(&at);
	uint64_t begin;
	pid_t pid;

	if (closed && listen(fd, 1))
		die("listen");
	pid = start(sockkit, closed ? "--wait-closed" : "--wait", ntohs(at.sin_port));
	pause_us(settle_us);
	begin = skt_clock_ns();
	if (closed ? close(fd) : listen(fd, 1))
		die(closed ? "close" : "listen");
	(void)finish(pid);
	begin = skt_clock_ns() - begin;
	if (!closed)
		(void)close(fd);
	return (double)begin / 1e6;
}

/* CPU time in percent of one processor, of which what it takes to start is a part. */
static double idle(const char *sockkit, bool closed)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = open_bound(&at);
	pid_t pid;

	if (closed && listen(fd, 1))
		die("listen");
	pid = start(sockkit, closed ? "--wait-closed" : "--wait", ntohs(at.sin_port));
	pause_us(IDLE_MS * UINT64_C(1000));
	(void)kill(pid, SIGTERM);
	(void)close(fd);
	return finish(pid) / IDLE_MS * 100;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	double ms[ROUNDS_MAX];
	int rounds = argc == 3 ? (int)strtol(argv[2], NULL, 10) : 0;

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		(void)fprintf(stderr, "usage: reaction SOCKKIT ROUNDS\n");
		return 2;
	}
	for (int closed = 0; closed < 2; closed++) {
		/* At another moment of its rhythm each time. */
		for (int i = 0; i < rounds; i++)
			ms[i] = react(argv[1], closed,
				SETTLE_MS * UINT64_C(1000) + (uint64_t)i * STEP_US);
		qsort(ms, (size_t)rounds, sizeof(ms[0]), compare);
		(void)printf("%s\t%.2f\t%.2f\t%.2f\n", closed ? "--wait-closed" : "--wait",
			ms[rounds / 2], ms[rounds - 1], idle(argv[1], closed));
	}
	return 0;
}
