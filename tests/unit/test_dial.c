/*
 * Connecting: the race of addresses, deadlines, and every way to fail. What never answers is a
 * listener whose queue is full: the kernel drops the SYN of whoever comes then.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/dial.h"
#include "net/socket.h"

enum { ADDRS = 4 };

/* What the name `test` stands for. */
struct zone {
	const char *v6[ADDRS], *v4[ADDRS];
	bool holds_v6, holds_v4; /* the answer waits for `go` */
	sem_t asked, go, left;
};

/* One for each test: a thread that was given up may still look at that of an earlier one. */
static struct zone zones[64], *zone = zones;

static int zone_lookup(void *arg, const char *host, int family, struct skt_addr *ret, size_t max,
	size_t *ret_count)
{
	struct zone *in = arg;
	const char *const *texts = family == AF_INET6 ? in->v6 : in->v4;
	bool holds = family == AF_INET6 ? in->holds_v6 : in->holds_v4;
	size_t count = 0;

	(void)max;
	if (holds)
		(void)sem_post(&in->asked);
	while (holds && sem_wait(&in->go))
		;
	for (; strcmp(host, "test") == 0 && count < ADDRS && texts[count]; count++)
		if (skt_addr_parse(texts[count], strlen(texts[count]), &ret[count]))
			abort();
	*ret_count = count;
	if (holds)
		(void)sem_post(&in->left);
	return count ? 0 : EAI_NONAME;
}

static struct skt_loop loop;
static struct skt_resolver *resolver;
static struct skt_dial dial;
static struct skt_dial_options options;
static int result, calls;

static void dial_done(struct skt_dial *done, int fd)
{
	assert_ptr_equal(done, &dial);
	result = fd;
	calls++;
}

static int setup(void **state)
{
	(void)unit_setup(state);
	zone++;
	(void)sem_init(&zone->asked, 0, 0);
	(void)sem_init(&zone->go, 0, 0);
	(void)sem_init(&zone->left, 0, 0);
	assert_int_equal(skt_loop_init(&loop), 0);
	assert_int_equal(skt_resolver_open(&loop, zone_lookup, zone, &resolver), 0);
	memset(&dial, 0, sizeof(dial));
	memset(&options, 0, sizeof(options));
	dial.done = dial_done;
	result = calls = 0;
	return 0;
}

static int teardown(void **state)
{
	skt_dial_fini(&dial);
	skt_resolver_free(resolver);
	skt_loop_fini(&loop);
	return unit_teardown(state);
}

#define dial_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static int start(const char *text, uint64_t timeout_ns)
{
	uint64_t deadline = timeout_ns == SKT_NEVER ? SKT_NEVER : skt_clock_ns() + timeout_ns;
	struct skt_endpoint endpoint;

	assert_int_equal(skt_endpoint_parse(text, SKT_ENDPOINT_REMOTE, &endpoint, &dial.err), 0);
	return skt_dial_start(
		&dial, &loop, resolver, &endpoint, endpoint.port, &options, deadline, &dial.err);
}

static void run(void)
{
	assert_int_equal(calls, 0);
	assert_int_equal(skt_loop_run(&loop), 0);
	assert_int_equal(calls, 1);
	assert_int_equal(dial.running, 0);
}

/* The n-th attempt of the record. */
static struct skt_attempt *attempt(size_t n)
{
	struct skt_attempt *at = dial.attempts;

	while (at && n--)
		at = at->next;
	return at;
}

/* A TCP listener; its port, chosen by the kernel where PORT is 0. */
static int listener(const char *addr_text, uint16_t *port, int backlog)
{
	struct sockaddr_storage sa;
	struct skt_addr addr;
	socklen_t len;
	int fd;

	assert_int_equal(skt_addr_parse(addr_text, strlen(addr_text), &addr), 0);
	len = skt_addr_to_sockaddr(&addr, *port, &sa);
	fd = socket(addr.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(skt_socket_set(fd, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	if (bind(fd, (struct sockaddr *)&sa, len)) {
		(void)close(fd);
		return -1;
	}
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	assert_int_equal(skt_addr_from_sockaddr((struct sockaddr *)&sa, &addr, port), 0);
	return fd;
}

/* One that answers nobody: its queue is filled by FILLERS connections. */
enum { FILLERS = 3 };

struct dead {
	int fd, fillers[FILLERS];
};

static bool dead_open(struct dead *dead, const char *addr_text, uint16_t *port)
{
	struct sockaddr_storage sa;
	struct skt_addr addr;
	socklen_t len;

	dead->fd = listener(addr_text, port, 0);
	if (dead->fd < 0)
		return false;
	assert_int_equal(skt_addr_parse(addr_text, strlen(addr_text), &addr), 0);
	len = skt_addr_to_sockaddr(&addr, *port, &sa);
	for (int i = 0; i < FILLERS; i++) {
		dead->fillers[i] =
			socket(addr.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(dead->fillers[i], (struct sockaddr *)&sa, len);
	}
	return true;
}

static void dead_close(struct dead *dead)
{
	for (int i = 0; i < FILLERS; i++)
		(void)close(dead->fillers[i]);
	(void)close(dead->fd);
}

/* The same port on both families, the first a dead one. */
static int dead_and_live(struct dead *dead, uint16_t *port)
{
	for (int i = 0; i < 100; i++) {
		int live;

		*port = 0;
		live = listener("127.0.0.1", port, 5);
		if (dead_open(dead, "::1", port))
			return live;
		(void)close(live);
	}
	fail_msg("no port is free on both families");
	return -1;
}

/* A port where nobody listens. */
static uint16_t closed_port(void)
{
	uint16_t port = 0;

	(void)close(listener("127.0.0.1", &port, 1));
	return port;
}

static const char *at(const char *host, uint16_t port)
{
	static char text[128];

	(void)snprintf(text, sizeof(text), "%s:%u", host, port);
	return text;
}

static void test_numeric(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "::1"},
				 *const forms[] = {"127.0.0.1", "[::1]"};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(hosts); i++) {
		uint16_t port = 0;
		int fd = listener(hosts[i], &port, 5), flags;

		calls = 0;
		memset(&dial, 0, sizeof(dial));
		dial.done = dial_done;
		assert_int_equal(start(at(forms[i], port), SKT_NEVER), 0);
		run();
		assert_true(result >= 0);
		flags = fcntl(result, F_GETFL);
		assert_true(flags & O_NONBLOCK);
		assert_true(fcntl(result, F_GETFD) & FD_CLOEXEC);
		assert_ptr_equal(dial.winner, dial.attempts);
		assert_null(dial.attempts->next);
		assert_int_equal(dial.winner->state, SKT_ATTEMPT_WON);
		assert_int_equal(dial.winner->port, port);
		assert_true(dial.winner->start_ns >= dial.start_ns);
		assert_true(dial.winner->end_ns >= dial.winner->start_ns);
		assert_true(dial.end_ns >= dial.winner->end_ns);
		assert_false(dial.resolve.v4.asked || dial.resolve.v6.asked);
		(void)close(result);
		(void)close(fd);
		skt_dial_fini(&dial);
	}
}

static void test_refused(void **state)
{
	char words[64];
	uint16_t port = closed_port();

	(void)state;
	assert_int_equal(start(at("127.0.0.1", port), SKT_NEVER), 0);
	run();
	assert_int_equal(result, -ECONNREFUSED);
	assert_false(skt_dial_is_local(result));
	(void)snprintf(words, sizeof(words), "connect 127.0.0.1:%u: Connection refused", port);
	assert_string_equal(dial.err.text, words);
	assert_int_equal(attempt(0)->state, SKT_ATTEMPT_FAILED);
	assert_int_equal(attempt(0)->error, ECONNREFUSED);
	assert_null(dial.winner);
}

/* Every address refuses: the next is tried at once, families alternate, IPv6 first. */
static void test_all_refuse_without_delay(void **state)
{
	static const char *const order[] = {
		"::1", "127.0.0.1", "::ffff:127.0.0.4", "127.0.0.2", "127.0.0.3"};
	char text[SKT_ADDR_TEXT_MAX];

	(void)state;
	zone->v6[0] = "::1";
	zone->v6[1] = "::ffff:127.0.0.4";
	for (int i = 0; i < 3; i++)
		zone->v4[i] = (const char *const[]){"127.0.0.1", "127.0.0.2", "127.0.0.3"}[i];
	/* Both lists are there before the first attempt. */
	zone->holds_v6 = true;
	options.attempt_delay_ns = 30 * SKT_NS_PER_SEC;
	options.resolution_delay_ns = 30 * SKT_NS_PER_SEC;
	assert_int_equal(start(at("test", closed_port()), SKT_NEVER), 0);
	while (!dial.resolve.v4.arrived)
		assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	(void)sem_post(&zone->go);
	run();
	assert_int_equal(result, -ECONNREFUSED);
	assert_non_null(strstr(dial.err.text, "Connection refused (5 addresses tried)"));
	for (size_t i = 0; i < SKT_COUNT(order); i++) {
		assert_non_null(attempt(i));
		assert_string_equal(skt_addr_text(&attempt(i)->addr, text), order[i]);
		assert_int_equal(attempt(i)->state, SKT_ATTEMPT_FAILED);
	}
	assert_true(dial.end_ns - dial.start_ns < 30 * SKT_NS_PER_SEC);
	(void)sem_wait(&zone->left);
}

static void test_dead_address_loses(void **state)
{
	struct dead dead = {0};
	uint16_t port;
	int live = dead_and_live(&dead, &port);
	uint64_t gap;

	(void)state;
	zone->v6[0] = "::1";
	zone->v4[0] = "127.0.0.1";
	assert_int_equal(start(at("test", port), SKT_NEVER), 0);
	run();
	assert_true(result >= 0);
	assert_int_equal(attempt(0)->addr.family, AF_INET6);
	assert_int_equal(attempt(0)->state, SKT_ATTEMPT_CANCELLED);
	assert_int_equal(attempt(0)->error, 0);
	assert_ptr_equal(dial.winner, attempt(1));
	gap = attempt(1)->start_ns - attempt(0)->start_ns;
	/* That it ends at all is the delay's doing: the first attempt would not. */
	assert_true(gap >= 250 * SKT_NS_PER_MS);
	(void)close(result);
	(void)close(live);
	dead_close(&dead);
}

/* IPv4 is known first: it waits for its 50 ms, and no longer, for IPv6 that never comes. */
static void test_resolution_delay(void **state)
{
	uint16_t port = 0;
	int live = listener("127.0.0.1", &port, 5);

	(void)state;
	zone->v6[0] = "::1";
	zone->v4[0] = "127.0.0.1";
	zone->holds_v6 = true;
	assert_int_equal(start(at("test", port), SKT_NEVER), 0);
	(void)sem_wait(&zone->asked);
	run();
	assert_true(result >= 0);
	assert_int_equal(dial.winner->addr.family, AF_INET);
	assert_true(dial.winner->start_ns - dial.resolve.v4.end_ns >= 50 * SKT_NS_PER_MS);
	assert_false(dial.resolve.v6.arrived);
	(void)close(result);
	(void)close(live);
	(void)sem_post(&zone->go);
	(void)sem_wait(&zone->left);
}

static void test_late_ipv6_still_goes_first(void **state)
{
	uint16_t port = 0;
	int live = listener("::1", &port, 5);

	(void)state;
	zone->v6[0] = "::1";
	zone->v4[0] = "127.0.0.1";
	zone->holds_v6 = true;
	options.resolution_delay_ns = 30 * SKT_NS_PER_SEC;
	assert_int_equal(start(at("test", port), SKT_NEVER), 0);
	while (!dial.resolve.v4.arrived)
		assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	assert_null(dial.attempts);
	(void)sem_post(&zone->go);
	run();
	assert_true(result >= 0);
	assert_int_equal(dial.winner->addr.family, AF_INET6);
	assert_null(dial.attempts->next);
	(void)close(result);
	(void)close(live);
	(void)sem_wait(&zone->left);
}

/* The first family fails before the other one is known. */
static void test_failure_waits_for_the_other_lookup(void **state)
{
	uint16_t port = 0;
	int live = listener("127.0.0.1", &port, 5);

	(void)state;
	zone->v6[0] = "::1";
	zone->v4[0] = "127.0.0.1";
	zone->holds_v4 = true;
	assert_int_equal(start(at("test", port), SKT_NEVER), 0);
	while (!attempt(0) || attempt(0)->state == SKT_ATTEMPT_RUNNING)
		assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	assert_int_equal(calls, 0);
	(void)sem_post(&zone->go);
	run();
	assert_true(result >= 0);
	assert_ptr_equal(dial.winner, attempt(1));
	(void)close(result);
	(void)close(live);
	(void)sem_wait(&zone->left);
}

static void test_one_family_only(void **state)
{
	(void)state;
	zone->v6[0] = "::1";
	zone->v4[0] = "127.0.0.1";
	options.family = AF_INET;
	assert_int_equal(start(at("test", closed_port()), SKT_NEVER), 0);
	run();
	assert_int_equal(attempt(0)->addr.family, AF_INET);
	assert_null(attempt(1));
	assert_false(dial.resolve.v6.asked);
	skt_dial_fini(&dial);
	assert_int_equal(start("[::1]:1", SKT_NEVER), -EAFNOSUPPORT);
	assert_string_equal(dial.err.text, "[::1]:1 is IPv6, but only IPv4 is allowed");
}

static void test_known_answers_are_not_asked_for(void **state)
{
	struct skt_resolve known = {0};
	uint16_t port = 0;
	int fd = listener("127.0.0.1", &port, 5);

	(void)state;
	known.v4.asked = known.v4.arrived = known.v6.asked = known.v6.arrived = true;
	known.v6.gai = EAI_NONAME;
	known.v4.count = 1;
	assert_int_equal(skt_addr_parse("127.0.0.1", 9, &known.v4.addrs[0]), 0);
	options.known = &known;
	/* The name itself has no address: it would be unknown. */
	assert_int_equal(start(at("nowhere", port), SKT_NEVER), 0);
	run();
	assert_true(result >= 0);
	(void)close(result);
	(void)close(fd);
	skt_dial_fini(&dial);
	known.v4.count = 0;
	known.v4.gai = EAI_NONAME;
	calls = 0;
	memset(&dial, 0, sizeof(dial));
	dial.done = dial_done;
	assert_int_equal(start("nowhere:80", SKT_NEVER), 0);
	run();
	assert_int_equal(result, -ENOENT);
	assert_int_equal(dial.err.domain, SKT_ERR_GAI);
	skt_dial_fini(&dial);
}

/* A shared lookup: IPv4 has come a while ago, IPv6 never does; then one that answers in the end. */
static void test_shared_lookup(void **state)
{
	struct skt_resolve known = {0};
	uint16_t port = 0;
	int fd = listener("127.0.0.1", &port, 5);

	(void)state;
	known.v4.asked = known.v6.asked = known.v4.arrived = true;
	known.v4.count = 1;
	known.v4.end_ns = skt_clock_ns() - 60 * SKT_NS_PER_MS;
	assert_int_equal(skt_addr_parse("127.0.0.1", 9, &known.v4.addrs[0]), 0);
	options.known = &known;
	assert_int_equal(start(at("shared", port), SKT_NEVER), 0);
	run();
	assert_true(result >= 0);
	assert_true(dial.winner->start_ns - dial.start_ns < 40 * SKT_NS_PER_MS);
	(void)close(result);
	(void)close(fd);
	skt_dial_fini(&dial);
	known.v4.arrived = false;
	known.v4.count = 0;
	calls = 0;
	memset(&dial, 0, sizeof(dial));
	dial.done = dial_done;
	assert_int_equal(start("shared:80", SKT_NEVER), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(skt_loop_step(&loop, 0), 0);
	assert_int_equal(calls, 0);
	known.v4.arrived = known.v6.arrived = true;
	known.v4.gai = known.v6.gai = EAI_NONAME;
	skt_dial_learn(&dial, &known);
	assert_int_equal(calls, 1);
	assert_int_equal(result, -ENOENT);
	skt_dial_learn(&dial, &known);
	assert_int_equal(calls, 1);
	skt_dial_fini(&dial);
}

static void test_unknown_name(void **state)
{
	(void)state;
	assert_int_equal(start("nowhere:80", SKT_NEVER), 0);
	run();
	assert_int_equal(result, -ENOENT);
	assert_int_equal(dial.err.domain, SKT_ERR_GAI);
	assert_non_null(strstr(dial.err.text, "look up nowhere: "));
	assert_null(dial.attempts);
}

static void test_deadline_shorter_than_dns(void **state)
{
	(void)state;
	zone->holds_v6 = zone->holds_v4 = true;
	assert_int_equal(start("test:80", 5 * SKT_NS_PER_MS), 0);
	(void)sem_wait(&zone->asked);
	(void)sem_wait(&zone->asked);
	run();
	assert_int_equal(result, -ETIMEDOUT);
	assert_string_equal(dial.err.text, "look up test: Connection timed out");
	for (int i = 0; i < 2; i++)
		(void)sem_post(&zone->go);
	for (int i = 0; i < 2; i++)
		(void)sem_wait(&zone->left);
}

static void test_deadline_over_attempts(void **state)
{
	struct dead dead = {0};
	uint16_t port = 0;

	(void)state;
	assert_true(dead_open(&dead, "127.0.0.1", &port));
	assert_int_equal(start(at("127.0.0.1", port), 20 * SKT_NS_PER_MS), 0);
	run();
	assert_int_equal(result, -ETIMEDOUT);
	assert_false(skt_dial_is_local(result));
	assert_int_equal(attempt(0)->state, SKT_ATTEMPT_TIMED_OUT);
	assert_int_equal(attempt(0)->error, ETIMEDOUT);
	assert_non_null(strstr(dial.err.text, "Connection timed out"));
	dead_close(&dead);
}

static void test_self_connect_is_refused(void **state)
{
	struct skt_endpoint source;
	uint16_t port = closed_port();

	(void)state;
	assert_int_equal(
		skt_endpoint_parse(at("127.0.0.1", port), SKT_ENDPOINT_SOURCE, &source, &dial.err),
		0);
	options.source = &source;
	assert_int_equal(start(at("127.0.0.1", port), SKT_NEVER), 0);
	run();
	assert_int_equal(result, -ECONNREFUSED);
	/* The port is free again at once. */
	(void)close(listener("127.0.0.1", &port, 1));
}

static void test_source(void **state)
{
	struct sockaddr_in peer = {0};
	socklen_t len = sizeof(peer);
	struct skt_endpoint source;
	uint16_t port = 0, own = closed_port();
	int fd = listener("127.0.0.1", &port, 5), served;

	(void)state;
	assert_int_equal(
		skt_endpoint_parse(at("127.0.0.2", own), SKT_ENDPOINT_SOURCE, &source, &dial.err),
		0);
	options.source = &source;
	zone->v6[0] = "::1";
	zone->v4[0] = "127.0.0.1";
	assert_int_equal(start(at("test", port), SKT_NEVER), 0);
	run();
	assert_true(result >= 0);
	/* The other family was not even asked for. */
	assert_false(dial.resolve.v6.asked);
	served = accept(fd, (struct sockaddr *)&peer, &len);
	assert_int_equal(ntohl(peer.sin_addr.s_addr), 0x7f000002);
	assert_int_equal(ntohs(peer.sin_port), own);
	(void)close(result);
	(void)close(served);
	(void)close(fd);
}

static void test_source_that_is_not_ours(void **state)
{
	struct skt_endpoint source;

	(void)state;
	assert_int_equal(
		skt_endpoint_parse("192.0.2.1", SKT_ENDPOINT_SOURCE, &source, &dial.err), 0);
	options.source = &source;
	assert_int_equal(start("127.0.0.1:9", SKT_NEVER), 0);
	run();
	assert_int_equal(result, -EADDRNOTAVAIL);
	assert_true(skt_dial_is_local(result));
	skt_dial_fini(&dial);
	assert_int_equal(start("[::1]:9", SKT_NEVER), -EAFNOSUPPORT);
}

static void test_interface(void **state)
{
	uint16_t port = 0;
	int fd = listener("127.0.0.1", &port, 5);

	(void)state;
	options.interface = "lo";
	assert_int_equal(start(at("127.0.0.1", port), SKT_NEVER), 0);
	run();
	assert_true(result >= 0);
	(void)close(result);
	skt_dial_fini(&dial);
	calls = 0;
	memset(&dial, 0, sizeof(dial));
	dial.done = dial_done;
	options.interface = "none9";
	assert_int_equal(start(at("127.0.0.1", port), SKT_NEVER), 0);
	run();
	assert_int_equal(result, -ENODEV);
	assert_true(skt_dial_is_local(result));
	(void)close(fd);
}

static void test_no_descriptors(void **state)
{
	struct rlimit before, none;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	zone->v6[0] = "::1";
	zone->v4[0] = "127.0.0.1";
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(start("test:9", SKT_NEVER), 0);
	run();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(result, -EMFILE);
	assert_true(skt_dial_is_local(result));
}

static void test_wishes(void **state)
{
	uint16_t port = 0;
	int fd = listener("127.0.0.1", &port, 5), value = 0;
	socklen_t len = sizeof(value);

	(void)state;
	options.keepalive_s = 7;
	options.mptcp = true;
	options.fastopen = true;
	assert_int_equal(start(at("127.0.0.1", port), SKT_NEVER), 0);
	run();
	assert_true(result >= 0);
	assert_int_equal(getsockopt(result, IPPROTO_TCP, TCP_KEEPIDLE, &value, &len), 0);
	assert_int_equal(value, 3); /* the other four seconds are for probes */
	assert_int_equal(getsockopt(result, SOL_SOCKET, SO_KEEPALIVE, &value, &len), 0);
	assert_int_equal(value, 1);
	assert_int_equal(getsockopt(result, SOL_SOCKET, SO_PROTOCOL, &value, &len), 0);
	assert_int_equal(value, dial.winner->mptcp ? 262 : IPPROTO_TCP);
	(void)close(result);
	(void)close(fd);
}

/* unix sockets */

static int unix_listener(const char *path, bool abstract, int type, int backlog)
{
	struct skt_endpoint endpoint = {.kind = SKT_ENDPOINT_UNIX, .abstract = abstract};
	struct sockaddr_storage sa;
	socklen_t len;
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	(void)snprintf(endpoint.path, sizeof(endpoint.path), "%s", path);
	len = skt_socket_address(&endpoint, &sa);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static void test_unix(void **state)
{
	static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};
	char path[64], text[80];

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(types); i++) {
		for (int abstract = 0; abstract < 2; abstract++) {
			int fd, type = 0;
			socklen_t len = sizeof(type);

			(void)snprintf(path, sizeof(path), "/tmp/skt-dial-%d", getpid());
			(void)snprintf(text, sizeof(text), "unix:%s%s", abstract ? "@" : "", path);
			fd = unix_listener(path, abstract, types[i], 5);
			calls = 0;
			memset(&dial, 0, sizeof(dial));
			dial.done = dial_done;
			assert_int_equal(start(text, SKT_NEVER), 0);
			run();
			assert_true(result >= 0);
			assert_int_equal(getsockopt(result, SOL_SOCKET, SO_TYPE, &type, &len), 0);
			assert_int_equal(type, types[i]);
			assert_int_equal(dial.winner->addr.family, AF_UNSPEC);
			(void)close(result);
			(void)close(fd);
			(void)unlink(path);
			skt_dial_fini(&dial);
		}
	}
}

static void test_unix_failures(void **state)
{
	char path[64], text[80];
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "/tmp/skt-dial-%d", getpid());
	(void)snprintf(text, sizeof(text), "unix:%s", path);
	assert_int_equal(start(text, SKT_NEVER), 0);
	run();
	assert_int_equal(result, -ENOENT);
	assert_int_equal(dial.err.domain, SKT_ERR_SYS);
	skt_dial_fini(&dial);
	memset(&dial, 0, sizeof(dial));
	dial.done = dial_done;
	calls = 0;
	fd = unix_listener(path, false, SOCK_STREAM, 1);
	(void)close(fd); /* stale: the file is left */
	assert_int_equal(start(text, SKT_NEVER), 0);
	run();
	assert_int_equal(result, -ECONNREFUSED);
	(void)unlink(path);
}

static void test_unix_full_queue(void **state)
{
	char path[64], text[80];
	struct skt_endpoint endpoint;
	struct sockaddr_storage sa;
	socklen_t len;
	int fd, filler, served;

	(void)state;
	(void)snprintf(path, sizeof(path), "skt-dial-%d", getpid());
	(void)snprintf(text, sizeof(text), "unix:@%s", path);
	fd = unix_listener(path, true, SOCK_STREAM, 0);
	assert_int_equal(skt_endpoint_parse(text, SKT_ENDPOINT_REMOTE, &endpoint, &dial.err), 0);
	len = skt_socket_address(&endpoint, &sa);
	filler = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(filler, (struct sockaddr *)&sa, len), 0);
	/* Full: waits, and does not spin. */
	assert_int_equal(start(text, 30 * SKT_NS_PER_MS), 0);
	run();
	assert_int_equal(result, -ETIMEDOUT);
	assert_true(loop.wakeups < 20);
	skt_dial_fini(&dial);
	memset(&dial, 0, sizeof(dial));
	dial.done = dial_done;
	calls = 0;
	/* Room appears while it waits. */
	assert_int_equal(start(text, SKT_NEVER), 0);
	assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	served = accept(fd, NULL, NULL);
	run();
	assert_true(result >= 0);
	assert_null(dial.attempts->next);
	(void)close(result);
	(void)close(served);
	(void)close(filler);
	(void)close(fd);
}

static void test_vsock_ends(void **state)
{
	(void)state;
	assert_int_equal(start("vsock:local:1", 50 * SKT_NS_PER_MS), 0);
	run();
	assert_true(result < 0); /* whether the kernel has vsock or not */
	assert_non_null(strstr(dial.err.text, "connect vsock:1:1: "));
}

static void test_cancel(void **state)
{
	struct dead dead = {0};
	uint16_t port = 0;

	(void)state;
	assert_true(dead_open(&dead, "127.0.0.1", &port));
	/* Before anything happened. */
	assert_int_equal(start(at("127.0.0.1", port), SKT_NEVER), 0);
	skt_dial_cancel(&dial);
	assert_int_equal(skt_loop_run(&loop), 0);
	/* While an attempt runs. */
	memset(&dial, 0, sizeof(dial));
	dial.done = dial_done;
	assert_int_equal(start(at("127.0.0.1", port), SKT_NEVER), 0);
	assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	assert_int_equal(attempt(0)->state, SKT_ATTEMPT_RUNNING);
	skt_dial_cancel(&dial);
	skt_dial_cancel(&dial);
	assert_int_equal(attempt(0)->state, SKT_ATTEMPT_CANCELLED);
	assert_int_equal(skt_loop_run(&loop), 0);
	assert_int_equal(calls, 0);
	dead_close(&dead);
}

/* A dial on the heap that its own callback frees, at each kind of end. */
static void free_done(struct skt_dial *done, int fd)
{
	if (fd >= 0)
		(void)close(fd);
	result = fd;
	skt_dial_fini(done);
	memset(done, 0xee, sizeof(*done));
	free(done);
	calls++;
}

static void test_freed_by_its_callback(void **state)
{
	uint16_t port = 0;
	int fd = listener("127.0.0.1", &port, 5);
	char ends[3][64];

	(void)state;
	zone->v4[0] = "127.0.0.1";
	(void)snprintf(ends[0], sizeof(ends[0]), "test:%u", port);
	(void)snprintf(ends[1], sizeof(ends[1]), "test:%u", closed_port());
	(void)snprintf(ends[2], sizeof(ends[2]), "nowhere:1");
	for (int i = 0; i < 3; i++) {
		struct skt_dial *heap = calloc(1, sizeof(*heap));
		struct skt_endpoint endpoint;
		struct skt_err err;

		assert_non_null(heap);
		heap->done = free_done;
		assert_int_equal(
			skt_endpoint_parse(ends[i], SKT_ENDPOINT_REMOTE, &endpoint, &err), 0);
		assert_int_equal(skt_dial_start(heap, &loop, resolver, &endpoint, endpoint.port,
					 &options, SKT_NEVER, &err),
			0);
		assert_int_equal(skt_loop_run(&loop), 0);
		assert_int_equal(calls, i + 1);
	}
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dial_test(test_numeric),
		dial_test(test_refused),
		dial_test(test_all_refuse_without_delay),
		dial_test(test_dead_address_loses),
		dial_test(test_resolution_delay),
		dial_test(test_late_ipv6_still_goes_first),
		dial_test(test_failure_waits_for_the_other_lookup),
		dial_test(test_one_family_only),
		dial_test(test_known_answers_are_not_asked_for),
		dial_test(test_shared_lookup),
		dial_test(test_unknown_name),
		dial_test(test_deadline_shorter_than_dns),
		dial_test(test_deadline_over_attempts),
		dial_test(test_self_connect_is_refused),
		dial_test(test_source),
		dial_test(test_source_that_is_not_ours),
		dial_test(test_interface),
		dial_test(test_no_descriptors),
		dial_test(test_wishes),
		dial_test(test_unix),
		dial_test(test_unix_failures),
		dial_test(test_unix_full_queue),
		dial_test(test_vsock_ends),
		dial_test(test_cancel),
		dial_test(test_freed_by_its_callback),
	};

	return cmocka_run_group_tests_name("dial", tests, NULL, NULL);
}
