/*
 * The least that an echo server can do: one epoll, one buffer, nothing else. What it reaches is the
 * yardstick of `sockkit listen -k --echo`. Prints `ready`.
 *
 *     echo_driver PORT
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 128, BACKLOG = 4096 };

static void die(const char *what)
{
	perror(what);
	exit(3);
}

static int listen_at(int port)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, BACKLOG))
		die("listen");
	return fd;
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
}

static void take_all(int epoll, int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		watch(epoll, fd);
}

static void echo(int fd)
{
	static char buffer[65536];
	ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

	/* Answers are short here: none is ever taken in part. */
	if (n > 0 && send(fd, buffer, (size_t)n, MSG_NOSIGNAL) == n)
		return;
	if (n < 0 && errno == EAGAIN)
		return;
	(void)close(fd);
}

int main(int argc, char **argv)
{
	int port = argc == 2 ? (int)strtol(argv[1], NULL, 10) : 0;
	int epoll = epoll_create1(EPOLL_CLOEXEC), listener;

	if (!port) {
		(void)fprintf(stderr, "usage: echo_driver PORT\n");
		return 2;
	}
	listener = listen_at(port);
	watch(epoll, listener);
	(void)printf("ready\n");
	(void)fflush(stdout);
	for (;;) {
		struct epoll_event events[BATCH];
		int count = epoll_wait(epoll, events, BATCH, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == listener)
				take_all(epoll, listener);
			else
				echo(events[i].data.fd);
		}
	}
}
