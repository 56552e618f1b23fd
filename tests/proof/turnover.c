/*
 * turnover talk|replace|abort SOCKETS PER_SECOND SECONDS: keeps SOCKETS connected TCP sockets on
 * loopback, both ends here, of which so many a second send and receive, or are closed and made anew
 * (`abort`: by a reset, which leaves no TIME-WAIT). Says "ready" once all are there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

struct pair {
	int client, server;
};

enum { TICKS = 50 /* a second */ };

static int listener;
static struct sockaddr_in address;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void listen_here(void)
{
	socklen_t len = sizeof(address);

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	address = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
		listen(listener, 128) || getsockname(listener, (struct sockaddr *)&address, &len))
		die("listen");
}

static void talk(const struct pair *pair)
{
	char bytes[1500];
	const size_t len = 1 + (size_t)lrand48() % sizeof(bytes);

	memset(bytes, 'x', len);
	if (write(pair->client, bytes, len) < 0 ||
		recv(pair->server, bytes, len, MSG_WAITALL) < 0 ||
		write(pair->server, bytes, len) < 0 ||
		recv(pair->client, bytes, len, MSG_WAITALL) < 0)
		die("talk");
}

static void open_pair(struct pair *pair)
{
	pair->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (pair->client < 0 || connect(pair->client, (struct sockaddr *)&address, sizeof(address)))
		die("connect");
	pair->server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (pair->server < 0)
		die("accept");
	talk(pair);
}

static void close_pair(struct pair *pair, int reset)
{
	const struct linger linger = {.l_onoff = 1};

	if (reset)
		(void)setsockopt(pair->client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	(void)close(pair->client);
	(void)close(pair->server);
}

int main(int argc, char **argv)
{
	struct rlimit files;
	struct pair *pairs;
	unsigned long count, each, ticks;
	uint64_t next_ns;

	if (argc != 5)
		return 2;
	count = strtoul(argv[2], NULL, 10) / 2;
	each = strtoul(argv[3], NULL, 10) / 2;
	ticks = strtoul(argv[4], NULL, 10) * TICKS;
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	if (!count)
		return 2;
	pairs = calloc(count, sizeof(*pairs));
	if (!pairs)
		die("turnover");
	listen_here();
	for (unsigned long i = 0; i < count; i++)
		open_pair(&pairs[i]);
	(void)puts("ready");
	(void)fflush(stdout);
	next_ns = skt_clock_ns();
	for (unsigned long tick = 1, done = 0; tick <= ticks; tick++) {
		struct timespec until;

		for (; done < tick * each / TICKS; done++) {
			struct pair *pair = &pairs[(unsigned long)lrand48() % count];

			if (strcmp(argv[1], "talk") == 0) {
				talk(pair);
				continue;
			}
			close_pair(pair, strcmp(argv[1], "abort") == 0);
			open_pair(pair);
		}
		next_ns += SKT_NS_PER_SEC / TICKS;
		until = (struct timespec){.tv_sec = (time_t)(next_ns / SKT_NS_PER_SEC),
			.tv_nsec = (long)(next_ns % SKT_NS_PER_SEC)};
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	}
	free(pairs);
	return 0;
}
