/*
 * Sockets on loopback in every state there is, without a packet lost: what each must look like to
 * whoever lists sockets.
 */
#ifndef SKT_TESTS_SITUATION_H
#define SKT_TESTS_SITUATION_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "diag/socket.h"
#include "tests/patience/patience.h"

enum { SITUATION_SOCKETS = 64, SITUATION_FDS = 128 };

struct situation_socket {
	uint8_t proto, family;
	uint16_t local_port, remote_port;
	enum skt_state state;
};

struct situation {
	struct situation_socket sockets[SITUATION_SOCKETS];
	size_t count;
	int fds[SITUATION_FDS];
	size_t fd_count;
};

static inline int situation_keep(struct situation *situation, int fd, const char *what)
{
	if (fd < 0 || situation->fd_count == SITUATION_FDS) {
		perror(what);
		abort();
	}
	situation->fds[situation->fd_count++] = fd;
	return fd;
}

static inline socklen_t situation_loopback(int family, uint16_t port, struct sockaddr_storage *ret)
{
	struct skt_addr addr = {.family = (uint8_t)family};

	if (family == AF_INET)
		memcpy(addr.bytes, (uint8_t[]){127, 0, 0, 1}, 4);
	else
		addr.bytes[15] = 1;
	return skt_addr_to_sockaddr(&addr, port, ret);
}

static inline uint16_t situation_port(int fd, bool remote)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	struct skt_addr addr;
	uint16_t port = 0;
	int rc = remote ? getpeername(fd, (struct sockaddr *)&sa, &len)
			: getsockname(fd, (struct sockaddr *)&sa, &len);

	if (rc || skt_addr_from_sockaddr((struct sockaddr *)&sa, &addr, &port))
		abort();
	return port;
}

static inline void situation_note(struct situation *situation, enum skt_proto proto, int family,
	uint16_t local_port, uint16_t remote_port, enum skt_state state)
{
	if (situation->count == SITUATION_SOCKETS)
		abort();
	situation->sockets[situation->count++] = (struct situation_socket){
		(uint8_t)proto, (uint8_t)family, local_port, remote_port, state};
}

static inline int situation_bound(struct situation *situation, int family, int type)
{
	struct sockaddr_storage sa;
	socklen_t len = situation_loopback(family, 0, &sa);
	int fd = situation_keep(situation, socket(family, type | SOCK_CLOEXEC, 0), "socket");

	if (bind(fd, (struct sockaddr *)&sa, len)) {
		perror("bind");
		abort();
	}
	return fd;
}

static inline int situation_listener(struct situation *situation, int family, int backlog)
{
	int fd = situation_bound(situation, family, SOCK_STREAM), small = 4096;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (listen(fd, backlog)) {
		perror("listen");
		abort();
	}
	situation_note(
		situation, SKT_PROTO_TCP, family, situation_port(fd, false), 0, SKT_STATE_LISTEN);
	return fd;
}

/* A client of LISTENER; WAIT says whether the connection must come about. */
static inline int situation_client(struct situation *situation, int family, int listener, bool wait)
{
	struct sockaddr_storage sa;
	socklen_t len = situation_loopback(family, situation_port(listener, false), &sa);
	int fd = situation_bound(situation, family, SOCK_STREAM | (wait ? 0 : SOCK_NONBLOCK));

	if (connect(fd, (struct sockaddr *)&sa, len) && (wait || errno != EINPROGRESS)) {
		perror("connect");
		abort();
	}
	return fd;
}

/* Waits until the kernel says that FD is in STATE: acknowledgements may be some ms behind. */
static inline void situation_settle(int fd, enum skt_state state)
{
	const unsigned int wanted = state == SKT_STATE_TIME_WAIT ? SKT_STATE_CLOSED : state;
	struct tcp_info info;
	struct patience patience = {0};
	socklen_t len;

	do {
		len = sizeof(info);
		if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
			break;
		if (info.tcpi_state == wanted)
			return;
	} while (patience_left(&patience));
	(void)fprintf(stderr, "situation: %s was not reached\n", skt_state_names[state]);
	abort();
}

struct situation_pair {
	int client, server;
	uint16_t client_port, server_port;
};

static inline struct situation_pair situation_pair(
	struct situation *situation, int family, int listener)
{
	struct situation_pair pair = {
		.client = situation_client(situation, family, listener, true)};

	pair.server = situation_keep(
		situation, accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), "accept");
	pair.client_port = situation_port(pair.client, false);
	pair.server_port = situation_port(listener, false);
	return pair;
}

static inline void situation_note_pair(struct situation *situation, int family,
	const struct situation_pair *pair, enum skt_state client, enum skt_state server)
{
	situation_note(
		situation, SKT_PROTO_TCP, family, pair->client_port, pair->server_port, client);
	if (server == SKT_STATE_UNKNOWN)
		return;
	situation_settle(pair->server, server);
	situation_note(
		situation, SKT_PROTO_TCP, family, pair->server_port, pair->client_port, server);
}

/* Writes until the peer, who does not read, takes no more: a FIN behind that stays unsent. */
static inline void situation_fill(int fd)
{
	static const char zeros[65536];
	int small = 4096;

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
}

static inline void situation_make_pairs(struct situation *situation, int family, int listener)
{
	struct situation_pair pair = situation_pair(situation, family, listener);

	if (write(pair.client, "hello", 5) != 5)
		abort();
	situation_note_pair(situation, family, &pair, SKT_STATE_ESTABLISHED, SKT_STATE_ESTABLISHED);

	pair = situation_pair(situation, family, listener);
	(void)shutdown(pair.client, SHUT_WR);
	situation_note_pair(situation, family, &pair, SKT_STATE_FIN_WAIT_2, SKT_STATE_CLOSE_WAIT);

	pair = situation_pair(situation, family, listener);
	(void)shutdown(pair.client, SHUT_WR);
	(void)shutdown(pair.server, SHUT_WR);
	situation_note_pair(situation, family, &pair, SKT_STATE_TIME_WAIT, SKT_STATE_UNKNOWN);

	pair = situation_pair(situation, family, listener);
	situation_fill(pair.client);
	(void)shutdown(pair.client, SHUT_WR);
	situation_note_pair(situation, family, &pair, SKT_STATE_FIN_WAIT_1, SKT_STATE_ESTABLISHED);

	pair = situation_pair(situation, family, listener);
	situation_fill(pair.client);
	(void)shutdown(pair.client, SHUT_WR);
	(void)shutdown(pair.server, SHUT_WR);
	situation_note_pair(situation, family, &pair, SKT_STATE_CLOSING, SKT_STATE_FIN_WAIT_2);

	pair = situation_pair(situation, family, listener);
	situation_fill(pair.client);
	(void)shutdown(pair.server, SHUT_WR);
	(void)shutdown(pair.client, SHUT_WR);
	situation_note_pair(situation, family, &pair, SKT_STATE_LAST_ACK, SKT_STATE_FIN_WAIT_2);
}

static inline void situation_make_handshakes(struct situation *situation, int family)
{
	int full = situation_listener(situation, family, 0), lazy, client, seconds = 60;

	/* The accept queue takes one; the next SYN finds it full and is dropped. */
	client = situation_client(situation, family, full, true);
	situation_note(situation, SKT_PROTO_TCP, family, situation_port(client, false),
		situation_port(full, false), SKT_STATE_ESTABLISHED);
	client = situation_client(situation, family, full, false);
	situation_note(situation, SKT_PROTO_TCP, family, situation_port(client, false),
		situation_port(full, false), SKT_STATE_SYN_SENT);

	/* With TCP_DEFER_ACCEPT the listener's side stays a request until there is data. */
	lazy = situation_listener(situation, family, 5);
	if (setsockopt(lazy, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds)))
		abort();
	client = situation_client(situation, family, lazy, true);
	situation_note(situation, SKT_PROTO_TCP, family, situation_port(client, false),
		situation_port(lazy, false), SKT_STATE_ESTABLISHED);
	situation_note(situation, SKT_PROTO_TCP, family, situation_port(lazy, false),
		situation_port(client, false), SKT_STATE_SYN_RECEIVED);
}

static inline void situation_make_udp(struct situation *situation, int family)
{
	struct sockaddr_storage sa;
	int server = situation_bound(situation, family, SOCK_DGRAM);
	int client = situation_bound(situation, family, SOCK_DGRAM);
	socklen_t len = situation_loopback(family, situation_port(server, false), &sa);

	if (connect(client, (struct sockaddr *)&sa, len))
		abort();
	situation_note(situation, SKT_PROTO_UDP, family, situation_port(server, false), 0,
		SKT_STATE_UNCONNECTED);
	situation_note(situation, SKT_PROTO_UDP, family, situation_port(client, false),
		situation_port(server, false), SKT_STATE_CONNECTED);
}

/* Adds all states of FAMILY. Aborts where the machine cannot. */
static inline void situation_make(struct situation *situation, int family)
{
	int bound;

	situation_make_pairs(situation, family, situation_listener(situation, family, 16));
	situation_make_handshakes(situation, family);
	situation_make_udp(situation, family);
	bound = situation_bound(situation, family, SOCK_STREAM);
	situation_note(
		situation, SKT_PROTO_TCP, family, situation_port(bound, false), 0, SKT_STATE_BOUND);
}

static inline void situation_end(struct situation *situation)
{
	while (situation->fd_count)
		(void)close(situation->fds[--situation->fd_count]);
	situation->count = 0;
}

#endif
