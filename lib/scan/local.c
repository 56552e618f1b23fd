#include "scan/local.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>

static uint8_t prefix_length(const struct sockaddr *mask, uint8_t family)
{
	struct skt_addr addr;
	uint8_t length = 0;
	uint16_t port;

	if (!mask || skt_addr_from_sockaddr(mask, &addr, &port))
		return family == AF_INET ? 32 : 128;
	for (size_t i = 0; i < (family == AF_INET ? 4 : 16); i++)
		length = (uint8_t)(length + __builtin_popcount(addr.bytes[i]));
	return length;
}

void skt_local_reserve(struct skt_local_address *entry, const struct skt_addr *set)
{
	const struct skt_cidr *network = &entry->network;

	if (network->addr.family != AF_INET || network->length > 30)
		return;
	for (size_t k = 0; k <= SKT_LOCAL_BROADCAST; k++) {
		struct skt_addr addr = network->addr;

		for (size_t bit = network->length; bit < 32; bit++) {
			uint8_t mask = (uint8_t)(0x80 >> bit % 8);

			if (k == SKT_LOCAL_NETWORK)
				addr.bytes[bit / 8] &= (uint8_t)~mask;
			else
				addr.bytes[bit / 8] |= mask;
		}
		/* Somebody may have taken it for a host, and 127.0.0.0 is one. */
		if (!skt_addr_equal(&addr, &network->addr) &&
			!(k == SKT_LOCAL_NETWORK && skt_addr_is_loopback(&addr)))
			entry->reserved[k] = addr;
	}
	if (set->family == AF_INET && !skt_addr_equal(set, &network->addr) &&
		!skt_addr_equal(set, &entry->reserved[SKT_LOCAL_BROADCAST]))
		entry->reserved[SKT_LOCAL_BROADCAST_SET] = *set;
}

int skt_local_read(struct skt_local *local)
{
	struct ifaddrs *list;
	int rc = 0;

	if (getifaddrs(&list))
		return -errno;
	for (const struct ifaddrs *i = list; !rc && i; i = i->ifa_next) {
		struct skt_local_address entry = {0};
		struct skt_addr set = {0};
		uint16_t port;

		if (!i->ifa_addr || skt_addr_from_sockaddr(i->ifa_addr, &entry.network.addr, &port))
			continue;
		entry.network.length = prefix_length(i->ifa_netmask, entry.network.addr.family);
		entry.ifindex = if_nametoindex(i->ifa_name);
		entry.on_link =
			i->ifa_flags & IFF_UP && !(i->ifa_flags & (IFF_LOOPBACK | IFF_NOARP));
		if (i->ifa_flags & IFF_BROADCAST && i->ifa_broadaddr)
			(void)skt_addr_from_sockaddr(i->ifa_broadaddr, &set, &port);
		skt_local_reserve(&entry, &set);
		rc = skt_vec_push(local, entry);
	}
	freeifaddrs(list);
	return rc;
}

bool skt_local_has(const struct skt_local *local, const struct skt_addr *addr)
{
	if (addr->family == AF_INET && addr->bytes[0] == 127)
		return true;
	for (size_t i = 0; i < local->len; i++) {
		struct skt_addr own = local->data[i].network.addr;

		own.scope_id = addr->scope_id;
		if (skt_addr_equal(&own, addr))
			return true;
	}
	return false;
}

bool skt_local_is_self(int fd, const struct skt_addr *addr, uint16_t port)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	struct skt_addr own;
	uint16_t own_port;

	if (getsockname(fd, (struct sockaddr *)&sa, &len) ||
		skt_addr_from_sockaddr((const struct sockaddr *)&sa, &own, &own_port))
		return false;
	own.scope_id = addr->scope_id;
	return own_port == port && skt_addr_equal(&own, addr);
}

const char *skt_local_reservation(const struct skt_local *local, const struct skt_addr *addr)
{
	if (addr->family != AF_INET || skt_local_has(local, addr))
		return NULL;
	for (size_t i = 0; i < local->len; i++)
		for (size_t k = 0; k < SKT_LOCAL_RESERVED; k++)
			if (skt_addr_equal(&local->data[i].reserved[k], addr))
				return k == SKT_LOCAL_NETWORK ? "network" : "broadcast";
	return NULL;
}
