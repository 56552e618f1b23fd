#include "cmd/connect/fdpass.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/descriptor.h"

int connect_fdpass_check(int out, struct skt_err *err)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	if (getsockopt(out, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX)
		return 0;
	return skt_fail_text(err, ENOTSOCK,
		"--fdpass: stdout is no unix socket; ssh makes it one with ProxyUseFdpass=yes");
}

int connect_fdpass(int out, int fd, struct skt_err *err)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	char byte = '\0';
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	const struct msghdr message = {.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	struct pollfd ready = {.fd = out, .events = POLLOUT};
	int r;

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	r = skt_descriptor_block(fd);
	if (r)
		return skt_fail(err, -r, "--fdpass: the connection");
	while (sendmsg(out, &message, MSG_NOSIGNAL) < 0) {
		if (errno == EAGAIN)
			(void)poll(&ready, 1, -1);
		else if (errno != EINTR)
			return skt_fail(err, errno, "--fdpass: send the connection to stdout");
	}
	return 0;
}
