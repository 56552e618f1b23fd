/* The programs of tcp_events.bpf.c: what they say of sockets of this process. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/vec.h"
#include "proc/tcp_events.h"

struct heard {
	SKT_VEC(struct skt_tcp_event) list;
	uint64_t lost;
};

/* The events of this namespace; NULL: not to be had here, which is told. */
static struct skt_tcp_events *open_events(uint32_t netns)
{
	struct skt_tcp_events *events = NULL;
	struct skt_err err = {0};
	int rc = skt_tcp_events_open(netns, &events, &err);

	if (!rc)
		return events;
	assert_int_equal(rc, -EOPNOTSUPP);
	print_message("# skip: %s\n", err.text);
	return NULL;
}

static uint32_t own_netns(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	return (uint32_t)st.st_ino;
}

static int take(const struct skt_tcp_event *event, void *ctx)
{
	struct heard *heard = ctx;

	assert_int_equal(skt_vec_push(&heard->list, *event), 0);
	return 0;
}

static void hear(struct skt_tcp_events *events, struct heard *heard)
{
	uint64_t lost;

	assert_int_equal(skt_tcp_events_take(events, take, heard, &lost), 0);
	heard->lost += lost;
}

/* The event of this kind of the socket COOKIE; NULL: there was none. */
static const struct skt_tcp_event *find(const struct heard *heard, uint64_t cookie, int kind)
{
	for (size_t i = 0; i < heard->list.len; i++)
		if (heard->list.data[i].cookie == cookie && heard->list.data[i].kind == kind)
			return &heard->list.data[i];
	return NULL;
}

static uint64_t cookie_of(int fd)
{
	uint64_t cookie;
	socklen_t len = sizeof(cookie);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len), 0);
	return cookie;
}

static struct sockaddr_in6 own_end(int fd)
{
	struct sockaddr_in6 end = {0};
	socklen_t len = sizeof(end);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&end, &len), 0);
	return end;
}

static int listen_at(int family, struct sockaddr_in6 *ret)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (family == AF_INET6) {
		struct sockaddr_in6 any = {
			.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};

		assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	} else {
		struct sockaddr_in any = {
			.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

		assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	}
	assert_int_equal(listen(fd, 16), 0);
	*ret = own_end(fd);
	return fd;
}

static int connect_to(const struct sockaddr_in6 *end)
{
	int fd = socket(end->sin6_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)end, sizeof(*end)), 0);
	return fd;
}

static void reset_at_close(int fd)
{
	const struct linger linger = {.l_onoff = 1};

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
}

static void assert_mine(const struct skt_tcp_event *event)
{
	char comm[16] = {0};

	assert_non_null(event);
	assert_int_equal(event->pid, getpid());
	(void)prctl(PR_GET_NAME, comm);
	assert_memory_equal(event->comm, comm, sizeof(comm));
	assert_int_equal(event->uid, geteuid());
	assert_int_equal(event->netns, own_netns());
}

static void assert_inode(const struct skt_tcp_event *event, int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(event->inode, st.st_ino);
}

static void life_of(int family)
{
	struct skt_tcp_events *events = open_events(own_netns());
	const struct skt_tcp_event *event;
	struct heard heard = {0};
	struct sockaddr_in6 end;
	struct pollfd pollfd = {.events = POLLIN};
	uint64_t served, asked, answered;
	int server, client, accepted;
	char bytes[1000] = {0};

	if (!events)
		return;
	server = listen_at(family, &end);
	served = cookie_of(server);
	pollfd.fd = skt_tcp_events_fd(events);
	assert_int_equal(poll(&pollfd, 1, 10000), 1);
	hear(events, &heard);
	assert_mine(find(&heard, served, SKT_TCP_LISTENING));
	assert_inode(find(&heard, served, SKT_TCP_LISTENING), server);
	client = connect_to(&end);
	asked = cookie_of(client);
	accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	answered = cookie_of(accepted);
	hear(events, &heard);
	assert_mine(find(&heard, asked, SKT_TCP_CONNECTING));
	assert_inode(find(&heard, asked, SKT_TCP_CONNECTING), client);
	event = find(&heard, asked, SKT_TCP_CONNECTED);
	assert_non_null(event);
	assert_int_equal(event->family, family);
	assert_int_equal(event->remote_port, ntohs(end.sin6_port));
	assert_int_equal(event->local_port, ntohs(own_end(client).sin6_port));
	assert_int_equal(event->pid, 0);
	event = find(&heard, answered, SKT_TCP_ARRIVED);
	assert_non_null(event);
	assert_int_equal(event->local_port, ntohs(end.sin6_port));
	assert_memory_equal(event->local, event->remote, sizeof(event->local));
	assert_null(find(&heard, answered, SKT_TCP_ACCEPTED));

	assert_int_equal(send(client, bytes, sizeof(bytes), 0), sizeof(bytes));
	assert_int_equal(recv(accepted, bytes, sizeof(bytes), MSG_WAITALL), sizeof(bytes));
	hear(events, &heard);
	assert_mine(find(&heard, answered, SKT_TCP_ACCEPTED));
	assert_inode(find(&heard, answered, SKT_TCP_ACCEPTED), accepted);
	assert_null(find(&heard, asked, SKT_TCP_ACCEPTED));
	reset_at_close(client);
	(void)close(client);
	(void)close(accepted);
	(void)close(server);
	hear(events, &heard);
	event = find(&heard, answered, SKT_TCP_BROKEN);
	assert_non_null(event);
	assert_int_equal(event->error, ECONNRESET);
	event = find(&heard, answered, SKT_TCP_DESTROYED);
	assert_non_null(event);
	assert_int_equal(event->bytes_received, sizeof(bytes));
	assert_non_null(find(&heard, asked, SKT_TCP_DESTROYED));
	event = find(&heard, asked, SKT_TCP_BROKEN);
	assert_non_null(event);
	assert_int_equal(event->error, 0);
	/* And one for the SYN. */
	assert_int_equal(event->bytes_acked, sizeof(bytes) + 1);
	assert_true(event->rtt_us > 0);
	assert_non_null(find(&heard, served, SKT_TCP_DESTROYED));
	assert_int_equal(heard.lost, 0);
	for (size_t i = 1; i < heard.list.len; i++)
		assert_true(heard.list.data[i].time_ns + 1000000 > heard.list.data[i - 1].time_ns);
	skt_tcp_events_close(events);
	skt_vec_free(&heard.list);
}

static void life(void **state)
{
	(void)state;
	life_of(AF_INET);
	life_of(AF_INET6);
}

/* Nobody has read from it: accepted is what was accepted, by whoever closes it; the rest is not. */
static void accepted_or_not(void **state)
{
	struct skt_tcp_events *events = open_events(own_netns());
	struct heard heard = {0};
	struct sockaddr_in6 end;
	uint64_t closed, reset;
	int server, clients[3], accepted;

	(void)state;
	if (!events)
		return;
	server = listen_at(AF_INET, &end);
	for (size_t i = 0; i < SKT_COUNT(clients); i++)
		clients[i] = connect_to(&end);
	accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	closed = cookie_of(accepted);
	(void)close(accepted);
	accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	reset = cookie_of(accepted);
	reset_at_close(accepted);
	(void)close(accepted);
	/* The third is in the queue still. */
	(void)close(server);
	for (size_t i = 0; i < SKT_COUNT(clients); i++)
		(void)close(clients[i]);
	hear(events, &heard);
	assert_mine(find(&heard, closed, SKT_TCP_ACCEPTED));
	assert_mine(find(&heard, reset, SKT_TCP_ACCEPTED));
	for (size_t i = 0, count = 0; i < heard.list.len; i++) {
		count += heard.list.data[i].kind == SKT_TCP_ACCEPTED;
		assert_true(count <= 2);
	}
	skt_tcp_events_close(events);
	skt_vec_free(&heard.list);
}

static void refused(void **state)
{
	struct skt_tcp_events *events = open_events(own_netns());
	const struct skt_tcp_event *event;
	struct heard heard = {0};
	struct sockaddr_in6 end;
	uint64_t cookie;
	int fd;

	(void)state;
	if (!events)
		return;
	(void)close(listen_at(AF_INET, &end));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cookie = cookie_of(fd);
	assert_int_equal(connect(fd, (struct sockaddr *)&end, sizeof(end)), -1);
	assert_int_equal(errno, ECONNREFUSED);
	hear(events, &heard);
	assert_mine(find(&heard, cookie, SKT_TCP_CONNECTING));
	event = find(&heard, cookie, SKT_TCP_UNCONNECTED);
	assert_non_null(event);
	assert_int_equal(event->error, ECONNREFUSED);
	assert_int_equal(event->remote_port, ntohs(end.sin6_port));
	assert_true(event->local_port != 0);
	/* Another attempt of the same socket, which has no port again. */
	heard.list.len = 0;
	assert_int_equal(connect(fd, (struct sockaddr *)&end, sizeof(end)), -1);
	hear(events, &heard);
	event = find(&heard, cookie, SKT_TCP_CONNECTING);
	assert_mine(event);
	assert_int_equal(event->local_port, 0);
	(void)close(fd);
	skt_tcp_events_close(events);
	skt_vec_free(&heard.list);
}

/* More than there is room for is counted, and what comes then is heard. */
static void lost(void **state)
{
	enum { MORE = 1000, MANY = SKT_TCP_EVENTS_ROOM / sizeof(struct skt_tcp_event) + MORE };
	struct skt_tcp_events *events = open_events(own_netns());
	struct heard heard = {0};
	uint64_t cookie = 0;
	int fd;

	(void)state;
	if (!events)
		return;
	for (size_t i = 0; i < MANY; i++)
		(void)close(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	hear(events, &heard);
	assert_true(heard.lost >= MORE);
	assert_true(heard.lost + heard.list.len >= MANY);
	for (size_t i = 0; i < MORE; i++) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		cookie = cookie_of(fd);
		(void)close(fd);
	}
	heard.lost = 0;
	hear(events, &heard);
	assert_int_equal(heard.lost, 0);
	assert_non_null(find(&heard, cookie, SKT_TCP_DESTROYED));
	skt_tcp_events_close(events);
	skt_vec_free(&heard.list);
}

static void other_namespaces(void **state)
{
	struct skt_tcp_events *events = open_events(1);
	struct heard heard = {0};

	(void)state;
	if (!events)
		return;
	(void)close(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	hear(events, &heard);
	assert_int_equal(heard.list.len, 0);
	skt_tcp_events_close(events);
	events = open_events(0);
	assert_non_null(events);
	(void)close(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	hear(events, &heard);
	assert_true(heard.list.len > 0);
	skt_tcp_events_close(events);
	skt_vec_free(&heard.list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(life),
		unit_test(accepted_or_not),
		unit_test(refused),
		unit_test(lost),
		unit_test(other_namespaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
