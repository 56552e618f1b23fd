/* Opening the sockets of a server: which families, which options, and what they are bound to. */
#include "net/serve_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macros.h"
#include "net/socket.h"

static void learn_path(struct skt_endpoint *endpoint, const struct sockaddr_un *un, socklen_t len)
{
	size_t size = len - SKT_MIN(len, offsetof(struct sockaddr_un, sun_path));

	endpoint->kind = SKT_ENDPOINT_UNIX;
	endpoint->abstract = size > 1 && !un->sun_path[0];
	size = SKT_MIN(size - endpoint->abstract, SKT_ENDPOINT_PATH_MAX);
	memcpy(endpoint->path, un->sun_path + endpoint->abstract, size);
	endpoint->path[size] = '\0';
}

/* What FD is bound to, for the port that the kernel chose. */
static void learn_bound(struct skt_listener *listener, int fd)
{
	struct skt_endpoint *endpoint = &listener->endpoint;
	struct sockaddr_storage sa = {0};
	const struct sockaddr_vm *vm = (const struct sockaddr_vm *)&sa;
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len))
		return;
	if (sa.ss_family == AF_VSOCK) {
		endpoint->kind = SKT_ENDPOINT_VSOCK;
		endpoint->cid = vm->svm_cid;
		endpoint->vsock_port = vm->svm_port;
		return;
	}
	if (sa.ss_family == AF_UNIX) {
		learn_path(endpoint, (const struct sockaddr_un *)&sa, len);
		return;
	}
	if (skt_addr_from_sockaddr((const struct sockaddr *)&sa, &endpoint->addr, &endpoint->port))
		return;
	endpoint->kind = SKT_ENDPOINT_INET;
	endpoint->host[0] = endpoint->zone[0] = endpoint->service[0] = '\0';
}

/* Every wish that goes before bind; those that matter fail, those that are wishes do not. */
static int prepare(const struct skt_server_options *options, int fd, int family)
{
	int r = skt_socket_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);

	if (r == 0 && options->reuse_port)
		r = skt_socket_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (r == 0 && family == AF_INET6)
		r = skt_socket_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, options->family == AF_INET6);
	if (r == 0 && options->interface)
		r = skt_socket_bind_device(fd, options->interface);
	/* Both are inherited by what is accepted. */
	(void)skt_socket_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (options->fastopen)
		(void)skt_socket_set(fd, IPPROTO_TCP, TCP_FASTOPEN, options->fastopen);
	return r;
}

/* A socket of TYPE bound to SA and listening: its descriptor or -errno. */
static int listen_at(const struct skt_server_options *options, const struct sockaddr_storage *sa,
	socklen_t len, bool *mptcp)
{
	int type = options->type ? options->type : SOCK_STREAM;
	int fd = skt_socket_open(sa->ss_family, type, mptcp), r = 0;

	if (fd < 0)
		return fd;
	if (sa->ss_family == AF_INET || sa->ss_family == AF_INET6)
		r = prepare(options, fd, sa->ss_family);
	if (r == 0 && bind(fd, (const struct sockaddr *)sa, len))
		r = -errno;
	if (r == 0 && listen(fd, options->backlog ? options->backlog : INT_MAX))
		r = -errno;
	if (r == 0)
		return fd;
	(void)close(fd);
	return r;
}

static int listen_inet(struct skt_server *server, struct skt_listener *listener,
	const struct skt_addr *addr, uint16_t port, struct skt_err *err)
{
	const struct skt_server_options *options = &server->options;
	struct skt_addr any = {.family = options->family == AF_INET ? AF_INET : AF_INET6};
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(addr ? addr : &any, port, &sa);
	char text[SKT_ENDPOINT_TEXT_MAX];
	int fd;

	listener->mptcp = options->mptcp;
	fd = listen_at(options, &sa, len, &listener->mptcp);
	if ((fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL) && !addr &&
		options->family == AF_UNSPEC) {
		/* IPv6 is off. */
		any.family = AF_INET;
		len = skt_addr_to_sockaddr(&any, port, &sa);
		listener->mptcp = options->mptcp;
		fd = listen_at(options, &sa, len, &listener->mptcp);
	}
	if (fd < 0) {
		listener->endpoint.host[0] = listener->endpoint.service[0] = '\0';
		listener->endpoint.addr = addr ? *addr : (struct skt_addr){0};
		listener->endpoint.port = port;
		return skt_fail(
			err, -fd, "listen at %.160s", skt_endpoint_text(&listener->endpoint, text));
	}
	listener->dual = sa.ss_family == AF_INET6 && options->family != AF_INET6 &&
		(!addr || skt_addr_is_any(addr));
	return fd;
}

static int listen_other(
	struct skt_server *server, struct skt_listener *listener, struct skt_err *err)
{
	struct skt_endpoint *endpoint = &listener->endpoint;
	char text[SKT_ENDPOINT_TEXT_MAX];
	struct sockaddr_storage sa;
	socklen_t len = skt_socket_address(endpoint, &sa);
	bool mptcp = false;
	int fd, r;

	if (endpoint->kind != SKT_ENDPOINT_UNIX || endpoint->abstract) {
		fd = listen_at(&server->options, &sa, len, &mptcp);
		return fd < 0
			? skt_fail(err, -fd, "listen at %.160s", skt_endpoint_text(endpoint, text))
			: fd;
	}
	fd = skt_socket_open(
		AF_UNIX, server->options.type ? server->options.type : SOCK_STREAM, &mptcp);
	if (fd < 0)
		return skt_fail(err, -fd, "socket for unix:%s", endpoint->path);
	r = skt_listener_bind_file(listener, fd, &server->options, err);
	if (r == 0)
		return fd;
	(void)close(fd);
	return r;
}

int skt_server_listen(struct skt_server *server, const struct skt_endpoint *endpoint,
	const struct skt_addr *addr, uint16_t port, struct skt_err *err)
{
	struct skt_listener *listener = calloc(1, sizeof(*listener));
	int fd, r;

	if (!listener)
		return skt_fail(err, ENOMEM, "listen");
	listener->watch.fd = -1;
	listener->endpoint = *endpoint;
	if (endpoint->kind == SKT_ENDPOINT_INET)
		fd = listen_inet(server, listener, addr, port, err);
	else
		fd = listen_other(server, listener, err);
	if (fd < 0) {
		free(listener);
		return fd;
	}
	learn_bound(listener, fd);
	r = skt_listener_add(server, listener, fd, err);
	if (r)
		skt_listener_free(listener);
	return r;
}

int skt_server_adopt(struct skt_server *server, int fd, struct skt_err *err)
{
	struct skt_listener *listener;
	socklen_t len = sizeof(int);
	int listens = 0, flags = fcntl(fd, F_GETFL), r;

	if (flags < 0 || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len))
		return skt_fail(err, errno, "descriptor %d", fd);
	if (!listens)
		return skt_fail_text(err, EINVAL, "descriptor %d does not listen", fd);
	listener = calloc(1, sizeof(*listener));
	if (!listener)
		return skt_fail(err, ENOMEM, "descriptor %d", fd);
	/* Shared with whoever passed it on, who has to expect that of an accepting child. */
	(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	listener->endpoint.kind = SKT_ENDPOINT_UNIX;
	learn_bound(listener, fd);
	r = skt_listener_add(server, listener, fd, err);
	if (r)
		free(listener);
	return r;
}
