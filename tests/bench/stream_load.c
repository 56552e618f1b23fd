/*
 * Clients in numbers, for measuring servers. Each prints one figure.
 *
 *     stream_load connections PORT SECONDS   connect, 64 bytes there and back, close; per second
 *     stream_load many PORT COUNT            the same COUNT times; prints COUNT
 *     stream_load rounds PORT SECONDS COUNT  64 bytes there and back, on COUNT connections; per s
 *     stream_load fan PORT COUNT             COUNT connections, one speaks: ms until all have heard
 *     stream_load hold PORT COUNT            COUNT connections, `ready`, held until stdin ends
 *     stream_load push PORT BYTES            sends, half-closes, waits for the end; GiB/s
 *     stream_load proxied PORT SECONDS HOW TARGET  by way of a proxy (HOW: socks, http) at PORT to
 * an echo server at TARGET: connections, as above; per second stream_load proxied_push PORT BYTES
 * HOW TARGET  the same of push, to a sink stream_load sink PORT                  `ready`, then
 * throws away what comes, for ever
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { MESSAGE = 64, AT_ONCE = 32, BATCH = 128, ADDRESSES = 100 };

static void die(const char *what)
{
	perror(what);
	exit(3);
}

/* 127.0.0.1 to 127.0.0.100 in turn, so that ports do not run out while closed ones wait. */
static struct sockaddr_in address_of(int port, unsigned int number)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + number % ADDRESSES),
	};
}

static int open_one(int port, unsigned int number, int flags)
{
	struct sockaddr_in address = address_of(port, number);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), on = 1;

	if (fd < 0)
		die("socket");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) && errno != EINPROGRESS)
		die("connect");
	return fd;
}

static void watch(int epoll, int op, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	if (epoll_ctl(epoll, op, fd, &event))
		die("epoll_ctl");
}

static void say(int fd)
{
	static const char message[MESSAGE] =
		"sixty-four bytes that end with a newline, as lines do\n";

	if (send(fd, message, MESSAGE, MSG_NOSIGNAL) != MESSAGE)
		die("send");
}

/* For SECONDS, or until MOST are done. */
static uint64_t connections(int port, double seconds, uint64_t most)
{
	uint64_t start = skt_clock_ns(), end = start + (uint64_t)(seconds * 1e9);
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	unsigned int number = 0;
	uint64_t done = 0;

	for (; number < AT_ONCE; number++)
		watch(epoll, EPOLL_CTL_ADD, open_one(port, number, SOCK_NONBLOCK), EPOLLOUT);
	while (done < most && skt_clock_ns() < end) {
		struct epoll_event events[BATCH];
		int count = epoll_wait(epoll, events, BATCH, 1000);

		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			char answer[MESSAGE];

			if (events[i].events & EPOLLOUT) {
				say(fd);
				watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN);
				continue;
			}
			if (recv(fd, answer, MESSAGE, 0) <= 0)
				die("no answer");
			(void)close(fd);
			done++;
			watch(epoll, EPOLL_CTL_ADD, open_one(port, number++, SOCK_NONBLOCK),
				EPOLLOUT);
		}
	}
	return done;
}

static void connections_per_second(int port, double seconds)
{
	uint64_t start = skt_clock_ns(), done = connections(port, seconds, UINT64_MAX);

	(void)printf("%.0f\n", (double)done * 1e9 / (double)(skt_clock_ns() - start));
}

static void many(int port, uint64_t count)
{
	if (connections(port, 600, count) < count)
		die("too slow");
	(void)printf("%llu\n", (unsigned long long)count);
}

static int *open_many(int port, unsigned int count)
{
	int *fds = calloc(count, sizeof(*fds));

	if (!fds)
		die("calloc");
	for (unsigned int i = 0; i < count; i++)
		fds[i] = open_one(port, i, 0);
	return fds;
}

static void rounds(int port, double seconds, unsigned int count)
{
	int *fds = open_many(port, count), epoll = epoll_create1(EPOLL_CLOEXEC);
	uint64_t start = skt_clock_ns(), end = start + (uint64_t)(seconds * 1e9), done = 0;

	for (unsigned int i = 0; i < count; i++) {
		watch(epoll, EPOLL_CTL_ADD, fds[i], EPOLLIN);
		say(fds[i]);
	}
	while (skt_clock_ns() < end) {
		struct epoll_event events[BATCH];
		int ready = epoll_wait(epoll, events, BATCH, 1000);

		for (int i = 0; i < ready; i++) {
			char answer[MESSAGE];

			if (recv(events[i].data.fd, answer, MESSAGE, 0) <= 0)
				die("no answer");
			done++;
			say(events[i].data.fd);
		}
	}
	(void)printf("%.0f\n", (double)done * 1e9 / (double)(skt_clock_ns() - start));
	free(fds);
}

static void fan(int port, unsigned int count)
{
	int *fds = open_many(port, count), epoll = epoll_create1(EPOLL_CLOEXEC);
	unsigned int heard = 0;
	uint64_t start;

	for (unsigned int i = 1; i < count; i++)
		watch(epoll, EPOLL_CTL_ADD, fds[i], EPOLLIN);
	/* The server may still be accepting: the first word only finds out. */
	for (int round = 0; round < 2; round++) {
		start = skt_clock_ns();
		say(fds[0]);
		for (heard = 0; heard < count - 1;) {
			struct epoll_event events[BATCH];
			int ready = epoll_wait(epoll, events, BATCH, 2000);

			if (ready <= 0)
				break;
			for (int i = 0; i < ready; i++) {
				char bytes[4 * MESSAGE];

				if (recv(events[i].data.fd, bytes, sizeof(bytes), 0) <= 0)
					die("cut off");
				heard++;
			}
		}
	}
	if (heard < count - 1)
		die("not all have heard");
	(void)printf("%.1f\n", (double)(skt_clock_ns() - start) / 1e6);
	free(fds);
}

static void hold(int port, unsigned int count)
{
	int *fds = open_many(port, count);
	char byte;

	(void)printf("ready\n");
	(void)fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	free(fds);
}

/* Reads exactly SIZE bytes. */
static void hear(int fd, char *bytes, size_t size)
{
	if (recv(fd, bytes, size, MSG_WAITALL) != (ssize_t)size)
		die("an answer");
}

/* Has the proxy at the other end connect to TARGET of 127.0.0.1, and waits for its word. */
static void ask(int fd, const char *how, int target)
{
	const char request[] = {5, 1, 0, 1, 127, 0, 0, 1, (char)(target >> 8), (char)target};
	char answer[256];
	size_t len = 0;

	if (strcmp(how, "socks") == 0) {
		(void)!write(fd, "\5\1", 3);
		hear(fd, answer, 2);
		(void)!write(fd, request, sizeof(request));
		hear(fd, answer, sizeof(request));
		if (answer[1])
			die("no");
		return;
	}
	(void)dprintf(fd, "CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n", target);
	do
		hear(fd, answer + len, 1);
	while (++len < sizeof(answer) && (len < 4 || memcmp(answer + len - 4, "\r\n\r\n", 4) != 0));
	if (memcmp(answer + 8, " 200", 4) != 0)
		die("no");
}

/* As many processes as connections() has connections at once, each with one after the other. */
static void proxied(int port, double seconds, const char *how, int target)
{
	uint64_t end_ns = skt_clock_ns() + (uint64_t)(seconds * 1e9), sum = 0;
	uint64_t *counts = mmap(NULL, AT_ONCE * sizeof(*counts), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (counts == MAP_FAILED)
		die("mmap");
	for (unsigned int i = 0; i < AT_ONCE; i++) {
		char bytes[MESSAGE] = {0};

		if (fork() != 0)
			continue;
		while (skt_clock_ns() < end_ns) {
			int fd = open_one(port, i + (unsigned int)counts[i] * AT_ONCE, 0);

			ask(fd, how, target);
			(void)!write(fd, bytes, sizeof(bytes));
			hear(fd, bytes, sizeof(bytes));
			(void)close(fd);
			counts[i]++;
		}
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	for (unsigned int i = 0; i < AT_ONCE; i++)
		sum += counts[i];
	(void)printf("%.0f\n", (double)sum / seconds);
}

/* HOW NULL: to whoever is at PORT. */
static void push(int port, uint64_t bytes, const char *how, int target)
{
	uint64_t start = skt_clock_ns(), left = bytes;
	int fd = open_one(port, 0, 0), file = memfd_create("push", MFD_CLOEXEC);
	off_t size = 64 * 1024 * 1024;
	char byte;

	if (file < 0 || ftruncate(file, size))
		die("memfd");
	if (how)
		ask(fd, how, target);
	while (left) {
		off_t at = 0;
		ssize_t n = sendfile(
			fd, file, &at, (size_t)(left < (uint64_t)size ? left : (uint64_t)size));

		if (n <= 0)
			die("sendfile");
		left -= (uint64_t)n;
	}
	(void)shutdown(fd, SHUT_WR);
	while (recv(fd, &byte, 1, 0) > 0)
		;
	(void)printf(
		"%.2f\n", (double)bytes / (1 << 30) / ((double)(skt_clock_ns() - start) / 1e9));
}

static void drain(int fd)
{
	ssize_t n;

	/* TCP throws away without copying. */
	do
		n = recv(fd, NULL, 1 << 20, MSG_TRUNC);
	while (n > 0 || (n < 0 && errno == EINTR));
	(void)close(fd);
}

static void sink(int port)
{
	struct sockaddr_in address = address_of(port, 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, client;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 128))
		die("listen");
	(void)printf("ready\n");
	(void)fflush(stdout);
	while ((client = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		drain(client);
	die("accept");
}

static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		die("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	int port = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;
	double number = argc > 3 ? strtod(argv[3], NULL) : 0;

	raise_limit();
	if (strcmp(what, "sink") == 0)
		sink(port);
	else if (strcmp(what, "connections") == 0 && number > 0)
		connections_per_second(port, number);
	else if (strcmp(what, "many") == 0 && number > 0)
		many(port, (uint64_t)number);
	else if (strcmp(what, "rounds") == 0 && argc == 5 && number > 0)
		rounds(port, number, (unsigned int)strtoul(argv[4], NULL, 10));
	else if (strcmp(what, "fan") == 0 && number >= 2)
		fan(port, (unsigned int)number);
	else if (strcmp(what, "hold") == 0 && number >= 1)
		hold(port, (unsigned int)number);
	else if (strcmp(what, "push") == 0 && number >= 1)
		push(port, (uint64_t)number, NULL, 0);
	else if (strcmp(what, "proxied") == 0 && argc == 6 && number > 0)
		proxied(port, number, argv[4], (int)strtol(argv[5], NULL, 10));
	else if (strcmp(what, "proxied_push") == 0 && argc == 6 && number >= 1)
		push(port, (uint64_t)number, argv[4], (int)strtol(argv[5], NULL, 10));
	else
		return fprintf(stderr, "usage: see the head of stream_load.c\n"), 2;
	return 0;
}
