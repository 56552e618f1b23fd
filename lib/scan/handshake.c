#include "scan/handshake.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/socket.h"

static int bind_source(int fd, const struct skt_addr *source, const char *interface)
{
	struct sockaddr_storage sa;
	const int on = 1;
	socklen_t len = skt_addr_to_sockaddr(source, 0, &sa);
	int rc = interface ? skt_socket_bind_device(fd, interface) : 0;

	if (rc)
		return rc;
	/* The port is chosen when the other end is known: else 28,000 of them would be all. */
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (len && bind(fd, (const struct sockaddr *)&sa, len))
		return -errno;
	return 0;
}

int skt_handshake_open(uint8_t family, const struct skt_addr *source, const char *interface)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP), rc;

	if (fd < 0)
		return -errno;
	rc = skt_errqueue_enable(fd, family);
	if (!rc)
		rc = bind_source(fd, source, interface);
	if (!rc)
		return fd;
	(void)close(fd);
	return rc;
}

int skt_handshake_begin(int fd, const struct skt_addr *addr, uint16_t port)
{
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(addr, port, &sa);
	int rc;

	do
		rc = connect(fd, (const struct sockaddr *)&sa, len);
	while (rc && errno == EINTR);
	return rc ? -errno : 0;
}

void skt_handshake_errors(
	int fd, const struct skt_addr *addr, uint16_t port, struct skt_handshake_look *look)
{
	struct skt_icmp_error error;

	look->told = false;
	while (skt_errqueue_read(fd, &error) > 0) {
		error.to.scope_id = addr->scope_id;
		if (look->told || error.to_port != port || !skt_addr_equal(&error.to, addr))
			continue;
		look->icmp = error;
		look->told = true;
	}
}

void skt_handshake_look(
	int fd, const struct skt_addr *addr, uint16_t port, struct skt_handshake_look *ret)
{
	ret->rc = skt_handshake_begin(fd, addr, port);
	ret->seen_ns = skt_clock_ns();
	ret->told = false;
	switch (ret->rc) {
	case 0:
	case -EISCONN:
	case -ECONNRESET:
	case -EPIPE:
		return;
	}
	skt_handshake_errors(fd, addr, port, ret);
}

int skt_handshake_undo(int fd)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};

	return connect(fd, &none, sizeof(none)) ? -errno : 0;
}
