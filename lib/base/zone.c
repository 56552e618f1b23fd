#include "base/zone.h"

#include <net/if.h>
#include <stdbool.h>
#include <string.h>

_Static_assert(
	sizeof("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%") + IF_NAMESIZE <= SKT_ADDR_TEXT_MAX,
	"an address with a name");

/* The kernel takes nearly any bytes for a name (net/core/dev.c: dev_valid_name()). */
static bool is_harmless(const char *name)
{
	/* What begins so is a number for whoever reads it. */
	if (*name >= '0' && *name <= '9')
		return false;
	for (; *name; name++) {
		bool letter = (*name | 0x20) >= 'a' && (*name | 0x20) <= 'z';

		if (!letter && !(*name >= '0' && *name <= '9') && !strchr("-_.@+", *name))
			return false;
	}
	return true;
}

char *skt_zone_put(char *p, const struct skt_addr *addr)
{
	struct skt_addr bare = *addr;
	char name[IF_NAMESIZE];

	if (!addr->scope_id || addr->family != AF_INET6 || !if_indextoname(addr->scope_id, name) ||
		!is_harmless(name))
		return skt_addr_put(p, addr);
	bare.scope_id = 0;
	p = skt_addr_put(p, &bare);
	*p++ = '%';
	return stpcpy(p, name);
}

const char *skt_zone_text(const struct skt_addr *addr, char text[SKT_ADDR_TEXT_MAX])
{
	*skt_zone_put(text, addr) = '\0';
	return text;
}
