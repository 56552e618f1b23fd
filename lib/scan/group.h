/*
 * Who is on a link that has more addresses than anybody can ask, as every IPv6 prefix of 64 bits
 * has: the group of all nodes, ff02::1 (RFC 4291 2.7.1), is asked for an echo. Most answer that;
 * those that do not still complain of an option that they do not know (RFC 4443 2.4 (e.3) and 3.4),
 * which takes a raw socket. From each address of this host hosts answer with one of the same kind,
 * link-local or global. And the kernel knows whom this host has spoken with.
 */
#ifndef SKT_SCAN_GROUP_H
#define SKT_SCAN_GROUP_H

#include <signal.h>
#include <stdint.h>

#include "base/addr.h"
#include "scan/local.h"

/* ff02::1, in any zone. */
bool skt_group_is_all_nodes(const struct skt_addr *addr);

struct skt_group_config {
	uint32_t ifindex;
	const struct skt_local *local; /* the addresses to ask from are among these */
	uint64_t timeout_ns;           /* how long answers are waited for; 0: a second */
	const volatile sig_atomic_t *stop;
	/*
	 * An address that somebody has, or had; maybe not for the first time. What it returns, if
	 * not 0, ends it. Link-local ones have the interface as their zone.
	 */
	int (*found)(void *ctx, const struct skt_addr *addr);
	void *ctx;
};

/*
 * Asks. 0; -EPERM: this user may send no echo, so that only the kernel's own table was looked at;
 * what FOUND returned; another -errno.
 */
int skt_group_ask(const struct skt_group_config *config);

/*
 * Whether the LEN bytes at BYTES, an ICMPv6 message, answer what carried COOKIE. Pure: an echo, or
 * "parameter problem" with the packet that was sent in it.
 */
bool skt_group_is_answer(const uint8_t *bytes, size_t len, const uint8_t cookie[8]);

#endif
