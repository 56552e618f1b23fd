#include "net/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/macros.h"

/* Not in the headers of every C library. */
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

int skt_socket_open(int family, int type, bool *mptcp)
{
	int flags = SOCK_NONBLOCK | SOCK_CLOEXEC, fd;

	if (*mptcp && type == SOCK_STREAM && (family == AF_INET || family == AF_INET6)) {
		fd = socket(family, type | flags, IPPROTO_MPTCP);
		if (fd >= 0)
			return fd;
		/* Not built in, or switched off by net.mptcp.enabled. */
		if (errno != EPROTONOSUPPORT && errno != EINVAL && errno != ENOPROTOOPT)
			return -errno;
	}
	*mptcp = false;
	fd = socket(family, type | flags, 0);
	return fd < 0 ? -errno : fd;
}

int skt_socket_set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

int skt_socket_bind_device(int fd, const char *name)
{
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)) ? -errno
											  : 0;
}

static void set_buffer(int fd, int forced, int name, uint64_t bytes)
{
	const int value = (int)SKT_MIN(bytes, (uint64_t)INT32_MAX / 2);

	if (bytes && skt_socket_set(fd, SOL_SOCKET, forced, value))
		(void)skt_socket_set(fd, SOL_SOCKET, name, value);
}

void skt_socket_set_receive_buffer(int fd, uint64_t bytes)
{
	set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, bytes);
}

void skt_socket_set_send_buffer(int fd, uint64_t bytes)
{
	set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, bytes);
}

int skt_socket_bind_interface(int fd, int family, const char *name)
{
	unsigned int index = if_nametoindex(name);
	int net_index = (int)htonl(index);
	int r = index ? skt_socket_bind_device(fd, name) : -ENODEV;

	if (r != -EPERM)
		return r;
	if (family == AF_INET6)
		return skt_socket_set(fd, IPPROTO_IPV6, IPV6_UNICAST_IF, net_index);
	return skt_socket_set(fd, IPPROTO_IP, IP_UNICAST_IF, net_index);
}

socklen_t skt_socket_address(const struct skt_endpoint *endpoint, struct sockaddr_storage *ret)
{
	struct sockaddr_un *un = (struct sockaddr_un *)ret;
	struct sockaddr_vm *vm = (struct sockaddr_vm *)ret;
	size_t len = strlen(endpoint->path);

	memset(ret, 0, sizeof(*ret));
	switch (endpoint->kind) {
	case SKT_ENDPOINT_INET:
		return skt_addr_to_sockaddr(&endpoint->addr, endpoint->port, ret);
	case SKT_ENDPOINT_UNIX:
		un->sun_family = AF_UNIX;
		/* An abstract name has a NUL in front and none behind (unix(7)). */
		memcpy(un->sun_path + endpoint->abstract, endpoint->path, len);
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	case SKT_ENDPOINT_VSOCK:
		vm->svm_family = AF_VSOCK;
		vm->svm_cid = endpoint->cid;
		vm->svm_port = endpoint->vsock_port;
		return sizeof(*vm);
	}
	return 0;
}

void skt_socket_abort(int fd)
{
	struct linger hard = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	(void)close(fd);
}
