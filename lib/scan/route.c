#include "scan/route.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void skt_routes_init(struct skt_routes *routes, const char *interface)
{
	routes->interface = interface;
	routes->fd = -1;
}

static int ask(struct skt_routes *routes, const struct skt_addr *addr, struct skt_addr *ret)
{
	const char *interface = routes->interface;
	struct sockaddr_storage sa;
	socklen_t len;
	uint16_t port;

	if (routes->fd < 0) {
		routes->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (routes->fd < 0)
			return -errno;
		if (interface &&
			setsockopt(routes->fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
				(socklen_t)strlen(interface)))
			return -errno;
	}
	len = skt_addr_to_sockaddr(addr, 9, &sa);
	if (connect(routes->fd, (const struct sockaddr *)&sa, len))
		return -errno;
	len = sizeof(sa);
	if (getsockname(routes->fd, (struct sockaddr *)&sa, &len))
		return -errno;
	return skt_addr_from_sockaddr((const struct sockaddr *)&sa, ret, &port);
}

int skt_routes_source(
	struct skt_routes *routes, uint64_t host, const struct skt_addr *addr, struct skt_addr *ret)
{
	struct skt_addr *destination = &routes->known[host % SKT_ROUTES_MAX].destination;
	struct skt_addr *source = &routes->known[host % SKT_ROUTES_MAX].source;

	if (!skt_addr_equal(destination, addr)) {
		int rc = ask(routes, addr, source);

		*destination = rc ? (struct skt_addr){0} : *addr;
		if (rc)
			return rc;
	}
	*ret = *source;
	return 0;
}

void skt_routes_fini(struct skt_routes *routes)
{
	if (routes->fd >= 0)
		(void)close(routes->fd);
	routes->fd = -1;
}
