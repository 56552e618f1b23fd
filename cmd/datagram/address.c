#include "cmd/datagram/address.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "cmd/look_up.h"

static void put_unix(const struct skt_endpoint *endpoint, struct skt_udp_address *ret)
{
	const size_t head = offsetof(struct sockaddr_un, sun_path), len = strlen(endpoint->path);

	ret->un = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret->un.sun_path + endpoint->abstract, endpoint->path, len);
	/* An abstract name is as long as it is; a path has its NUL. */
	ret->len = (socklen_t)(head + len + 1);
}

/* IPv6 first (RFC 6724), where this host has a way out with it: connecting asks the routes only. */
static struct skt_addr pick(const struct skt_resolve *resolve)
{
	struct skt_udp_address to = {0};
	struct skt_udp_config config = {
		.family = AF_INET6, .remote = &to, .ttl = -1, .tos = -1, .loop = -1};
	int fd;

	if (!resolve->v6.count)
		return resolve->v4.addrs[0];
	to.len = skt_addr_to_sockaddr(&resolve->v6.addrs[0], 9, &to.storage);
	fd = skt_udp_open(&config, NULL);
	if (fd < 0 && resolve->v4.count)
		return resolve->v4.addrs[0];
	if (fd >= 0)
		(void)close(fd);
	return resolve->v6.addrs[0];
}

/* Waits for both families. */
static int look_up(const struct skt_context *ctx, const struct skt_endpoint *endpoint, int family,
	struct skt_addr *ret)
{
	struct skt_resolve resolve;
	struct skt_err err;
	int rc = skt_look_up(ctx, endpoint->host, family, &resolve, &err);

	if (!rc) {
		*ret = pick(&resolve);
		return SKT_EXIT_YES;
	}
	if (rc != -ECANCELED)
		skt_warn(ctx, "%s", err.text);
	return skt_look_up_status(rc);
}

static bool has_ipv6(void)
{
	struct skt_udp_config config = {.family = AF_INET6, .ttl = -1, .tos = -1, .loop = -1};
	int fd = skt_udp_open(&config, NULL);

	if (fd < 0)
		return false;
	(void)close(fd);
	return true;
}

static int resolve_host(const struct skt_context *ctx, const struct skt_endpoint *endpoint,
	int family, bool local, struct skt_addr *ret)
{
	struct skt_err err;

	if (endpoint->host[0])
		return look_up(ctx, endpoint, family, ret);
	if (local && endpoint->addr.family == AF_UNSPEC) {
		*ret = (struct skt_addr){.family = AF_INET};
		if (family == AF_INET6 || (family == AF_UNSPEC && has_ipv6()))
			ret->family = AF_INET6;
		return SKT_EXIT_YES;
	}
	if (skt_resolve_numeric(endpoint, ret, &err)) {
		skt_warn(ctx, "%s", err.text);
		return SKT_EXIT_TROUBLE;
	}
	return SKT_EXIT_YES;
}

static int resolve_port(
	const struct skt_context *ctx, const struct skt_endpoint *endpoint, uint16_t *ret)
{
	struct skt_services *services = NULL;
	struct skt_err err;
	int rc;

	*ret = endpoint->port;
	if (!endpoint->service[0])
		return SKT_EXIT_YES;
	if (skt_services_open(ctx->services_path, &services)) {
		skt_warn(ctx, "%s", strerror(ENOMEM));
		return SKT_EXIT_TROUBLE;
	}
	rc = skt_resolve_port(endpoint, services, SKT_SERVICE_UDP, ret, &err);
	skt_services_free(services);
	if (!rc)
		return SKT_EXIT_YES;
	skt_warn(ctx, "%s", err.text);
	return skt_look_up_status(rc);
}

int skt_udp_address_resolve(const struct skt_context *ctx, const struct skt_endpoint *endpoint,
	int family, bool local, struct skt_udp_address *ret)
{
	struct skt_addr addr = {0};
	uint16_t port;
	int status;

	if (endpoint->kind == SKT_ENDPOINT_UNIX) {
		put_unix(endpoint, ret);
		return SKT_EXIT_YES;
	}
	if (endpoint->kind == SKT_ENDPOINT_VSOCK) {
		skt_warn(ctx, "vsock carries no datagrams");
		return SKT_EXIT_TROUBLE;
	}
	status = resolve_port(ctx, endpoint, &port);
	if (status == SKT_EXIT_YES)
		status = resolve_host(ctx, endpoint, family, local, &addr);
	if (status != SKT_EXIT_YES)
		return status;
	if (family != AF_UNSPEC && addr.family != family) {
		char text[SKT_ADDR_TEXT_MAX];

		skt_warn(ctx, "%s is not an IPv%c address", skt_addr_text(&addr, text),
			family == AF_INET ? '4' : '6');
		return SKT_EXIT_NO;
	}
	ret->len = skt_addr_to_sockaddr(&addr, port, &ret->storage);
	return SKT_EXIT_YES;
}

int skt_udp_interface(const struct skt_context *ctx, const char *name, uint32_t *ret)
{
	uint64_t number;

	*ret = 0;
	if (!name)
		return SKT_EXIT_YES;
	*ret = if_nametoindex(name);
	if (!*ret && skt_num_parse(name, 1, INT32_MAX, &number) == 0)
		*ret = (uint32_t)number;
	if (*ret)
		return SKT_EXIT_YES;
	skt_warn(ctx, "no such interface: %s", name);
	return SKT_EXIT_TROUBLE;
}
