/* A set of network namespaces, told apart by device and inode, which owns its texts. */
#ifndef SKT_PROC_NETNS_SET_H
#define SKT_PROC_NETNS_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/netns.h"
#include "base/vec.h"

/* What tells namespaces apart; inode 0: not known. */
struct skt_netns_identity {
	uint64_t device, inode;
};

SKT_VEC_DECLARE(skt_netns_vec, struct skt_netns);

/* Zero-initialised is empty. */
struct skt_netns_set {
	struct skt_netns_vec list; /* the own one first, then by their labels */
	size_t hidden;             /* processes whose namespace may not be seen */
	struct skt_arena texts;
};

bool skt_netns_same(const struct skt_netns *netns, struct skt_netns_identity who);
/* Copies a text into the set, whose it is then; NULL: memory is out. */
const char *skt_netns_keep(struct skt_netns_set *set, const char *text);
/* The namespace of the set, which keeps it; NULL: it is not in there. */
struct skt_netns *skt_netns_known(struct skt_netns_set *set, struct skt_netns_identity who);
/* Closes and frees what the set holds; it is empty then. */
void skt_netns_set_fini(struct skt_netns_set *set);

#endif
