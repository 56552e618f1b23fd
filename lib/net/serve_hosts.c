/*
 * How many clients each host has: a hash with chains, seeded since peers choose their addresses. Of
 * IPv6 a host is its /64, in which it may take any address that it likes (RFC 8981); a link-local
 * address is one of many neighbours, and is counted alone.
 */
#include "net/serve_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { BUCKETS = 4096 };

struct skt_host {
	struct skt_host *next;
	struct skt_addr addr;
	size_t clients;
};

static struct skt_addr host_of(const struct skt_addr *addr)
{
	struct skt_addr host = *addr;

	if (host.family == AF_INET6 && !skt_addr_is_link_local(&host) &&
		!skt_addr_is_loopback(&host))
		memset(host.bytes + 8, 0, 8);
	return host;
}

/* FNV-1a, with the seed in front. */
static struct skt_host **bucket(const struct skt_server *server, const struct skt_addr *addr)
{
	uint32_t hash = 2166136261u ^ server->seed;

	for (size_t i = 0; i < sizeof(addr->bytes); i++)
		hash = (hash ^ addr->bytes[i]) * 16777619u;
	hash ^= hash >> 15;
	return &server->hosts[hash % BUCKETS];
}

static struct skt_host **find(const struct skt_server *server, const struct skt_addr *addr)
{
	struct skt_host **link = bucket(server, addr);

	while (*link && !skt_addr_equal(&(*link)->addr, addr))
		link = &(*link)->next;
	return link;
}

int skt_hosts_enter(struct skt_server *server, const struct skt_addr *addr, size_t limit)
{
	struct skt_addr key = host_of(addr);
	struct skt_host **link, *host;

	if (!server->hosts) {
		server->hosts = calloc(BUCKETS, sizeof(struct skt_host *));
		if (!server->hosts)
			return -ENOMEM;
		(void)!getrandom(&server->seed, sizeof(server->seed), GRND_NONBLOCK);
	}
	link = find(server, &key);
	host = *link;
	if (host && host->clients >= limit)
		return -EDQUOT;
	if (!host) {
		host = calloc(1, sizeof(*host));
		if (!host)
			return -ENOMEM;
		host->addr = key;
		*link = host;
	}
	host->clients++;
	return 0;
}

void skt_hosts_leave(struct skt_server *server, const struct skt_addr *addr)
{
	struct skt_addr key = host_of(addr);
	struct skt_host **link, *host;

	if (!server->hosts)
		return;
	link = find(server, &key);
	host = *link;
	if (!host || --host->clients)
		return;
	*link = host->next;
	free(host);
}

void skt_hosts_free(struct skt_server *server)
{
	for (size_t i = 0; server->hosts && i < BUCKETS; i++) {
		while (server->hosts[i]) {
			struct skt_host *host = server->hosts[i];

			server->hosts[i] = host->next;
			free(host);
		}
	}
	free(server->hosts);
	server->hosts = NULL;
}
