/* Who may come: two lists of prefixes, and what they say of an address. */
#ifndef SKT_NET_LISTS_H
#define SKT_NET_LISTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

/*
 * DENY goes first; with an ALLOW list, who is not on it, or has no address, is denied. Borrowed.
 */
struct skt_lists {
	const struct skt_cidr *allow, *deny;
	size_t allow_count, deny_count;
};

/* ADDR of AF_UNSPEC: of a unix or vsock peer. */
bool skt_lists_deny(const struct skt_lists *lists, const struct skt_addr *addr);

#endif
