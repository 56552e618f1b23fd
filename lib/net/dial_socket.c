/* The socket of an attempt: made ready, connected, and asked what became of it. */
#include "net/dial_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "net/keepalive.h"
#include "net/socket.h"

bool skt_dial_is_local(int r)
{
	switch (-r) {
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
	case EADDRNOTAVAIL:
	case EADDRINUSE:
	case EACCES:
	case EPERM:
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
	case ESOCKTNOSUPPORT:
	case EPROTOTYPE:
	case ENODEV:
	case EINVAL:
	case ENOSPC: /* fs.epoll.max_user_watches (epoll_ctl(2)) */
		return true;
	}
	return false;
}

bool skt_attempt_is_self(const struct skt_attempt *attempt)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	struct skt_addr addr;
	uint16_t port;

	if (attempt->addr.family == AF_UNSPEC ||
		getsockname(attempt->watch.fd, (struct sockaddr *)&sa, &len) ||
		skt_addr_from_sockaddr((struct sockaddr *)&sa, &addr, &port))
		return false;
	return port == attempt->port && skt_addr_equal(&addr, &attempt->addr);
}

int skt_attempt_failure(int fd, int family)
{
	socklen_t len = sizeof(int);
	int error = 0;
	char byte;

	if (family == AF_INET || family == AF_INET6) {
		if (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno == EAGAIN)
			return 0;
		return errno;
	}
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) ? errno : error;
}

static int bind_source(const struct skt_dial *dial, int fd, int family)
{
	const struct skt_endpoint *source = dial->options.source;
	struct skt_addr addr = dial->source;
	struct sockaddr_storage sa;
	socklen_t len;

	if (!source)
		return 0;
	if (source->kind != SKT_ENDPOINT_INET)
		len = skt_socket_address(source, &sa);
	else {
		addr.family = (uint8_t)family;
		len = skt_addr_to_sockaddr(&addr, source->port, &sa);
		/* A port of our choice may have been used a minute ago; one of the kernel's choice
		 * is chosen when the other side is known (ip(7)). */
		if (source->port)
			(void)skt_socket_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
		else
			(void)skt_socket_set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	}
	return bind(fd, (struct sockaddr *)&sa, len) ? -errno : 0;
}

/* All that is done to the socket before it connects. Keepalive and the like are wishes. */
static int prepare(const struct skt_dial *dial, int fd, int family, int type)
{
	const struct skt_dial_options *options = &dial->options;
	int r;

	if (options->interface) {
		r = skt_socket_bind_interface(fd, family, options->interface);
		if (r)
			return r;
	}
	r = bind_source(dial, fd, family);
	if (r || type != SOCK_STREAM || (family != AF_INET && family != AF_INET6))
		return r;
	if (options->keepalive_s)
		skt_keepalive_ask(fd, options->keepalive_s);
	if (options->fastopen)
		(void)skt_socket_set(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
	return 0;
}

static void close_spare(const struct skt_dial *dial)
{
	int *spare = dial->options.spare;

	if (spare && *spare >= 0) {
		(void)close(*spare);
		*spare = -1;
	}
}

int skt_attempt_connect(
	struct skt_attempt *attempt, int type, const struct sockaddr_storage *sa, socklen_t len)
{
	struct skt_dial *dial = attempt->dial;
	int fd, r;

	attempt->mptcp = dial->options.mptcp;
	close_spare(dial);
	fd = skt_socket_open(sa->ss_family, type, &attempt->mptcp);
	if (fd < 0)
		return fd;
	r = prepare(dial, fd, sa->ss_family, type);
	if (r == 0)
		r = connect(fd, (const struct sockaddr *)sa, len) ? -errno : 0;
	/* A refusal by this host is there already: no need to be woken for it. */
	if (r == -EINPROGRESS) {
		int error = skt_attempt_failure(fd, sa->ss_family);

		r = error ? -error : r;
	}
	if (r && r != -EINPROGRESS) {
		(void)close(fd);
		return r;
	}
	attempt->watch.fd = fd;
	return r;
}
