/*
 * What docker-proxy forwards a published port to. It says so in its arguments (moby,
 * cmd/docker-proxy: -container-ip, -container-port), and the real server is found in the network
 * namespace that has that address.
 */
#ifndef SKT_CMD_PORTS_PROXY_TARGET_H
#define SKT_CMD_PORTS_PROXY_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "diag/dump.h"
#include "proc/netns.h"

struct skt_proxy_target {
	struct skt_addr addr;
	uint16_t port;
	uint8_t proto; /* enum skt_proto */
};

/* Reads the arguments of a docker-proxy, joined by blanks. False where they do not say. */
bool skt_proxy_target_parse(const char *command, struct skt_proxy_target *ret);

/*
 * The inode of the socket that TARGET is served by, and its namespace, one of SET; 0 where there is
 * none or it may not be seen.
 */
uint64_t skt_proxy_target_find(const struct skt_proxy_target *target,
	const struct skt_dump_system *system, struct skt_netns_set *set,
	const struct skt_netns **ret_netns);

#endif
