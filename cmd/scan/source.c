#include "cmd/scan/source.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"

static int bind_to(const struct skt_addr *source)
{
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(source, 0, &sa);
	int fd = socket(source->family, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = fd < 0 ? -errno : 0;

	if (!rc && bind(fd, (const struct sockaddr *)&sa, len))
		rc = -errno;
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static int refuse(struct skt_context *ctx, const struct skt_addr *source, const char *reason)
{
	struct skt_addr bare = *source;
	char text[SKT_ADDR_TEXT_MAX];

	bare.scope_id = 0;
	skt_warn(ctx, "--source '%s': %s", skt_addr_text(&bare, text), reason);
	return SKT_EXIT_USAGE;
}

int scan_source_read(const struct scan_options *o, struct skt_context *ctx, struct skt_addr *ret)
{
	const char *zone = o->source_zone ? o->source_zone : o->interface;
	struct skt_addr source = o->source;
	uint64_t number = 0;
	int rc;

	if (source.family == AF_UNSPEC)
		return SKT_EXIT_YES;
	if (source.family == AF_INET6 && skt_addr_is_link_local(&source)) {
		if (!zone)
			return refuse(ctx, &source,
				"a link-local address is one of some interface: put %IFACE behind it");
		if (skt_num_parse(zone, 1, UINT32_MAX, &number))
			number = if_nametoindex(zone);
		if (!number)
			return refuse(ctx, &source, "no such interface");
		source.scope_id = (uint32_t)number;
	}
	rc = bind_to(&source);
	if (rc == -EADDRNOTAVAIL)
		return refuse(ctx, &source, "this host has no such address, or cannot use it yet");
	if (rc)
		return refuse(ctx, &source, strerror(-rc));
	*ret = source;
	return SKT_EXIT_YES;
}
