/*
 * Makes sockets in wanted states, says which, and holds them until its stdin ends:
 *
 *     mksock [-n NAME] [mark N] [device IFACE] [v6only] [share N]
 *            SITUATION [ADDRESS [PORT [COUNT]]] [, ...]
 *
 * Situations are separated by a lone comma. For each socket (for each holder of it, after `share
 * N`, which makes N more processes hold it) one line: `SITUATION PROTO LOCAL REMOTE STATE INODE PID
 * FD`, with `-` where nobody holds it. Sockets are marked N, bound to IFACE, or made to leave IPv4
 * alone, before any use.
 * Then the line `ready`. States are spelled as in RFC 9293. -n NAME is what the process calls
 * itself, in argv[0] and in comm.
 *
 * Everything happens on ADDRESS (127.0.0.1 or ::1; default 127.0.0.1; port 0: any). States that
 * need a peer that does not answer are reached with a socket filter that drops what arrives, which
 * takes no privilege, no firewall and no second host. All of them are real kernel sockets.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/patience/patience.h"

enum {
	ADDRESSES_STEP = 20000, /* connections to one address before the next one is taken */
	SHARERS_MAX = 64,
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct situation {
	const char *name;
	union address at;
	unsigned int count;
	unsigned int share;
	pid_t sharers[SHARERS_MAX]; /* the first `share` of them, once they are forked */
};

struct pair {
	int client, server;
};

/* What `mark`, `device` and `v6only` want of the sockets of the situation at hand; 0: nothing. */
static unsigned int wanted_mark, wanted_device, wanted_v6only;

/* The children of `share` live as long as the write end of this pipe. */
static int lifeline[2];

__attribute__((noreturn)) static void die(const char *what)
{
	(void)fprintf(stderr, "mksock: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static int check(int rc, const char *what)
{
	if (rc < 0)
		die(what);
	return rc;
}

/* ---- addresses ---- */

static socklen_t address_size(const union address *at)
{
	return at->any.sa_family == AF_INET ? sizeof(at->v4) : sizeof(at->v6);
}

static union address parse_address(const char *host, const char *port)
{
	union address at = {.v4.sin_family = AF_INET};
	uint16_t number = htons((uint16_t)strtoul(port, NULL, 10));

	if (inet_pton(AF_INET, host, &at.v4.sin_addr) == 1) {
		at.v4.sin_port = number;
		return at;
	}
	at = (union address){.v6.sin6_family = AF_INET6, .v6.sin6_port = number};
	if (inet_pton(AF_INET6, host, &at.v6.sin6_addr) != 1) {
		errno = EINVAL;
		die(host);
	}
	return at;
}

static void format_address(const union address *at, char *text, size_t size)
{
	char host[INET6_ADDRSTRLEN];

	if (at->any.sa_family == AF_INET) {
		(void)inet_ntop(AF_INET, &at->v4.sin_addr, host, sizeof(host));
		(void)snprintf(text, size, "%s:%u", host, ntohs(at->v4.sin_port));
	} else {
		(void)inet_ntop(AF_INET6, &at->v6.sin6_addr, host, sizeof(host));
		(void)snprintf(text, size, "[%s]:%u", host, ntohs(at->v6.sin6_port));
	}
}

static union address local_address(int fd)
{
	union address at = {0};
	socklen_t size = sizeof(at);

	check(getsockname(fd, &at.any, &size), "getsockname");
	return at;
}

/* ---- reports ---- */

static void print_ends(const struct situation *s, const char *proto, const union address *local,
	const union address *remote, const char *state)
{
	char from[64], to[64] = "-";

	format_address(local, from, sizeof(from));
	if (remote)
		format_address(remote, to, sizeof(to));
	(void)printf("%s %s %s %s %s ", s->name, proto, from, to, state);
}

/* One line for a socket that we hold, and one more for each process that shares it. */
static void report(const struct situation *s, int fd, const char *proto,
	const union address *remote, const char *state)
{
	union address local = local_address(fd);
	struct stat status;

	check(fstat(fd, &status), "fstat");
	for (unsigned int i = 0; i <= s->share && i <= SHARERS_MAX; i++) {
		print_ends(s, proto, &local, remote, state);
		(void)printf("%lu %d %d\n", (unsigned long)status.st_ino,
			(int)(i ? s->sharers[i - 1] : getpid()), fd);
	}
}

/* One that only the kernel holds. */
static void report_orphan(const struct situation *s, const union address *local,
	const union address *remote, const char *state)
{
	print_ends(s, "tcp", local, remote, state);
	(void)printf("0 - -\n");
}

/* Children that hold all our descriptors, until we end. */
static void fork_sharers(struct situation *s)
{
	char byte;

	for (unsigned int i = 0; i < s->share; i++) {
		s->sharers[i] = check(fork(), "fork");
		if (s->sharers[i])
			continue;
		(void)close(lifeline[1]);
		(void)close(STDIN_FILENO);
		(void)close(STDOUT_FILENO);
		while (read(lifeline[0], &byte, 1) < 0 && errno == EINTR)
			;
		_exit(EXIT_SUCCESS);
	}
}

/* ---- sockets ---- */

static int open_socket(const union address *at, int type)
{
	int fd = check(socket(at->any.sa_family, type | SOCK_CLOEXEC, 0), "socket");

	if (wanted_mark)
		check(setsockopt(fd, SOL_SOCKET, SO_MARK, &wanted_mark, sizeof(wanted_mark)),
			"SO_MARK");
	if (wanted_device)
		check(setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &wanted_device,
			      sizeof(wanted_device)),
			"SO_BINDTOIFINDEX");
	if (wanted_v6only)
		check(setsockopt(
			      fd, IPPROTO_IPV6, IPV6_V6ONLY, &wanted_v6only, sizeof(wanted_v6only)),
			"IPV6_V6ONLY");
	return fd;
}

static int open_bound(const union address *at, int type)
{
	int fd = open_socket(at, type);

	check(bind(fd, &at->any, address_size(at)), "bind");
	return fd;
}

static int open_listener(const union address *at, int backlog)
{
	int fd = open_socket(at, SOCK_STREAM), yes = 1;

	check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), "SO_REUSEADDR");
	check(bind(fd, &at->any, address_size(at)), "bind");
	check(listen(fd, backlog), "listen");
	return fd;
}

/* From now on the kernel drops what arrives for this socket, before TCP sees it. */
static void deafen(int fd)
{
	struct sock_filter drop[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
	struct sock_fprog program = {.len = 1, .filter = drop};

	check(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)),
		"SO_ATTACH_FILTER");
}

static void undeafen(int fd)
{
	int none = 0;

	check(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none)),
		"SO_DETACH_FILTER");
}

static struct pair connect_pair(int listener)
{
	union address at = local_address(listener);
	struct pair pair;

	pair.client = open_socket(&at, SOCK_STREAM);
	check(connect(pair.client, &at.any, address_size(&at)), "connect");
	pair.server = check(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");
	return pair;
}

/* A connection whose listener is gone. */
static struct pair open_pair(const union address *at)
{
	int listener = open_listener(at, 1);
	struct pair pair = connect_pair(listener);

	(void)close(listener);
	return pair;
}

/* The kernel gets there when a timer of its own fires: there is nothing to wait on but its word. */
static void await_state(int fd, int wanted)
{
	struct patience patience = {0};
	struct tcp_info info;

	do {
		socklen_t size = sizeof(info);

		check(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), "TCP_INFO");
		if (info.tcpi_state == wanted)
			return;
	} while (patience_left(&patience));
	errno = ETIMEDOUT;
	die("a state is not reached");
}

static void report_tcp(
	const struct situation *s, int fd, const union address *remote, const char *state)
{
	report(s, fd, "tcp", remote, state);
}

/* Both ends of a pair, in these states, each of which is awaited. */
static void report_pair(struct situation *s, const struct pair *pair, int client_wanted,
	const char *client_state, int server_wanted, const char *server_state)
{
	union address client = local_address(pair->client), server = local_address(pair->server);

	fork_sharers(s);
	await_state(pair->client, client_wanted);
	await_state(pair->server, server_wanted);
	report_tcp(s, pair->client, &server, client_state);
	report_tcp(s, pair->server, &client, server_state);
}

/* ---- situations ---- */

static void tcp_listen(struct situation *s)
{
	int fd = open_listener(&s->at, s->count ? (int)s->count : SOMAXCONN);

	fork_sharers(s);
	report_tcp(s, fd, NULL, "LISTEN");
}

/* COUNT clients that nobody has accepted yet: they wait in the queue, and nobody holds their ends.
 */
static void tcp_queued(struct situation *s)
{
	unsigned int count = s->count ? s->count : 1;
	int listener = open_listener(&s->at, (int)count);
	union address server = local_address(listener);

	report_tcp(s, listener, NULL, "LISTEN");
	for (unsigned int i = 0; i < count; i++) {
		int fd = open_socket(&server, SOCK_STREAM);
		union address client;

		check(connect(fd, &server.any, address_size(&server)), "connect");
		client = local_address(fd);
		report_tcp(s, fd, &server, "ESTABLISHED");
		report_orphan(s, &server, &client, "ESTABLISHED");
	}
}

static void tcp_bound(struct situation *s)
{
	int fd = open_bound(&s->at, SOCK_STREAM);

	fork_sharers(s);
	report_tcp(s, fd, NULL, "BOUND");
}

static void tcp_established(struct situation *s)
{
	struct pair pair = open_pair(&s->at);

	report_pair(s, &pair, TCP_ESTABLISHED, "ESTABLISHED", TCP_ESTABLISHED, "ESTABLISHED");
}

/* The client's bytes lie unread at the server: COUNT of them (default 1000). */
static void tcp_unread(struct situation *s)
{
	struct pair pair = open_pair(&s->at);
	size_t count = s->count ? s->count : 1000;
	char *bytes = calloc(1, count);

	if (!bytes || write(pair.client, bytes, count) != (ssize_t)count)
		die("write");
	free(bytes);
	report_pair(s, &pair, TCP_ESTABLISHED, "ESTABLISHED", TCP_ESTABLISHED, "ESTABLISHED");
}

static void tcp_syn_sent(struct situation *s)
{
	int listener = open_listener(&s->at, 1);
	union address server = local_address(listener);
	int fd = open_socket(&server, SOCK_STREAM | SOCK_NONBLOCK);

	deafen(listener);
	if (connect(fd, &server.any, address_size(&server)) == 0 || errno != EINPROGRESS)
		die("connect");
	await_state(fd, TCP_SYN_SENT);
	report_tcp(s, listener, NULL, "LISTEN");
	report_tcp(s, fd, &server, "SYN-SENT");
}

/* The client does not hear the answer: the kernel keeps the request, which no process holds. */
static void tcp_syn_recv(struct situation *s)
{
	int listener = open_listener(&s->at, 1);
	union address server = local_address(listener), client;
	int fd = open_socket(&server, SOCK_STREAM | SOCK_NONBLOCK);

	deafen(fd);
	if (connect(fd, &server.any, address_size(&server)) == 0 || errno != EINPROGRESS)
		die("connect");
	await_state(fd, TCP_SYN_SENT);
	client = local_address(fd);
	report_tcp(s, listener, NULL, "LISTEN");
	report_tcp(s, fd, &server, "SYN-SENT");
	report_orphan(s, &server, &client, "SYN-RECEIVED");
}

static void tcp_fin_wait_1(struct situation *s)
{
	struct pair pair = open_pair(&s->at);

	deafen(pair.server);
	check(shutdown(pair.client, SHUT_WR), "shutdown");
	report_pair(s, &pair, TCP_FIN_WAIT1, "FIN-WAIT-1", TCP_ESTABLISHED, "ESTABLISHED");
}

/* The client has finished, and knows that the server knows. */
static void half_close(const struct pair *pair)
{
	check(shutdown(pair->client, SHUT_WR), "shutdown");
	await_state(pair->server, TCP_CLOSE_WAIT);
	await_state(pair->client, TCP_FIN_WAIT2);
}

static void tcp_fin_wait_2(struct situation *s)
{
	struct pair pair = open_pair(&s->at);

	half_close(&pair);
	report_pair(s, &pair, TCP_FIN_WAIT2, "FIN-WAIT-2", TCP_CLOSE_WAIT, "CLOSE-WAIT");
}

/* The same, and then the kernel alone holds the client's end. */
static void tcp_orphan(struct situation *s)
{
	struct pair pair = open_pair(&s->at);
	union address client = local_address(pair.client), server = local_address(pair.server);

	half_close(&pair);
	check(close(pair.client), "close");
	report_orphan(s, &client, &server, "FIN-WAIT-2");
	report_tcp(s, pair.server, &client, "CLOSE-WAIT");
}

static void tcp_last_ack(struct situation *s)
{
	struct pair pair = open_pair(&s->at);

	half_close(&pair);
	deafen(pair.client);
	check(shutdown(pair.server, SHUT_WR), "shutdown");
	report_pair(s, &pair, TCP_FIN_WAIT2, "FIN-WAIT-2", TCP_LAST_ACK, "LAST-ACK");
}

/*
 * Both ends finish and neither hears it; then the client hears the server's FIN again, but never an
 * answer to its own.
 */
static void tcp_closing(struct situation *s)
{
	struct pair pair = open_pair(&s->at);

	deafen(pair.client);
	deafen(pair.server);
	check(shutdown(pair.client, SHUT_WR), "shutdown");
	check(shutdown(pair.server, SHUT_WR), "shutdown");
	undeafen(pair.client);
	report_pair(s, &pair, TCP_CLOSING, "CLOSING", TCP_FIN_WAIT1, "FIN-WAIT-1");
}

static void tcp_time_wait(struct situation *s)
{
	struct pair pair = open_pair(&s->at);
	union address client = local_address(pair.client), server = local_address(pair.server);

	half_close(&pair);
	check(close(pair.server), "close");
	await_state(pair.client, TCP_CLOSE);
	check(close(pair.client), "close");
	report_orphan(s, &client, &server, "TIME-WAIT");
}

/* A socket that no descriptor of ours leads to any more. */
static void report_hidden(const struct situation *s, int fd)
{
	union address local = local_address(fd);
	struct stat status;

	check(fstat(fd, &status), "fstat");
	print_ends(s, "tcp", &local, NULL, "LISTEN");
	(void)printf("%lu - -\n", (unsigned long)status.st_ino);
}

/* A listener that is registered with a ring, and closed. */
static void tcp_io_uring(struct situation *s)
{
	/* struct io_uring_params; 2 is IORING_REGISTER_FILES (linux/io_uring.h, of Linux 5.1). */
	unsigned int params[30] = {0};
	int fd = open_listener(&s->at, 1);
	int ring = check((int)syscall(SYS_io_uring_setup, 8, params), "io_uring_setup");

	check((int)syscall(SYS_io_uring_register, ring, 2, &fd, 1), "io_uring_register");
	report_hidden(s, fd);
	check(close(fd), "close");
}

/* A listener in a message that nobody receives, and closed. */
static void tcp_in_flight(struct situation *s)
{
	int fd = open_listener(&s->at, 1), pair[2];
	char byte = 'x', control[CMSG_SPACE(sizeof(fd))] = {0};
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), "socketpair");
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	check((int)sendmsg(pair[0], &message, 0), "sendmsg");
	report_hidden(s, fd);
	check(close(fd), "close");
}

/* COUNT sockets of PROTOCOL that are made and no more. */
static void make_unbound(struct situation *s, int type, int protocol, const char *name)
{
	for (unsigned int i = 0; i < (s->count ? s->count : 1); i++) {
		int fd = check(socket(s->at.any.sa_family, type | SOCK_CLOEXEC, protocol), name);

		if (!i)
			fork_sharers(s);
		report(s, fd, name, NULL, "UNBOUND");
	}
}

static void tcp_unbound(struct situation *s)
{
	make_unbound(s, SOCK_STREAM, 0, "tcp");
}

static void udp_unbound(struct situation *s)
{
	make_unbound(s, SOCK_DGRAM, 0, "udp");
}

static void udplite_unbound(struct situation *s)
{
	make_unbound(s, SOCK_DGRAM, IPPROTO_UDPLITE, "udplite");
}

static void ping_unbound(struct situation *s)
{
	make_unbound(s, SOCK_DGRAM,
		s->at.any.sa_family == AF_INET ? (int)IPPROTO_ICMP : (int)IPPROTO_ICMPV6, "ping");
}

/* Of a connection that its other end has reset the client's end, not closed. */
static void tcp_reset(struct situation *s)
{
	const struct linger reset = {.l_onoff = 1};
	struct pair pair = open_pair(&s->at);

	check(setsockopt(pair.server, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), "SO_LINGER");
	(void)close(pair.server);
	await_state(pair.client, TCP_CLOSE);
	report_tcp(s, pair.client, NULL, "UNBOUND");
}

static void udplite_bound(struct situation *s)
{
	int fd = check(
		socket(s->at.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDPLITE), "udplite");

	check(bind(fd, &s->at.any, address_size(&s->at)), "bind");
	report(s, fd, "udplite", NULL, "UNCONNECTED");
}

static void udp_bound(struct situation *s)
{
	int fd = open_bound(&s->at, SOCK_DGRAM);

	fork_sharers(s);
	report(s, fd, "udp", NULL, "UNCONNECTED");
}

/* Connected to a bound socket, which is reported too. */
static void udp_connected(struct situation *s)
{
	int server = open_bound(&s->at, SOCK_DGRAM);
	union address at = local_address(server);
	int client = open_socket(&at, SOCK_DGRAM);

	check(connect(client, &at.any, address_size(&at)), "connect");
	fork_sharers(s);
	report(s, server, "udp", NULL, "UNCONNECTED");
	report(s, client, "udp", &at, "CONNECTED");
}

static void raise_limit(void)
{
	struct rlimit limit;

	check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

/* COUNT connections, two sockets each; addresses follow each other as ports run out. IPv4. */
static void tcp_many(struct situation *s)
{
	union address at = s->at;
	int listener = -1;

	for (unsigned int i = 0; i < s->count; i++) {
		union address client, server;
		struct pair pair;

		if (i % ADDRESSES_STEP == 0) {
			if (listener >= 0)
				(void)close(listener);
			listener = open_listener(&at, SOMAXCONN);
			at.v4.sin_addr.s_addr = htonl(ntohl(at.v4.sin_addr.s_addr) + 1);
		}
		pair = connect_pair(listener);
		client = local_address(pair.client);
		server = local_address(pair.server);
		report_tcp(s, pair.client, &server, "ESTABLISHED");
		report_tcp(s, pair.server, &client, "ESTABLISHED");
	}
	(void)close(listener);
}

static const struct {
	const char *name;
	void (*make)(struct situation *);
	bool shares;
} situations[] = {
	{"tcp-listen", tcp_listen, true},
	{"tcp-queued", tcp_queued, false},
	{"tcp-bound", tcp_bound, true},
	{"tcp-established", tcp_established, true},
	{"tcp-unread", tcp_unread, true},
	{"tcp-syn-sent", tcp_syn_sent, false},
	{"tcp-syn-recv", tcp_syn_recv, false},
	{"tcp-fin-wait-1", tcp_fin_wait_1, true},
	{"tcp-fin-wait-2", tcp_fin_wait_2, true},
	{"tcp-close-wait", tcp_fin_wait_2, true}, /* the other end of it */
	{"tcp-orphan", tcp_orphan, false},
	{"tcp-last-ack", tcp_last_ack, true},
	{"tcp-closing", tcp_closing, true},
	{"tcp-time-wait", tcp_time_wait, false},
	{"tcp-io-uring", tcp_io_uring, false},
	{"tcp-in-flight", tcp_in_flight, false},
	{"tcp-many", tcp_many, false},
	{"tcp-unbound", tcp_unbound, true},
	{"tcp-reset", tcp_reset, false},
	{"udp-unbound", udp_unbound, true},
	{"udplite-unbound", udplite_unbound, false},
	{"udplite-bound", udplite_bound, false},
	{"ping-unbound", ping_unbound, false},
	{"udp-bound", udp_bound, true},
	{"udp-connected", udp_connected, true},
};

/* Makes what the ARGC words say. */
static void make_situation(int argc, char **argv)
{
	struct situation s = {0};

	wanted_mark = wanted_device = wanted_v6only = 0;
	if (argc > 2 && strcmp(argv[0], "mark") == 0) {
		wanted_mark = (unsigned int)strtoul(argv[1], NULL, 10);
		argc -= 2;
		argv += 2;
	}
	if (argc > 2 && strcmp(argv[0], "device") == 0) {
		wanted_device = if_nametoindex(argv[1]);
		argc -= 2;
		argv += 2;
	}
	if (argc > 1 && strcmp(argv[0], "v6only") == 0) {
		wanted_v6only = 1;
		argc--;
		argv++;
	}
	if (argc > 2 && strcmp(argv[0], "share") == 0) {
		s.share = (unsigned int)strtoul(argv[1], NULL, 10);
		if (s.share > SHARERS_MAX) {
			errno = E2BIG;
			die(argv[1]);
		}
		argc -= 2;
		argv += 2;
	}
	for (size_t i = 0; argc > 0 && i < sizeof(situations) / sizeof(situations[0]); i++) {
		if (strcmp(argv[0], situations[i].name) != 0 || (s.share && !situations[i].shares))
			continue;
		s.name = situations[i].name;
		s.at = parse_address(argc > 1 ? argv[1] : "127.0.0.1", argc > 2 ? argv[2] : "0");
		s.count = argc > 3 ? (unsigned int)strtoul(argv[3], NULL, 10) : 0;
		situations[i].make(&s);
		(void)fflush(stdout); /* nothing may lie in the buffer when a child is forked */
		return;
	}
	(void)fprintf(stderr, "mksock: cannot make '%s'\n", argc > 0 ? argv[0] : "");
	exit(EXIT_FAILURE);
}

/* argv[0] is set by whoever executes: so do it once more. */
static void take_name(int argc, char **argv)
{
	const char *name;

	if (argc < 3 || strcmp(argv[1], "-n") != 0)
		return;
	name = argv[2];
	if (strcmp(argv[0], name) != 0) {
		argv[0] = argv[2];
		(void)execv("/proc/self/exe", argv);
		die("/proc/self/exe");
	}
	check(prctl(PR_SET_NAME, name), "PR_SET_NAME");
}

int main(int argc, char **argv)
{
	char byte;
	int first;

	take_name(argc, argv);
	raise_limit();
	check(pipe(lifeline), "pipe");
	first = argc > 2 && strcmp(argv[1], "-n") == 0 ? 3 : 1;
	for (int i = first; i <= argc; i++) {
		if (i < argc && strcmp(argv[i], ",") != 0)
			continue;
		make_situation(i - first, argv + first);
		first = i + 1;
	}
	(void)puts("ready");
	(void)fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0 || errno == EINTR)
		errno = 0;
	return EXIT_SUCCESS;
}
