/*
 * The path oracle: how this kernel would reach an address, whether whatever is next on the way
 * answers, and when what it said no longer holds. It asks the kernel itself (rtnetlink), so that
 * rules, several uplinks, interfaces and sources given by the user decide as they do for a
 * connection; it keeps nothing but the paths that differ.
 */
#ifndef SKT_SCAN_PATH_H
#define SKT_SCAN_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/vec.h"
#include "diag/route.h"

enum skt_path_kind {
	SKT_PATH_NONE,    /* there is no way: `error` says why */
	SKT_PATH_LOCAL,   /* an address of this host */
	SKT_PATH_ON_LINK, /* the host itself is the neighbour */
	SKT_PATH_ROUTED,  /* the neighbour is a router */
	SKT_PATH_MANY,    /* broadcast or multicast: no host in particular */
};

struct skt_path {
	struct skt_addr source;   /* AF_UNSPEC: none; of LOCAL: the address itself */
	struct skt_addr next_hop; /* of ROUTED; else AF_UNSPEC */
	uint32_t ifindex;
	uint32_t mtu;   /* in bytes, of the route or its interface; 0: not known */
	int error;      /* of NONE: a positive errno, as connect(2) has it */
	uint8_t kind;   /* enum skt_path_kind */
	bool neighbors; /* the next hop must be found first, by ARP or neighbour discovery */
};

SKT_VEC_DECLARE(skt_path_list, struct skt_path);

struct skt_link_known {
	uint32_t ifindex;
	struct skt_link link;
};

SKT_VEC_DECLARE(skt_link_list, struct skt_link_known);

struct skt_paths {
	struct skt_netlink *ask;
	struct skt_netlink *changes;   /* of routes, rules, addresses and links */
	struct skt_netlink *neighbors; /* that were found, or missed */
	struct skt_addr source4, source6;
	uint32_t ifindex; /* that all leave by; 0: any */
	uint8_t protocol;
	uint32_t generation; /* of what was asked: another one, and it has to be asked again */
	uint64_t changed_ns; /* when it last changed; 0: never */
	struct skt_path_list list; /* each once, of this generation */
	struct skt_link_list links;
};

/*
 * Opens an oracle for probes of PROTOCOL from SOURCE4 and SOURCE6 (AF_UNSPEC: the kernel's choice)
 * through IFINDEX (0: any). 0 or -errno; PATHS must be zeroed, and closed in any case.
 */
int skt_paths_open(struct skt_paths *paths, uint8_t protocol, const struct skt_addr *source4,
	const struct skt_addr *source6, uint32_t ifindex);
void skt_paths_close(struct skt_paths *paths);

/*
 * Asks for the path to ADDR and PORT: its number in `list`, until the generation changes. -ENOMEM,
 * or -errno where the kernel cannot be asked.
 */
int skt_paths_find(
	struct skt_paths *paths, const struct skt_addr *addr, uint16_t port, uint32_t *ret);

/* Takes what the kernel has told of changes; what it could not tell (there was too much) is one. */
void skt_paths_refresh(struct skt_paths *paths, uint64_t now_ns);

/* Readable when a neighbour was found or missed; -1 where there is nothing to wait for. */
int skt_paths_fd(const struct skt_paths *paths);

/*
 * Calls TAKE for each neighbour that something was told of; whether some of it was lost, so that
 * all of them have to be asked for.
 */
bool skt_paths_neighbors(struct skt_paths *paths,
	void (*take)(void *ctx, uint32_t ifindex, const struct skt_addr *addr), void *ctx);

#endif
