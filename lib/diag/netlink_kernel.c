#include "diag/netlink_kernel.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

enum {
	TIMEOUT_S = 10,
	EVENTS_BUFFER = 8 << 20,
};

struct kernel {
	struct mnl_socket *socket;
	bool lossy;  /* it ran out of memory in mid-dump, and may never send the rest */
	bool events; /* receives what is there, and never waits */
};

static ssize_t kernel_send(void *ctx, const void *bytes, size_t len)
{
	struct kernel *kernel = ctx;
	ssize_t sent = mnl_socket_sendto(kernel->socket, bytes, len);

	kernel->lossy = false;
	return sent < 0 ? -errno : sent;
}

static ssize_t kernel_recv(void *ctx, void *buffer, size_t size)
{
	struct kernel *kernel = ctx;
	struct sockaddr_nl from;
	struct iovec iov = {.iov_base = buffer, .iov_len = size};
	struct msghdr msg = {.msg_name = &from, .msg_iov = &iov, .msg_iovlen = 1};
	ssize_t len;

	do {
		bool wait = !kernel->lossy && !kernel->events;

		msg.msg_namelen = sizeof(from);
		len = recvmsg(mnl_socket_get_fd(kernel->socket), &msg,
			MSG_TRUNC | (wait ? 0 : MSG_DONTWAIT));
		if (len < 0 && errno == EAGAIN)
			return wait ? -ETIMEDOUT : 0;
		if (len < 0 && errno == ENOBUFS)
			kernel->lossy = true;
		if (len < 0)
			return -errno;
		/* Other processes can write to this socket too; only the kernel is port 0. */
	} while (msg.msg_namelen < sizeof(from) || from.nl_pid != 0);
	return len;
}

static void kernel_close(void *ctx)
{
	struct kernel *kernel = ctx;

	(void)mnl_socket_close(kernel->socket);
	free(kernel);
}

/* NULL with errno where there is no such socket. */
static struct kernel *open_socket(int protocol)
{
	const struct timeval timeout = {.tv_sec = TIMEOUT_S};
	struct kernel *kernel = calloc(1, sizeof(*kernel));
	int one = 1, error;

	if (!kernel)
		return NULL;
	kernel->socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);
	if (!kernel->socket || mnl_socket_bind(kernel->socket, 0, MNL_SOCKET_AUTOPID)) {
		error = errno;
		if (kernel->socket)
			(void)mnl_socket_close(kernel->socket);
		free(kernel);
		errno = error;
		return NULL;
	}
	/* Both may be missing: words for errors (Linux 4.12), and a limit on waiting for a bug. */
	(void)mnl_socket_setsockopt(kernel->socket, NETLINK_EXT_ACK, &one, sizeof(one));
	(void)setsockopt(mnl_socket_get_fd(kernel->socket), SOL_SOCKET, SO_RCVTIMEO, &timeout,
		sizeof(timeout));
	return kernel;
}

static int kernel_fd(void *ctx)
{
	const struct kernel *kernel = ctx;

	return mnl_socket_get_fd(kernel->socket);
}

static int join(struct kernel *kernel, const char *name, const unsigned int *groups, size_t count,
	struct skt_err *err)
{
	int size = EVENTS_BUFFER;

	for (size_t i = 0; i < count; i++) {
		unsigned int group = groups[i];

		if (mnl_socket_setsockopt(
			    kernel->socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
			return skt_fail(err, errno, "join group %u of %s", group, name);
	}
	/* A busy host destroys many sockets at once; without privilege less room must do. */
	if (setsockopt(kernel_fd(kernel), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(kernel_fd(kernel), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	kernel->events = true;
	return 0;
}

int skt_netlink_kernel_open(int protocol, const unsigned int *groups, size_t count,
	struct skt_netlink_source *ret, uint32_t *ret_portid, struct skt_err *err)
{
	const char *name = protocol == NETLINK_ROUTE ? "rtnetlink" : "sock_diag";
	struct kernel *kernel = open_socket(protocol);
	int rc;

	if (!kernel)
		return skt_fail(err, errno, "open a socket of %s", name);
	rc = count ? join(kernel, name, groups, count, err) : 0;
	if (rc) {
		kernel_close(kernel);
		return rc;
	}
	*ret_portid = mnl_socket_get_portid(kernel->socket);
	*ret = (struct skt_netlink_source){.send = kernel_send,
		.recv = kernel_recv,
		.fd = kernel_fd,
		.close = kernel_close,
		.ctx = kernel,
		.live = true};
	return 0;
}
