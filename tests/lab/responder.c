/*
 * Ports that answer, so that scans have a truth to be held to:
 *
 *	responder [tcp PORTS] [echo PORTS] [silent PORTS]...
 *
 * PORTS is as everywhere (22,80,8000-8100). tcp accepts and closes, echo sends datagrams back,
 * silent takes them and says nothing; all on every address of both families. Says "ready".
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/port.h"

enum { TCP, ECHO, SILENT };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void serve_port(int epoll_fd, int kind, uint16_t port)
{
	const struct sockaddr_in6 any = {
		.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_ANY_INIT};
	const int on = 1, off = 0;
	int fd = socket(AF_INET6,
		(kind == TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct epoll_event event = {
		.events = EPOLLIN, .data.u64 = (uint64_t)kind << 32 | (uint32_t)fd};

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) ||
		bind(fd, (const struct sockaddr *)&any, sizeof(any)) ||
		(kind == TCP && listen(fd, 65535)) ||
		(kind != SILENT && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event)))
		die("a port");
}

static void answer(int kind, int fd)
{
	char bytes[2048];
	struct sockaddr_storage from;

	for (;;) {
		socklen_t len = sizeof(from);
		ssize_t n;

		if (kind == TCP) {
			int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

			if (client < 0)
				return;
			(void)close(client);
			continue;
		}
		n = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &len);
		if (n < 0)
			return;
		(void)sendto(fd, bytes, (size_t)n, 0, (const struct sockaddr *)&from, len);
	}
}

int main(int argc, char **argv)
{
	static const char *const kinds[] = {"tcp", "echo", "silent"};
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	for (int i = 1; i + 1 < argc; i += 2) {
		struct skt_port_list list = {0};
		int kind = TCP;

		while (kind <= SILENT && strcmp(argv[i], kinds[kind]) != 0)
			kind++;
		if (kind > SILENT ||
			skt_port_list_parse(argv[i + 1], strlen(argv[i + 1]), &list, NULL)) {
			fprintf(stderr, "responder: bad arguments\n");
			return 2;
		}
		for (size_t k = 0; k < list.len; k++)
			for (uint32_t port = list.data[k].low; port <= list.data[k].high; port++)
				serve_port(epoll_fd, kind, (uint16_t)port);
		skt_vec_free(&list);
	}
	printf("ready\n");
	(void)fflush(stdout);
	for (;;) {
		struct epoll_event events[64];
		int n = epoll_wait(epoll_fd, events, 64, -1);

		for (int i = 0; i < n; i++)
			answer((int)(events[i].data.u64 >> 32), (int)(uint32_t)events[i].data.u64);
		if (n < 0 && errno != EINTR)
			die("epoll_wait");
	}
}
