/*
 * Packets that the kernel drops, counted while this is open: a BPF program on its tracepoint
 * (drops.bpf.c). Nothing is pinned, so nothing is left of it, however the process ends.
 */
#ifndef SKT_PROC_DROPS_H
#define SKT_PROC_DROPS_H

#include <stdint.h>

#include "base/err.h"
#include "proc/drop.h"

struct skt_drops;

/* Negative: stop, and hand this back. Both are borrowed. */
typedef int skt_drop_fn(const struct skt_drop_key *key, const struct skt_drop *drop, void *ctx);

/*
 * Counts from now on what is dropped in the network namespace NETNS, an inode; 0: in all.
 * -EOPNOTSUPP: BPF cannot be had, ERR says why; -ENOMEM.
 */
int skt_drops_open(uint32_t netns, struct skt_drops **ret, struct skt_err *err);
void skt_drops_close(struct skt_drops *drops);

/* Hands each kind to FN. *ret_lost: packets that were counted nowhere. What FN returned. */
int skt_drops_each(const struct skt_drops *drops, skt_drop_fn *fn, void *ctx, uint64_t *ret_lost);

#endif
