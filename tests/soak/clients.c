/*
 * Clients of a server that sends back what it gets, as they are in life: most are plain, others
 * stall, read slowly, say nothing, are reset in the middle or go away without having read.
 *
 *     clients PORT SECONDS COUNT SEED [TARGET]
 *
 * COUNT of them begin within SECONDS, in groups. With TARGET, PORT is a proxy (SOCKS 5) to there.
 * Each byte is one of its connection and of its place in it, and compared when it comes back. On
 * stdout is one line: the clients that began, those that were to get all, the bytes compared, the
 * wrong ones, and the clients that did not get all. Status 1 when there are any of these.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { ADDRESSES = 100, BATCH = 128, PIECE = 16384, MOST = 1 << 20, TICK_MS = 10 };
/* A server that is silent for so long to a client that waits has lost something. */
#define PATIENCE_NS (60 * SKT_NS_PER_SEC)

/* What a client does. All but the last four get everything back. */
enum way { WHOLE, CLOSES, SLOW, STALLS, SILENT, ABORTS, RESETS, LEAVES };

static const unsigned char shares[] = {
	[WHOLE] = 45,
	[CLOSES] = 10,
	[SLOW] = 10,
	[STALLS] = 10,
	[SILENT] = 5,
	[ABORTS] = 5,
	[RESETS] = 10,
	[LEAVES] = 5,
};

struct client {
	struct client *next;
	uint64_t id;
	size_t size, sent, heard; /* bytes: to be sent; sent; compared */
	size_t turn;              /* sent or heard so much, it does what it is here for */
	uint64_t rest_ns, seen_ns;
	enum way way;
	int fd;
	unsigned int greeting; /* answers of the proxy that are still to come */
	bool connected, shut, rested;
};

struct run {
	struct client *clients;
	uint64_t seed, started, whole, bytes, wrong, cut;
	unsigned int there;
	int port, target, epoll;
};

static void die(const char *what)
{
	perror(what);
	exit(3);
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

static uint64_t draw(struct run *run, uint64_t below)
{
	run->seed = mix(run->seed);
	return run->seed % below;
}

/* SIZE bytes of connection ID from place AT on. */
static void fill(unsigned char *bytes, size_t size, uint64_t id, size_t at)
{
	uint64_t word = mix(id << 32 | at >> 3);

	for (size_t i = 0; i < size; i++, at++) {
		if (!(at & 7))
			word = mix(id << 32 | at >> 3);
		bytes[i] = (unsigned char)(word >> (8 * (at & 7)));
	}
}

static void drop(struct run *run, struct client *client, bool cut)
{
	const struct linger reset = {.l_onoff = 1};

	if (cut)
		run->cut++;
	if (client->way == ABORTS || client->way == RESETS)
		(void)setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	(void)close(client->fd);
	client->fd = -1;
	run->there--;
}

/* What it waits for: until it has sent all, also that it can send. */
static void interest(struct run *run, struct client *client, int op)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};

	if (!client->connected || (!client->greeting && !client->shut))
		event.events |= EPOLLOUT;
	if (epoll_ctl(run->epoll, op, client->fd, &event))
		die("epoll_ctl");
}

static void begin(struct run *run)
{
	struct client *client = calloc(1, sizeof(*client));
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)run->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(run->started % ADDRESSES)),
	};
	uint64_t share = draw(run, 100);

	if (!client)
		die("calloc");
	while (share >= shares[client->way])
		share -= shares[client->way++];
	client->id = run->started++;
	/* As many of some bytes as of some hundred thousand. */
	client->size = 1 + (size_t)draw(run, UINT64_C(1) << (1 + draw(run, 20)));
	if (client->way == SLOW && client->size > MOST / 8)
		client->size /= 8;
	if (client->way == SILENT)
		client->size = 0;
	client->turn = (size_t)draw(run, client->size + 1);
	client->greeting = run->target ? 2 : 0;
	client->seen_ns = skt_clock_ns();
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		die("socket");
	if (connect(client->fd, (struct sockaddr *)&address, sizeof(address)) &&
		errno != EINPROGRESS)
		die("connect");
	interest(run, client, EPOLL_CTL_ADD);
	run->whole += client->way < ABORTS;
	run->there++;
	client->next = run->clients;
	run->clients = client;
}

static void rest(struct run *run, struct client *client, uint64_t ms)
{
	client->rest_ns = skt_clock_ns() + ms * SKT_NS_PER_MS;
	interest(run, client, EPOLL_CTL_DEL);
}

/* What was decided for this place. Returns whether the client is gone, or does nothing for now. */
static bool turn(struct run *run, struct client *client, size_t at)
{
	if (client->rested || at < client->turn)
		return false;
	client->rested = true;
	switch (client->way) {
	case STALLS:
	case SILENT:
		rest(run, client, 500 + draw(run, 10000));
		return true;
	case ABORTS:
	case RESETS:
	case LEAVES:
		drop(run, client, false);
		return true;
	case WHOLE:
	case CLOSES:
	case SLOW:
		break;
	}
	return false;
}

/* An answer of the proxy: to the methods, and to the request. */
static void greet(struct run *run, struct client *client)
{
	const unsigned char request[] = {5, 1, 0, 1, 127, 0, 0, 1,
		(unsigned char)(run->target >> 8), (unsigned char)run->target};
	unsigned char answer[sizeof(request)];
	const ssize_t expected = client->greeting == 2 ? 2 : (ssize_t)sizeof(answer);

	if (recv(client->fd, answer, (size_t)expected, 0) != expected || answer[1]) {
		drop(run, client, true);
		return;
	}
	if (client->greeting-- == 2)
		(void)send(client->fd, request, sizeof(request), MSG_NOSIGNAL);
	interest(run, client, EPOLL_CTL_MOD);
}

static void hear(struct run *run, struct client *client)
{
	unsigned char bytes[PIECE], expected[PIECE];
	const size_t most = client->way == SLOW ? 1 + (size_t)draw(run, PIECE / 4) : PIECE;
	const ssize_t n = recv(client->fd, bytes, most, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || client->heard + (size_t)n > client->sent) {
		drop(run, client, n || client->heard < client->size || !client->shut);
		return;
	}
	client->seen_ns = skt_clock_ns();
	fill(expected, (size_t)n, client->id, client->heard);
	for (ssize_t i = 0; i < n; i++)
		run->wrong += bytes[i] != expected[i];
	client->heard += (size_t)n;
	run->bytes += (uint64_t)n;
	if (client->way == CLOSES && client->heard == client->size)
		drop(run, client, false);
	else if (client->way == SLOW)
		rest(run, client, 1 + draw(run, 50));
	else if (client->way == RESETS)
		(void)turn(run, client, client->heard);
}

static void say(struct run *run, struct client *client)
{
	unsigned char bytes[PIECE];
	size_t size = client->size - client->sent;
	ssize_t n = 0;

	if (!client->connected) {
		client->connected = true;
		if (client->greeting && send(client->fd, "\5\1", 3, MSG_NOSIGNAL) != 3)
			die("send");
	}
	if (client->greeting) {
		interest(run, client, EPOLL_CTL_MOD);
		return;
	}
	if (client->way != RESETS && turn(run, client, client->sent))
		return;
	if (size > 0) {
		size = size < PIECE ? size : PIECE;
		fill(bytes, size, client->id, client->sent);
		n = send(client->fd, bytes, size, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			drop(run, client, true);
			return;
		}
		client->sent += n > 0 ? (size_t)n : 0;
		client->seen_ns = skt_clock_ns();
	}
	if (client->sent == client->size) {
		if (client->way != CLOSES && !client->shut)
			(void)shutdown(client->fd, SHUT_WR);
		client->shut = true;
		interest(run, client, EPOLL_CTL_MOD);
	}
}

static void handle(struct run *run, struct client *client, uint32_t events)
{
	if (client->fd < 0 || client->rest_ns)
		return;
	if (events & EPOLLERR) {
		drop(run, client, true);
		return;
	}
	if (events & (EPOLLIN | EPOLLHUP)) {
		if (client->greeting && client->connected)
			greet(run, client);
		else
			hear(run, client);
	}
	if (client->fd >= 0 && !client->rest_ns && events & EPOLLOUT)
		say(run, client);
}

/* Who has rested goes on, who has waited too long is given up, and who is gone is forgotten. */
static void look_after(struct run *run, uint64_t now_ns)
{
	struct client **link = &run->clients;

	while (*link) {
		struct client *client = *link;

		if (client->fd >= 0 && client->rest_ns && client->rest_ns <= now_ns) {
			client->rest_ns = 0;
			client->seen_ns = now_ns;
			interest(run, client, EPOLL_CTL_ADD);
		}
		if (client->fd >= 0 && !client->rest_ns && now_ns > client->seen_ns + PATIENCE_NS)
			drop(run, client, true);
		if (client->fd < 0) {
			*link = client->next;
			free(client);
		} else {
			link = &client->next;
		}
	}
}

static void churn(struct run *run, double seconds, uint64_t count)
{
	const uint64_t start_ns = skt_clock_ns();
	uint64_t group = 1;

	while (run->started < count || run->there) {
		struct epoll_event events[BATCH];
		const int ready = epoll_wait(run->epoll, events, BATCH, TICK_MS);
		const uint64_t now_ns = skt_clock_ns();
		const double part = (double)(now_ns - start_ns) / 1e9 / seconds;
		const uint64_t due = part < 1 ? (uint64_t)(part * (double)count) : count;

		for (int i = 0; i < ready; i++)
			handle(run, events[i].data.ptr, events[i].events);
		look_after(run, now_ns);
		if (due < run->started + group && due < count)
			continue;
		while (run->started < due)
			begin(run);
		group = 1 + draw(run, UINT64_C(1) << draw(run, 8));
	}
}

int main(int argc, char **argv)
{
	struct run run = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
	struct rlimit limit;

	if (argc < 5)
		return fprintf(stderr, "usage: see the head of clients.c\n"), 2;
	if (run.epoll < 0 || getrlimit(RLIMIT_NOFILE, &limit))
		die("clients");
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	run.port = (int)strtol(argv[1], NULL, 10);
	run.seed = strtoull(argv[4], NULL, 10);
	run.target = argc > 5 ? (int)strtol(argv[5], NULL, 10) : 0;
	churn(&run, strtod(argv[2], NULL), strtoull(argv[3], NULL, 10));
	(void)printf("%llu %llu %llu %llu %llu\n", (unsigned long long)run.started,
		(unsigned long long)run.whole, (unsigned long long)run.bytes,
		(unsigned long long)run.wrong, (unsigned long long)run.cut);
	return run.wrong || run.cut ? 1 : 0;
}
