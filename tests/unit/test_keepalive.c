/* A peer that pauses is not one that is gone. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/keepalive.h"

static int option(int fd, int name)
{
	socklen_t len = sizeof(int);
	int value = -1;

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, name, &value, &len), 0);
	return value;
}

static void pair_open(int ret[2])
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	ret[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(ret[0], (struct sockaddr *)&sa, len), 0);
	ret[1] = accept(fd, NULL, NULL);
	assert_true(ret[1] >= 0);
	(void)close(fd);
}

static void test_times_add_up(void **state)
{
	int fds[2];

	(void)state;
	pair_open(fds);
	for (unsigned int seconds = 1; seconds < 100; seconds++) {
		int total;

		skt_keepalive_ask(fds[0], seconds);
		total = option(fds[0], TCP_KEEPIDLE) +
			option(fds[0], TCP_KEEPINTVL) * option(fds[0], TCP_KEEPCNT);
		assert_in_range(total, seconds - (seconds > 2 ? 2 : 0), seconds + 1);
	}
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void test_closed_window_is_waited_for(void **state)
{
	struct skt_keepalive keepalive = {0};
	static char bytes[65536];
	struct skt_loop loop;
	size_t sent = 0, received = 0;
	uint64_t end_ns;
	ssize_t n;
	int fds[2];

	(void)state;
	assert_int_equal(skt_loop_init(&loop), 0);
	pair_open(fds);
	skt_keepalive_start(&keepalive, &loop, fds[0], 1);
	assert_int_equal(option(fds[0], TCP_USER_TIMEOUT), 1000);
	while ((n = send(fds[0], bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		sent += (size_t)n;
	/* With the option left alone it is over after little more than the second. */
	end_ns = skt_clock_ns() + 2500 * SKT_NS_PER_MS;
	while (skt_clock_ns() < end_ns)
		assert_int_equal(skt_loop_step(&loop, end_ns), 0);
	assert_int_equal(option(fds[0], TCP_USER_TIMEOUT), 0);
	assert_int_equal(shutdown(fds[0], SHUT_WR), 0);
	while ((n = recv(fds[1], bytes, sizeof(bytes), 0)) > 0)
		received += (size_t)n;
	assert_int_equal(n, 0);
	assert_int_equal(received, sent);
	skt_keepalive_stop(&keepalive);
	(void)close(fds[0]);
	(void)close(fds[1]);
	skt_loop_fini(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_times_add_up),
		unit_test(test_closed_window_is_waited_for),
	};

	return cmocka_run_group_tests_name("keepalive", tests, NULL, NULL);
}
