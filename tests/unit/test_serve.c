/*
 * Listening and accepting: both families, limits, lists, descriptors that run out, files of unix
 * sockets that are stale, alive, or not ours.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/serve.h"
#include "net/serve_internal.h"
#include "net/socket.h"
#include "tests/patience/patience.h"

enum { MANY = 300 };

static struct skt_loop loop;
static struct skt_server server;
static struct skt_server_options options;
static struct skt_err err;
static struct {
	int fds[MANY];
	struct skt_guest guests[MANY];
	size_t count;
	size_t refused[SKT_REFUSED_MEMORY + 1];
	int broken, stalled; /* -errno of the last that was told */
	size_t stalls;       /* how often it was, the end included */
	bool stops, finis;
	size_t takes, taken_count; /* descriptors that each client costs beside its own */
	int taken[MANY];
} seen;

static const struct skt_endpoint anywhere = {.kind = SKT_ENDPOINT_INET};

static void on_accepted(struct skt_server *from, int fd, const struct skt_guest *guest)
{
	assert_true(seen.count < MANY);
	seen.guests[seen.count] = *guest;
	seen.fds[seen.count++] = fd;
	for (size_t i = 0; i < seen.takes; i++) {
		seen.taken[seen.taken_count] = dup(0);
		assert_true(seen.taken[seen.taken_count++] >= 0);
	}
	if (seen.stops)
		skt_server_stop(from);
	if (seen.finis)
		skt_server_fini(from);
}

static void on_refused(struct skt_server *from, const struct skt_guest *guest, enum skt_refusal why)
{
	(void)from;
	(void)guest;
	seen.refused[why]++;
}

static void on_broken(struct skt_server *from, const struct skt_endpoint *endpoint, int r)
{
	(void)from;
	(void)endpoint;
	seen.broken = r;
}

static void on_stalled(struct skt_server *from, int r)
{
	(void)from;
	seen.stalled = r;
	seen.stalls++;
}

static char dir[64];

static int setup(void **state)
{
	(void)unit_setup(state);
	memset(&server, 0, sizeof(server));
	memset(&options, 0, sizeof(options));
	memset(&seen, 0, sizeof(seen));
	memset(&err, 0, sizeof(err));
	assert_int_equal(skt_loop_init(&loop), 0);
	(void)snprintf(dir, sizeof(dir), "/tmp/skt-serve-XXXXXX");
	assert_non_null(mkdtemp(dir));
	return 0;
}

static void open_server(void)
{
	server.accepted = on_accepted;
	server.refused = on_refused;
	server.broken = on_broken;
	server.stalled = on_stalled;
	skt_server_init(&server, &loop, &options);
}

static void close_guest(size_t i)
{
	(void)close(seen.fds[i]);
	seen.fds[i] = -1;
	skt_server_left(&server, &seen.guests[i]);
}

static int teardown(void **state)
{
	for (size_t i = 0; i < seen.count; i++)
		if (seen.fds[i] >= 0)
			(void)close(seen.fds[i]);
	if (server.loop)
		skt_server_fini(&server);
	skt_loop_fini(&loop);
	assert_int_equal(rmdir(dir), 0); /* nothing was left in it */
	return unit_teardown(state);
}

#define serve_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static uint16_t listen_anywhere(void)
{
	open_server();
	assert_int_equal(skt_server_listen(&server, &anywhere, NULL, 0, &err), 0);
	assert_true(server.listeners->endpoint.port != 0);
	return server.listeners->endpoint.port;
}

/* A connection from FROM (NULL: any) to TO, complete or refused. -1 where it is refused at once. */
static int client(const char *from, const char *to, uint16_t port)
{
	struct sockaddr_storage sa;
	struct skt_addr addr;
	socklen_t len;
	int fd;

	assert_int_equal(skt_addr_parse(to, strlen(to), &addr), 0);
	fd = socket(addr.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	if (from) {
		assert_int_equal(skt_addr_parse(from, strlen(from), &addr), 0);
		len = skt_addr_to_sockaddr(&addr, 0, &sa);
		assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
		assert_int_equal(skt_addr_parse(to, strlen(to), &addr), 0);
	}
	len = skt_addr_to_sockaddr(&addr, port, &sa);
	if (connect(fd, (struct sockaddr *)&sa, len) == 0 || errno == EINPROGRESS) {
		struct pollfd poller = {.fd = fd, .events = POLLOUT};

		assert_int_equal(poll(&poller, 1, patience_ms()), 1);
		return fd;
	}
	(void)close(fd);
	return -1;
}

/* What a client sees: 0 nothing yet, or errno of its connection; ENODATA: its end. */
static int fate(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT);

	if (n == 0)
		return ENODATA;
	return n < 0 && errno != EAGAIN ? errno : 0;
}

/* Rounds of the loop; one that finds nothing to do gives a busy kernel some time. */
static void steps(int n)
{
	while (n--)
		assert_int_equal(skt_loop_step(&loop, skt_clock_ns() + 20 * SKT_NS_PER_MS), 0);
}

static struct skt_endpoint unix_endpoint(const char *name)
{
	struct skt_endpoint endpoint = {.kind = SKT_ENDPOINT_UNIX};

	(void)snprintf(endpoint.path, sizeof(endpoint.path), "%s/%s", dir, name);
	return endpoint;
}

static int unix_client(const struct skt_endpoint *endpoint, int type)
{
	struct sockaddr_storage sa;
	socklen_t len = skt_socket_address(endpoint, &sa);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (connect(fd, (struct sockaddr *)&sa, len) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* A socket bound to the file by somebody else. */
static int bound(const struct skt_endpoint *endpoint, int type)
{
	struct sockaddr_storage sa;
	socklen_t len = skt_socket_address(endpoint, &sa);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	return fd;
}

static void test_both_families_on_one_socket(void **state)
{
	uint16_t port = listen_anywhere();
	int v4 = client(NULL, "127.0.0.1", port), v6 = client(NULL, "::1", port), flags;

	(void)state;
	assert_true(server.listeners->dual);
	assert_null(server.listeners->next);
	steps(2);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.guests[0].addr.family, AF_INET);
	assert_true(skt_addr_is_loopback(&seen.guests[0].addr));
	assert_true(seen.guests[0].port != 0);
	assert_int_equal(seen.guests[1].addr.family, AF_INET6);
	flags = fcntl(seen.fds[0], F_GETFL);
	assert_true(flags & O_NONBLOCK);
	assert_true(fcntl(seen.fds[0], F_GETFD) & FD_CLOEXEC);
	(void)close(v4);
	(void)close(v6);
}

static void test_one_family(void **state)
{
	static const struct {
		int family;
		const char *in, *out;
	} cases[] = {{AF_INET, "127.0.0.1", "::1"}, {AF_INET6, "::1", "127.0.0.1"}};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		uint16_t port;
		int good, bad;

		memset(&server, 0, sizeof(server));
		seen.count = 0;
		options.family = cases[i].family;
		port = listen_anywhere();
		assert_false(server.listeners->dual);
		good = client(NULL, cases[i].in, port);
		bad = client(NULL, cases[i].out, port);
		steps(2);
		assert_int_equal(seen.count, 1);
		assert_int_equal(fate(good), 0);
		if (bad >= 0) {
			assert_int_equal(fate(bad), ECONNREFUSED);
			(void)close(bad);
		}
		(void)close(good);
		(void)close(seen.fds[0]);
		seen.count = 0;
		skt_server_fini(&server);
	}
}

/* In a namespace of its own where IPv6 is switched off. 77: not permitted here. */
static int without_ipv6(void)
{
	static const char *const files[] = {"/proc/sys/net/ipv6/conf/all/disable_ipv6",
		"/proc/sys/net/ipv6/conf/default/disable_ipv6"};
	struct ifreq up = {.ifr_name = "lo"};
	uint16_t port;
	int fd;

	/* Root has no need of a user namespace, which a chroot would refuse. */
	if (unshare(geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET))
		return 77;
	for (size_t i = 0; i < SKT_COUNT(files); i++) {
		fd = open(files[i], O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, "1", 1) != 1)
			return 77;
		(void)close(fd);
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (ioctl(fd, SIOCGIFFLAGS, &up))
		return 77;
	up.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &up))
		return 77;
	open_server();
	if (skt_server_listen(&server, &anywhere, NULL, 0, &err))
		return 1;
	port = server.listeners->endpoint.port;
	(void)client(NULL, "127.0.0.1", port);
	steps(2);
	return seen.count == 1 && seen.guests[0].addr.family == AF_INET ? 0 : 2;
}

static void test_ipv6_off(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(without_ipv6());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip_because("no namespace of our own without IPv6");
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_address_in_use(void **state)
{
	uint16_t port = listen_anywhere();
	struct skt_addr addr;
	char words[80];

	(void)state;
	assert_int_equal(skt_server_listen(&server, &anywhere, NULL, port, &err), -EADDRINUSE);
	(void)snprintf(words, sizeof(words), "listen at *:%u: Address already in use", port);
	assert_string_equal(err.text, words);
	assert_int_equal(skt_addr_parse("192.0.2.1", 9, &addr), 0);
	assert_int_equal(skt_server_listen(&server, &anywhere, &addr, 0, &err), -EADDRNOTAVAIL);
	assert_string_equal(err.text, "listen at 192.0.2.1:0: Cannot assign requested address");
	assert_null(server.listeners->next);
	/* Two at once where both want it. */
	skt_server_fini(&server);
	memset(&server, 0, sizeof(server));
	options.reuse_port = true;
	port = listen_anywhere();
	assert_int_equal(skt_server_listen(&server, &anywhere, NULL, port, &err), 0);
}

static void test_max_clients_wait(void **state)
{
	int fds[4];
	uint16_t port;
	uint64_t wakeups;

	(void)state;
	options.max_clients = 2;
	port = listen_anywhere();
	for (int i = 0; i < 4; i++)
		fds[i] = client(NULL, "127.0.0.1", port);
	steps(4);
	assert_int_equal(seen.count, 2);
	assert_int_equal(server.clients, 2);
	wakeups = loop.wakeups;
	assert_int_equal(skt_loop_step(&loop, skt_clock_ns() + 5 * SKT_NS_PER_MS), 0);
	assert_int_equal(loop.wakeups, wakeups + 1); /* it slept */
	assert_int_equal(fate(fds[2]), 0);
	close_guest(0);
	steps(2);
	assert_int_equal(seen.count, 3);
	close_guest(1);
	close_guest(2);
	steps(2);
	assert_int_equal(seen.count, 4);
	assert_int_equal(server.refused_total, 0);
	for (int i = 0; i < 4; i++)
		(void)close(fds[i]);
}

/* Clients that tell who they are: senders are looked at first, then whom they speak for. */
static void test_deferred(void **state)
{
	const struct skt_cidr sender = {
		.addr = {.bytes = {127, 0, 0, 1}, .family = AF_INET}, .length = 32};
	const struct skt_cidr denied = {.addr = {.bytes = {10}, .family = AF_INET}, .length = 8};
	struct skt_guest *guests = seen.guests;
	int fds[4];
	uint16_t port;

	(void)state;
	options.deferred = true;
	options.senders = (struct skt_lists){.allow = &sender, .allow_count = 1};
	options.lists = (struct skt_lists){.deny = &denied, .deny_count = 1};
	options.max_per_host = 1;
	port = listen_anywhere();
	fds[0] = client("127.0.0.2", "127.0.0.1", port);
	for (int i = 1; i < 4; i++)
		fds[i] = client("127.0.0.1", "127.0.0.1", port);
	steps(4);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.refused[SKT_REFUSED_DENIED], 1);
	guests[0].addr = (struct skt_addr){.bytes = {10, 1}, .family = AF_INET};
	guests[1].addr = guests[2].addr = (struct skt_addr){.bytes = {11, 1}, .family = AF_INET};
	assert_int_equal(skt_server_admit(&server, &guests[0]), SKT_REFUSED_DENIED);
	assert_int_equal(skt_server_admit(&server, &guests[1]), SKT_ADMITTED);
	assert_int_equal(skt_server_admit(&server, &guests[2]), SKT_REFUSED_PER_HOST);
	assert_int_equal(server.refused_total, 3);
	/* Only who was counted leaves a place. */
	close_guest(2);
	close_guest(0);
	assert_int_equal(skt_server_admit(&server, &guests[2]), SKT_REFUSED_PER_HOST);
	close_guest(1);
	assert_int_equal(server.clients, 0);
	assert_int_equal(skt_server_admit(&server, &guests[2]), SKT_ADMITTED);
	for (int i = 0; i < 4; i++)
		(void)close(fds[i]);
}

static void test_max_per_host(void **state)
{
	static const char *const from[] = {
		"127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.1"};
	int fds[6];
	uint16_t port;

	(void)state;
	options.max_per_host = 2;
	port = listen_anywhere();
	for (int i = 0; i < 4; i++) {
		fds[i] = client(from[i], "127.0.0.1", port);
		steps(2);
	}
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.refused[SKT_REFUSED_PER_HOST], 1);
	assert_int_equal(fate(fds[2]), ECONNRESET);
	assert_int_equal(fate(fds[3]), 0);
	close_guest(0);
	fds[4] = client(from[4], "127.0.0.1", port);
	fds[5] = client(NULL, "::1", port); /* another host, as far as one can tell */
	steps(2);
	assert_int_equal(seen.count, 5);
	assert_int_equal(server.clients, 4);
	for (size_t i = 1; i < 5; i++)
		close_guest(i);
	assert_int_equal(server.clients, 0);
	for (int i = 0; i < 6; i++)
		(void)close(fds[i]);
}

/* A /64 is one host, of which a link-local address tells nothing. */
static void test_per_host_is_a_64(void **state)
{
	static const struct {
		const char *one, *other;
		bool same;
	} cases[] = {
		{"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
		{"2001:db8:0:0::1", "2001:db8:0:1::1", false},
		{"fe80::1", "fe80::2", false},
		{"192.0.2.1", "192.0.2.2", false},
		{"::1", "::2", false},
	};

	(void)state;
	open_server();
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_addr one, other;

		assert_int_equal(skt_addr_parse(cases[i].one, strlen(cases[i].one), &one), 0);
		assert_int_equal(skt_addr_parse(cases[i].other, strlen(cases[i].other), &other), 0);
		assert_int_equal(skt_hosts_enter(&server, &one, 1), 0);
		assert_int_equal(skt_hosts_enter(&server, &other, 1), cases[i].same ? -EDQUOT : 0);
		skt_hosts_leave(&server, &one);
		if (!cases[i].same)
			skt_hosts_leave(&server, &other);
		assert_int_equal(skt_hosts_enter(&server, &other, 1), 0);
		skt_hosts_leave(&server, &other);
	}
}

/* Who has no address is on no list. */
static void test_no_address_no_entry(void **state)
{
	struct skt_endpoint endpoint = unix_endpoint("s");
	const struct skt_cidr all = {.addr.family = AF_INET6};
	int fd;

	(void)state;
	options.lists = (struct skt_lists){.allow = &all, .allow_count = 1};
	open_server();
	assert_int_equal(skt_server_listen(&server, &endpoint, NULL, 0, &err), 0);
	fd = unix_client(&endpoint, SOCK_STREAM);
	steps(1);
	assert_int_equal(seen.count, 0);
	assert_int_equal(seen.refused[SKT_REFUSED_DENIED], 1);
	(void)close(fd);
	options.lists = (struct skt_lists){0};
	skt_server_set_lists(&server, &options.lists);
	fd = unix_client(&endpoint, SOCK_STREAM);
	steps(1);
	assert_int_equal(seen.count, 1);
	(void)close(fd);
}

static void test_lists(void **state)
{
	static const struct {
		const char *allow, *deny, *from;
		bool in;
	} cases[] = {
		{NULL, "127.0.0.2", "127.0.0.1", true},
		{NULL, "127.0.0.2", "127.0.0.2", false},
		{"127.0.0.0/29", NULL, "127.0.0.7", true},
		{"127.0.0.0/29", NULL, "127.0.0.8", false},
		{"127.0.0.0/29", "127.0.0.4/31", "127.0.0.5", false},
		{"::1", NULL, "127.0.0.1", false},
		{"::/0", "0.0.0.0/0", "127.0.0.1", false},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_cidr allow, deny;
		uint16_t port;
		int fd;

		memset(&server, 0, sizeof(server));
		memset(&options, 0, sizeof(options));
		memset(&seen, 0, sizeof(seen));
		if (cases[i].allow) {
			assert_int_equal(
				skt_cidr_parse(cases[i].allow, strlen(cases[i].allow), &allow), 0);
			options.lists.allow = &allow;
			options.lists.allow_count = 1;
		}
		if (cases[i].deny) {
			assert_int_equal(
				skt_cidr_parse(cases[i].deny, strlen(cases[i].deny), &deny), 0);
			options.lists.deny = &deny;
			options.lists.deny_count = 1;
		}
		port = listen_anywhere();
		fd = client(cases[i].from, "127.0.0.1", port);
		steps(2);
		assert_int_equal(seen.count, cases[i].in);
		assert_int_equal(seen.refused[SKT_REFUSED_DENIED], !cases[i].in);
		assert_int_equal(fate(fd), cases[i].in ? 0 : ECONNRESET);
		assert_int_equal(server.clients, cases[i].in);
		(void)close(fd);
		if (seen.count)
			(void)close(seen.fds[0]);
		seen.count = 0;
		skt_server_fini(&server);
	}
}

static void test_full_refuses(void **state)
{
	uint16_t port;
	int fds[3];

	(void)state;
	options.max_clients = 2;
	options.refuse_full = true;
	port = listen_anywhere();
	for (int i = 0; i < 3; i++)
		fds[i] = client(NULL, "127.0.0.1", port);
	steps(2);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.refused[SKT_REFUSED_FULL], 1);
	assert_int_equal(fate(fds[2]), ECONNRESET);
	close_guest(0);
	(void)close(fds[2]);
	fds[2] = client(NULL, "127.0.0.1", port);
	steps(2);
	assert_int_equal(seen.count, 3);
	assert_int_equal(fate(fds[2]), 0);
	for (int i = 0; i < 3; i++)
		(void)close(fds[i]);
}

/* The limit of descriptors is ROOM above those that are open; returns the one of before. */
static struct rlimit leave_room(rlim_t room)
{
	struct rlimit before, little;
	int top = dup(0);

	(void)close(top);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	little = before;
	little.rlim_cur = (rlim_t)top + room;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &little), 0);
	return before;
}

/* Descriptors run out with clients waiting: none of them is reset, time passes asleep. */
static void test_no_descriptors(void **state)
{
	enum { CLIENTS = 10, ROOM = 4 };
	struct rlimit before;
	uint16_t port = listen_anywhere();
	uint64_t begin, wakeups;
	int fds[CLIENTS];

	(void)state;
	for (int i = 0; i < CLIENTS; i++)
		fds[i] = client(NULL, "127.0.0.1", port);
	before = leave_room(ROOM);
	steps(1);
	assert_int_equal(seen.count, ROOM);
	assert_int_equal(seen.stalled, -EMFILE);
	wakeups = loop.wakeups;
	/* One try every 100 ms, of which nothing is told. */
	begin = skt_clock_ns();
	while (server.stalled_total < 4)
		assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	assert_true(skt_clock_ns() - begin >= 190 * SKT_NS_PER_MS);
	assert_true(loop.wakeups - wakeups < 12);
	assert_int_equal(seen.count, ROOM);
	assert_int_equal(seen.stalls, 1);
	/* One leaves: the next comes in at once, not after the pause. */
	close_guest(0);
	steps(1);
	assert_int_equal(seen.count, ROOM + 1);
	assert_int_equal(seen.stalls, 1); /* the others still wait */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	close_guest(1);
	steps(1);
	assert_int_equal(seen.count, CLIENTS);
	assert_int_equal(seen.stalled, 0);
	assert_int_equal(seen.stalls, 2);
	assert_int_equal(server.refused_total, 0);
	for (int i = 0; i < CLIENTS; i++) {
		assert_int_equal(fate(fds[i]), i < 2 ? ENODATA : 0);
		(void)close(fds[i]);
	}
}

/* What a client needs beside its own descriptor is there when it comes, or it does not come. */
static void test_needs_are_at_hand(void **state)
{
	enum { CLIENTS = 3, NEEDS = 2, ROOM = 5 };
	struct rlimit before;
	int fds[CLIENTS], mine[NEEDS];
	uint16_t port;

	(void)state;
	options.needs = NEEDS;
	port = listen_anywhere();
	for (int i = 0; i < CLIENTS; i++)
		fds[i] = client(NULL, "127.0.0.1", port);
	before = leave_room(ROOM);
	seen.takes = NEEDS;
	steps(1);
	/* One has its three; for a second one there are but two. */
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.taken_count, NEEDS);
	assert_int_equal(seen.stalled, -EMFILE);
	memcpy(mine, seen.taken, sizeof(mine));
	for (int i = 0; i < NEEDS; i++)
		(void)close(mine[i]);
	close_guest(0);
	seen.taken_count = 0;
	steps(1);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.taken_count, NEEDS);
	for (int i = 0; i < NEEDS; i++)
		(void)close(seen.taken[i]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	for (int i = 0; i < CLIENTS; i++)
		(void)close(fds[i]);
}

/* In a process of its own: each call of NUMBER fails with ERRNUM from now on. */
static bool refuse_calls(unsigned int number, unsigned int errnum)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | errnum),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = SKT_COUNT(code), .filter = code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* Runs BODY in a child; 77 skips the test, 0 is well. */
static void in_child(int (*body)(int), int argument)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body(argument));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int accept_fails_for_good(int errnum)
{
	uint16_t port = listen_anywhere();

	if (!refuse_calls(SYS_accept4, (unsigned int)errnum))
		return 77;
	(void)client(NULL, "127.0.0.1", port);
	while (server.stalled_total < 3)
		if (skt_loop_step(&loop, SKT_NEVER))
			return 1;
	if (loop.wakeups > 12)
		return 2;
	return seen.stalled == -errnum && seen.stalls == 1 && server.listeners ? 0 : 3;
}

static void test_accept_fails_for_good(void **state)
{
	static const int errors[] = {ENFILE, ENOMEM, ENOBUFS, EPROTO, EPERM};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(errors); i++)
		in_child(accept_fails_for_good, errors[i]);
}

/* One interface, and nothing less. */
static int no_device(int unused)
{
	(void)unused;
	options.interface = "lo";
	open_server();
	if (!refuse_calls(SYS_setsockopt, EPERM))
		return 77;
	return skt_server_listen(&server, &anywhere, NULL, 0, &err) == -EPERM ? 0 : 1;
}

static void test_interface_or_nothing(void **state)
{
	(void)state;
	in_child(no_device, 0);
}

static void test_accepting_is_fair(void **state)
{
	enum { CLIENTS = 150 };
	uint16_t port = listen_anywhere();
	int fds[CLIENTS];

	(void)state;
	for (int i = 0; i < CLIENTS; i++)
		fds[i] = client(NULL, "127.0.0.1", port);
	steps(1);
	assert_int_equal(seen.count, 64);
	steps(1);
	assert_int_equal(seen.count, 128);
	steps(1);
	assert_int_equal(seen.count, CLIENTS);
	for (int i = 0; i < CLIENTS; i++)
		(void)close(fds[i]);
}

static void test_callback_stops_and_finis(void **state)
{
	(void)state;
	for (int finis = 0; finis < 2; finis++) {
		uint16_t port;
		int a, b;

		memset(&server, 0, sizeof(server));
		seen.count = 0;
		port = listen_anywhere();
		a = client(NULL, "127.0.0.1", port);
		b = client(NULL, "127.0.0.1", port);
		seen.stops = !finis;
		seen.finis = finis;
		steps(2);
		assert_int_equal(seen.count, 1);
		assert_null(server.listeners);
		assert_int_equal(fate(b), ECONNRESET);
		if (!finis)
			close_guest(0); /* counting goes on */
		else
			(void)close(seen.fds[0]);
		seen.count = 0;
		(void)close(a);
		(void)close(b);
		skt_server_fini(&server);
	}
}

static void test_hold(void **state)
{
	uint16_t port = listen_anywhere();
	int fd = client(NULL, "127.0.0.1", port);

	(void)state;
	skt_server_hold(&server, true);
	steps(3);
	assert_int_equal(seen.count, 0);
	skt_server_hold(&server, false);
	steps(1);
	assert_int_equal(seen.count, 1);
	(void)close(fd);
}

static void test_broken_listener(void **state)
{
	uint16_t port = listen_anywhere();

	(void)state;
	(void)port;
	(void)shutdown(server.listeners->watch.fd, SHUT_RDWR);
	steps(2);
	assert_int_equal(seen.broken, -EINVAL);
	assert_null(server.listeners);
}

static void test_adopt(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), at;

	(void)state;
	open_server();
	assert_int_equal(skt_server_adopt(&server, fd, &err), -EINVAL);
	assert_non_null(strstr(err.text, "does not listen"));
	assert_int_equal(skt_server_adopt(&server, 999, &err), -EBADF);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(skt_server_adopt(&server, fd, &err), 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	at = client(NULL, "127.0.0.1", server.listeners->endpoint.port);
	steps(1);
	assert_int_equal(seen.count, 1);
	(void)close(at);
}

static void test_many_in_a_row(void **state)
{
	enum { TIMES = 20000 };
	char before[4096];
	uint16_t port;

	(void)state;
	options.max_per_host = 5;
	port = listen_anywhere();
	(void)snprintf(before, sizeof(before), "%s", open_descriptors());
	for (int i = 0; i < TIMES; i++) {
		int fd = client(NULL, "127.0.0.1", port);

		/* The kernel may be late with the end of a handshake. */
		for (int tries = 0; tries < 500 && !seen.count; tries++)
			steps(1);
		if (seen.count != 1)
			fail_msg("connection %d was not accepted", i);
		skt_socket_abort(fd); /* leaves no TIME_WAIT behind */
		close_guest(0);
		seen.count = 0;
	}
	assert_string_equal(before, open_descriptors());
	assert_int_equal(server.accepted_total, TIMES);
	assert_int_equal(server.clients, 0);
	assert_int_equal(server.refused_total, 0);
}

/* unix sockets */

static void test_unix_file(void **state)
{
	struct skt_endpoint endpoint = unix_endpoint("s");
	mode_t mask = umask(027);
	struct stat st;
	int fd;

	(void)state;
	options.mode = 0666;
	open_server();
	assert_int_equal(skt_server_listen(&server, &endpoint, NULL, 0, &err), 0);
	(void)umask(mask);
	assert_int_equal(lstat(endpoint.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0666);
	fd = unix_client(&endpoint, SOCK_STREAM);
	steps(1);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.guests[0].addr.family, AF_UNSPEC);
	/* A second one finds it alive. */
	assert_int_equal(skt_server_listen(&server, &endpoint, NULL, 0, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, "/s: Address already in use"));
	assert_int_equal(fate(fd), 0);
	skt_server_stop(&server);
	assert_int_equal(lstat(endpoint.path, &st), -1);
	(void)close(fd);
}

static void test_unix_stale_is_replaced(void **state)
{
	struct skt_endpoint endpoint = unix_endpoint("s");
	int fd;

	(void)state;
	(void)close(bound(&endpoint, SOCK_STREAM));
	open_server();
	assert_int_equal(skt_server_listen(&server, &endpoint, NULL, 0, &err), 0);
	fd = unix_client(&endpoint, SOCK_STREAM);
	steps(1);
	assert_int_equal(seen.count, 1);
	(void)close(fd);
}

/* Bound but not listening yet, datagram, full: all alive. And what is no socket is not touched. */
static void test_unix_living_is_kept(void **state)
{
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
	struct skt_endpoint endpoint = unix_endpoint("s");
	struct stat before, after;

	(void)state;
	open_server();
	for (size_t i = 0; i < SKT_COUNT(types); i++) {
		int fd = bound(&endpoint, types[i]);

		assert_int_equal(lstat(endpoint.path, &before), 0);
		assert_int_equal(skt_server_listen(&server, &endpoint, NULL, 0, &err), -EADDRINUSE);
		assert_int_equal(lstat(endpoint.path, &after), 0);
		assert_int_equal(before.st_ino, after.st_ino);
		(void)close(fd);
		(void)unlink(endpoint.path);
	}
	(void)close(open(endpoint.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(skt_server_listen(&server, &endpoint, NULL, 0, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, "is no socket"));
	assert_int_equal(unlink(endpoint.path), 0);
	assert_int_equal(symlink("/tmp/skt-nowhere", endpoint.path), 0);
	assert_int_equal(skt_server_listen(&server, &endpoint, NULL, 0, &err), -EADDRINUSE);
	assert_int_equal(unlink(endpoint.path), 0);
	/* No such directory. */
	endpoint = unix_endpoint("no/s");
	assert_int_equal(skt_server_listen(&server, &endpoint, NULL, 0, &err), -ENOENT);
	assert_null(server.listeners);
}

static void test_unix_file_of_others_is_left(void **state)
{
	struct skt_endpoint endpoint = unix_endpoint("s");
	struct stat st;
	int fd;

	(void)state;
	open_server();
	assert_int_equal(skt_server_listen(&server, &endpoint, NULL, 0, &err), 0);
	assert_int_equal(unlink(endpoint.path), 0);
	fd = bound(&endpoint, SOCK_STREAM);
	skt_server_stop(&server);
	assert_int_equal(lstat(endpoint.path, &st), 0);
	(void)close(fd);
	assert_int_equal(unlink(endpoint.path), 0);
}

/* Whoever locks the directory keeps nobody from starting, but only from replacing. */
static void test_unix_lock_is_for_replacing(void **state)
{
	struct skt_endpoint endpoint = unix_endpoint("s"), stale = unix_endpoint("t");
	int lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	(void)state;
	(void)close(bound(&stale, SOCK_STREAM));
	open_server();
	assert_int_equal(flock(lock, LOCK_EX), 0);
	assert_int_equal(skt_server_listen(&server, &endpoint, NULL, 0, &err), 0);
	assert_int_equal(skt_server_listen(&server, &stale, NULL, 0, &err), -EBUSY);
	assert_non_null(strstr(err.text, "locked by another program"));
	assert_int_equal(lstat(stale.path, &st), 0);
	(void)close(lock);
	assert_int_equal(skt_server_listen(&server, &stale, NULL, 0, &err), 0);
}

/* The mode comes with the file; what lies at the path afterwards is left alone. */
static void test_unix_mode_is_the_sockets(void **state)
{
	struct skt_endpoint endpoint = unix_endpoint("s");
	mode_t mask = umask(077);
	struct stat st;

	(void)state;
	options.mode = 0660;
	open_server();
	assert_int_equal(skt_server_listen(&server, &endpoint, NULL, 0, &err), 0);
	assert_int_equal(umask(mask), 077);
	assert_int_equal(lstat(endpoint.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
}

static void test_abstract_and_seqpacket(void **state)
{
	struct skt_endpoint endpoint = unix_endpoint("s");
	int fd;

	(void)state;
	endpoint.abstract = true;
	options.type = SOCK_SEQPACKET;
	open_server();
	assert_int_equal(skt_server_listen(&server, &endpoint, NULL, 0, &err), 0);
	assert_true(server.listeners->endpoint.abstract);
	assert_string_equal(server.listeners->endpoint.path, endpoint.path);
	fd = unix_client(&endpoint, SOCK_SEQPACKET);
	steps(1);
	assert_int_equal(seen.count, 1);
	assert_int_equal(skt_server_listen(&server, &endpoint, NULL, 0, &err), -EADDRINUSE);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		serve_test(test_both_families_on_one_socket),
		serve_test(test_one_family),
		serve_test(test_ipv6_off),
		serve_test(test_address_in_use),
		serve_test(test_max_clients_wait),
		serve_test(test_full_refuses),
		serve_test(test_deferred),
		serve_test(test_max_per_host),
		serve_test(test_per_host_is_a_64),
		serve_test(test_no_address_no_entry),
		serve_test(test_lists),
		serve_test(test_no_descriptors),
		serve_test(test_needs_are_at_hand),
		serve_test(test_accept_fails_for_good),
		serve_test(test_interface_or_nothing),
		serve_test(test_accepting_is_fair),
		serve_test(test_callback_stops_and_finis),
		serve_test(test_hold),
		serve_test(test_broken_listener),
		serve_test(test_adopt),
		serve_test(test_many_in_a_row),
		serve_test(test_unix_file),
		serve_test(test_unix_stale_is_replaced),
		serve_test(test_unix_living_is_kept),
		serve_test(test_unix_file_of_others_is_left),
		serve_test(test_unix_lock_is_for_replacing),
		serve_test(test_unix_mode_is_the_sockets),
		serve_test(test_abstract_and_seqpacket),
	};

	return cmocka_run_group_tests_name("serve", tests, NULL, NULL);
}
