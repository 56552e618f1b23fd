/*
 * bare_dump tcp|udp [both|info]: asks sock_diag for every socket just as `sockkit sockets` does,
 * receives the dump with the same 32 KiB buffer, and looks at nothing but the type of each
 * datagram's first message: the floor below which no program that lists sockets can get. With
 * `both`, TCP of both families is one request of the older kind (TCPDIAG_GETSOCK), as ss(8) makes
 * it; with `info`, the same with struct tcp_info and congestion control.
 */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static size_t bytes, datagrams;

static bool is_done(const char *buffer, ssize_t len)
{
	struct nlmsghdr last;

	/* NLMSG_DONE comes last: behind other messages, or alone. */
	if (len < (ssize_t)sizeof(last) + 4)
		return true;
	memcpy(&last, buffer, sizeof(last));
	if (last.nlmsg_type == NLMSG_DONE || last.nlmsg_type == NLMSG_ERROR)
		return true;
	memcpy(&last, buffer + len - sizeof(last) - 4, sizeof(last));
	return last.nlmsg_len == sizeof(last) + 4 && last.nlmsg_type == NLMSG_DONE;
}

static int receive_all(int fd)
{
	static char buffer[32768];
	ssize_t len;

	do {
		len = recv(fd, buffer, sizeof(buffer), 0);
		if (len < 0) {
			perror("recv");
			return 1;
		}
		bytes += (size_t)len;
		datagrams++;
	} while (!is_done(buffer, len));
	return 0;
}

static int dump(int fd, unsigned char family, unsigned char protocol)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} message = {
		.header = {.nlmsg_len = sizeof(message),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			.nlmsg_seq = 1},
		.request = {.sdiag_family = family,
			.sdiag_protocol = protocol,
			.idiag_states = protocol == IPPROTO_TCP ? 0x3ffe : 0x82},
	};

	if (send(fd, &message, sizeof(message), 0) < 0) {
		perror("send");
		return 1;
	}
	return receive_all(fd);
}

static int dump_both(int fd, unsigned char extensions)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req request;
	} message = {
		.header = {.nlmsg_len = sizeof(message),
			.nlmsg_type = TCPDIAG_GETSOCK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			.nlmsg_seq = 1},
		.request = {.idiag_ext = extensions, .idiag_states = 0x3ffe},
	};

	if (send(fd, &message, sizeof(message), 0) < 0) {
		perror("send");
		return 1;
	}
	return receive_all(fd);
}

int main(int argc, char **argv)
{
	bool udp = argc > 1 && strcmp(argv[1], "udp") == 0;
	bool info = argc > 2 && strcmp(argv[2], "info") == 0;
	bool both = info || (argc > 2 && strcmp(argv[2], "both") == 0);
	unsigned char extensions = info ? 0x0e : 0; /* INFO, VEGASINFO, CONG */
	unsigned char protocol = udp ? IPPROTO_UDP : IPPROTO_TCP;
	struct timespec from, to;
	int fd, failed;

	if (argc < 2 || (!udp && strcmp(argv[1], "tcp") != 0)) {
		(void)fprintf(stderr, "usage: bare_dump tcp|udp [both|info]\n");
		return 2;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd < 0) {
		perror("socket");
		return 1;
	}
	failed = both && !udp ? dump_both(fd, extensions)
			      : dump(fd, AF_INET, protocol) || dump(fd, AF_INET6, protocol);
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	(void)close(fd);
	(void)printf("%zu bytes %zu datagrams %.3f ms\n", bytes, datagrams,
		(double)(to.tv_sec - from.tv_sec) * 1e3 +
			(double)(to.tv_nsec - from.tv_nsec) / 1e6);
	return failed;
}
