/*
 * Targets that are networks of this host with more addresses than anybody can ask, as IPv6 has
 * them: the hosts of such a one are found (scan/group.h), once for each interface, and then asked
 * one by one.
 */
#ifndef SKT_CMD_SCAN_LINKS_H
#define SKT_CMD_SCAN_LINKS_H

#include "base/vec.h"
#include "cmd/command.h"
#include "cmd/scan/options.h"
#include "scan/local.h"
#include "scan/target.h"

SKT_VEC_DECLARE(scan_addresses, struct skt_addr);

struct scan_link {
	uint32_t ifindex;
	struct scan_addresses nodes; /* maybe one more than once */
};

SKT_VEC_DECLARE(scan_link_list, struct scan_link);

struct scan_links {
	const struct scan_options *options;
	struct skt_context *ctx;
	const struct skt_local *local;
	struct scan_addresses also; /* that are asked wherever they belong, whether found or not */
	struct scan_link_list list; /* that were asked */
};

/* Whether TARGET is one, or could only be asked as one: a group, or a prefix with too many
 * addresses. */
bool scan_links_is_one(const struct scan_links *links, const struct skt_target *target);

/*
 * Hands the addresses of TARGET, which is LEN bytes of TEXT, to TAKE, whose result, if it is not
 * SKT_EXIT_YES, ends it. SKT_EXIT_YES, or the status to end with, told on stderr.
 */
int scan_links_find(struct scan_links *links, const struct skt_target *target, const char *text,
	size_t len, int (*take)(void *arg, const struct skt_addr *addr), void *arg);

/*
 * The networks of interface IFINDEX as targets, each to TAKE: IPv4 prefixes, and of IPv6 those that
 * scan_links_find() takes.
 */
int scan_links_networks(const struct scan_links *links, uint32_t ifindex,
	int (*take)(void *arg, const struct skt_target *target), void *arg);

void scan_links_fini(struct scan_links *links);

#endif
