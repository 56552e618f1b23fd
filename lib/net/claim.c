#include "net/claim.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "net/socket.h"

/* socket(2), as HOW says. */
static int open_socket(const struct skt_claim_how *how)
{
	const int type = how->type | SOCK_CLOEXEC;
	int before, fd;

	if (!how->as_user) {
		fd = socket(how->addr.family, type, 0);
		return fd < 0 ? -errno : fd;
	}
	before = setfsuid(how->user);
	/* It never fails: whether it was so is what a call that does nothing tells. */
	if ((uint32_t)setfsuid((uid_t)-1) != how->user)
		return -EPERM;
	fd = socket(how->addr.family, type, 0);
	if (fd < 0)
		fd = -errno;
	(void)setfsuid((uid_t)before);
	return fd;
}

int skt_claim_bind(const struct skt_claim_how *how)
{
	const int family = how->addr.family;
	struct sockaddr_storage address;
	socklen_t len = skt_addr_to_sockaddr(&how->addr, how->port, &address);
	int fd = open_socket(how), rc = 0;

	if (fd < 0)
		return fd;
	/* Said in any case: net.ipv6.bindv6only may say otherwise. */
	if (family == AF_INET6)
		rc = skt_socket_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !how->dual);
	if (!rc && how->reuse_address)
		rc = skt_socket_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!rc && how->reuse_port)
		rc = skt_socket_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (!rc && how->interface)
		rc = skt_socket_bind_device(fd, how->interface);
	if (!rc && bind(fd, (const struct sockaddr *)&address, len))
		rc = -errno;
	if (!rc)
		return fd;
	(void)close(fd);
	return rc;
}

int skt_claim_port(int family, int type, uint16_t port)
{
	struct skt_claim_how how = {.addr.family = (uint8_t)family, .port = port, .type = type};
	int fd;

	if (family != AF_UNSPEC)
		return skt_claim_bind(&how);
	how.addr.family = AF_INET6;
	how.dual = true;
	fd = skt_claim_bind(&how);
	if (fd != -EAFNOSUPPORT && fd != -EADDRNOTAVAIL)
		return fd;
	how.addr.family = AF_INET;
	return skt_claim_bind(&how);
}
