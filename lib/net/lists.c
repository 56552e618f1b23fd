#include "net/lists.h"

static bool is_listed(const struct skt_cidr *list, size_t count, const struct skt_addr *addr)
{
	for (size_t i = 0; i < count; i++)
		if (skt_cidr_contains(&list[i], addr))
			return true;
	return false;
}

bool skt_lists_deny(const struct skt_lists *lists, const struct skt_addr *addr)
{
	if (addr->family == AF_UNSPEC)
		return lists->allow_count;
	if (is_listed(lists->deny, lists->deny_count, addr))
		return true;
	return lists->allow_count && !is_listed(lists->allow, lists->allow_count, addr);
}
