/* Sockets that are borrowed from their owners, here this very process, and given back. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "diag/sockopts.h"
#include "proc/borrow.h"

static uint64_t inode_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

static int look_up(struct skt_borrower *borrower, int fd, struct skt_sockopts *ret)
{
	return skt_borrow(borrower, (uint32_t)getpid(), (uint32_t)fd, inode_of(fd),
		skt_sockopts_read, ret, sizeof(*ret));
}

static bool has(const struct skt_sockopts *opts, unsigned int bit)
{
	return opts->present >> bit & 1;
}

static void set(int fd, int level, int option, int value)
{
	assert_int_equal(setsockopt(fd, level, option, &value, sizeof(value)), 0);
}

/* Skips where the kernel, or who confines us, knows no pidfd_getfd(2). */
static struct skt_borrower *borrower_new(void)
{
	struct skt_borrower *borrower;
	struct skt_sockopts opts;
	int fds[2], rc;

	assert_int_equal(skt_borrower_new(&borrower), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	rc = look_up(borrower, fds[0], &opts);
	(void)close(fds[0]);
	(void)close(fds[1]);
	if (rc == -ENOSYS || rc == -EPERM) {
		skt_borrower_free(borrower);
		return NULL;
	}
	assert_int_equal(rc, 0);
	assert_true(has(&opts, SKT_SOCKOPT_IS_so_sndbuf));
	assert_false(has(&opts, SKT_SOCKOPT_IS_ip_ttl));
	assert_false(has(&opts, SKT_SOCKOPT_IS_tcp_nodelay));
	return borrower;
}

#define BORROWER_OR_SKIP(borrower) \
	do { \
		(borrower) = borrower_new(); \
		if (!(borrower)) \
			skip_because("no pidfd_getfd"); \
	} while (0)

static void test_values(void **state)
{
	const struct linger linger = {1, 7};
	const struct timeval time = {2, 500000};
	struct skt_borrower *borrower;
	struct skt_sockopts opts;
	int tcp, udp;

	(void)state;
	BORROWER_OR_SKIP(borrower);
	tcp = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	set(tcp, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(tcp, IPPROTO_TCP, TCP_KEEPIDLE, 60);
	set(tcp, IPPROTO_TCP, TCP_USER_TIMEOUT, 1234);
	set(tcp, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9);
	set(tcp, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
	assert_int_equal(setsockopt(tcp, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	assert_int_equal(setsockopt(tcp, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)), 0);
	assert_int_equal(look_up(borrower, tcp, &opts), 0);
	assert_true(opts.so_keepalive && !opts.tcp_nodelay);
	assert_int_equal(opts.tcp_keepidle_s, 60);
	assert_int_equal(opts.tcp_user_timeout_ms, 1234);
	assert_int_equal(opts.ipv6_unicast_hops, 9);
	assert_string_equal(skt_mtu_discover_names[opts.ipv6_mtu_discover], "probe");
	assert_int_equal(opts.so_linger_s, 7);
	assert_int_equal(opts.so_rcvtimeo_us, 2500000);
	assert_true(has(&opts, SKT_SOCKOPT_IS_tcp_nodelay));
	assert_true(has(&opts, SKT_SOCKOPT_IS_so_linger_s));
	/* Not set, or not of such a socket: absent. */
	assert_false(has(&opts, SKT_SOCKOPT_IS_so_sndtimeo_us));
	assert_false(has(&opts, SKT_SOCKOPT_IS_so_bindtodevice));
	assert_false(has(&opts, SKT_SOCKOPT_IS_so_max_pacing_rate));
	assert_false(has(&opts, SKT_SOCKOPT_IS_udp_segment));

	set(udp, IPPROTO_UDP, UDP_SEGMENT, 1200);
	assert_int_equal(look_up(borrower, udp, &opts), 0);
	assert_int_equal(opts.udp_segment, 1200);
	assert_true(has(&opts, SKT_SOCKOPT_IS_ip_ttl));
	assert_false(has(&opts, SKT_SOCKOPT_IS_so_linger_s));
	assert_false(has(&opts, SKT_SOCKOPT_IS_tcp_nodelay));
	assert_false(has(&opts, SKT_SOCKOPT_IS_ipv6_tclass));
	(void)close(tcp);
	(void)close(udp);
	skt_borrower_free(borrower);
}

static void test_gone(void **state)
{
	struct skt_borrower *borrower;
	struct skt_sockopts opts;
	uint64_t inode;
	int fd;

	(void)state;
	BORROWER_OR_SKIP(borrower);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	inode = inode_of(fd);
	assert_int_equal(skt_borrow(borrower, (uint32_t)getpid(), (uint32_t)fd, inode + 1,
				 skt_sockopts_read, &opts, sizeof(opts)),
		-ESTALE);
	(void)close(fd);
	assert_int_equal(skt_borrow(borrower, (uint32_t)getpid(), (uint32_t)fd, inode,
				 skt_sockopts_read, &opts, sizeof(opts)),
		-EBADF);
	/* Above any number of a process (PID_MAX_LIMIT). */
	assert_int_equal(
		skt_borrow(borrower, 1U << 23, 0, inode, skt_sockopts_read, &opts, sizeof(opts)),
		-ESRCH);
	skt_borrower_free(borrower);
	skt_borrower_free(NULL);
}

/* What the look leaves behind for the owner to find: nothing. */
static void test_error_stays(void **state)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	struct skt_borrower *borrower;
	struct skt_sockopts opts;
	int fd, bound, error = 0;

	(void)state;
	BORROWER_OR_SKIP(borrower);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* Bound, so that nobody else listens there. */
	assert_int_equal(bind(bound, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(getsockname(bound, (struct sockaddr *)&addr, &len), 0);
	(void)connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	assert_int_equal(look_up(borrower, fd, &opts), 0);
	len = sizeof(error);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	assert_int_equal(error, ECONNREFUSED);
	(void)close(fd);
	(void)close(bound);
	skt_borrower_free(borrower);
}

static int owners_own;

/* The owner closes his descriptor while his socket is looked at. */
static void close_owners(int fd, void *result)
{
	(void)fd;
	(void)result;
	(void)close(owners_own);
}

/* A connection that lingers for its peer, which reads nothing. */
static int lingering(int *ret_peer)
{
	const struct linger linger = {1, 3600};
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(addr);
	char bytes[65536] = {0};

	assert_int_equal(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	*ret_peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(*ret_peer >= 0);
	(void)close(listener);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	return fd;
}

static void test_owner_closes_and_lingers(void **state)
{
	struct skt_borrower *borrower;
	struct skt_sockopts opts;
	char before[256], nothing;
	uint64_t begin;
	int peer, other;

	(void)state;
	BORROWER_OR_SKIP(borrower);
	/* The thread that is left behind has a pidfd. */
	skt_borrower_free(borrower);
	assert_int_equal(skt_borrower_new(&borrower), 0);
	(void)snprintf(before, sizeof(before), "%s", open_descriptors());
	other = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	owners_own = lingering(&peer);
	begin = skt_clock_ns();
	assert_int_equal(skt_borrow(borrower, (uint32_t)getpid(), (uint32_t)owners_own,
				 inode_of(owners_own), close_owners, &nothing, 1),
		0);
	/* Whoever was left with the last copy waits for an hour; we do not. */
	assert_int_equal(look_up(borrower, other, &opts), 0);
	assert_true(has(&opts, SKT_SOCKOPT_IS_ip_ttl));
	skt_borrower_free(borrower);
	assert_true(skt_clock_ns() - begin < 3000 * SKT_NS_PER_SEC);
	(void)close(peer);
	(void)close(other);
	/* Without his peer he comes back, and ends. */
	while (strcmp(open_descriptors(), before) != 0)
		(void)sched_yield();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_values),
		unit_test(test_gone),
		unit_test(test_error_stays),
		unit_test(test_owner_closes_and_lingers),
	};

	return cmocka_run_group_tests_name("borrow", tests, NULL, NULL);
}
