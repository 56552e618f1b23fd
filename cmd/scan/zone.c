#include "cmd/scan/zone.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

int scan_zone_number(const char **text, size_t *len, char zoned[SCAN_ZONED_MAX])
{
	const char *percent = memchr(*text, '%', *len);
	size_t head, name_len = 0;
	char name[IF_NAMESIZE] = "";
	unsigned int number;

	if (!percent || isdigit((unsigned char)percent[1]))
		return 0;
	head = (size_t)(percent + 1 - *text);
	while (head + name_len < *len && !strchr("]/-", percent[1 + name_len]))
		name_len++;
	if (!name_len || name_len >= sizeof(name) || *len >= SCAN_ZONED_MAX - 16)
		return -ENODEV;
	memcpy(name, percent + 1, name_len);
	number = if_nametoindex(name);
	if (!number)
		return -ENODEV;
	(void)snprintf(zoned, SCAN_ZONED_MAX, "%.*s%u%.*s", (int)head, *text, number,
		(int)(*len - head - name_len), *text + head + name_len);
	*text = zoned;
	*len = strlen(zoned);
	return 0;
}

bool scan_zone_set(struct skt_addr *addr, const char *interface)
{
	if (addr->family != AF_INET6 || addr->scope_id || !skt_addr_is_link_local(addr) ||
		skt_addr_is_multicast(addr))
		return true;
	if (interface)
		addr->scope_id = if_nametoindex(interface);
	return addr->scope_id;
}
