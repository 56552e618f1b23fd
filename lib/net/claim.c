#include "net/claim.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "net/socket.h"

static int bind_any(int family, bool v6only, int type, uint16_t port)
{
	const struct skt_addr any = {.family = (uint8_t)family};
	struct sockaddr_storage address;
	socklen_t len = skt_addr_to_sockaddr(&any, port, &address);
	int fd = socket(family, type | SOCK_CLOEXEC, 0), rc = 0;

	if (fd < 0)
		return -errno;
	/* Said in any case: net.ipv6.bindv6only may say otherwise. */
	if (family == AF_INET6)
		rc = skt_socket_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, v6only);
	if (!rc && bind(fd, (const struct sockaddr *)&address, len))
		rc = -errno;
	if (!rc)
		return fd;
	(void)close(fd);
	return rc;
}

int skt_claim_port(int family, int type, uint16_t port)
{
	int fd;

	if (family != AF_UNSPEC)
		return bind_any(family, true, type, port);
	fd = bind_any(AF_INET6, false, type, port);
	return fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL ? bind_any(AF_INET, false, type, port)
							   : fd;
}
