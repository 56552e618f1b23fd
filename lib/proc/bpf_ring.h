/* Reads a BPF ring buffer (Documentation/bpf/ringbuf.rst, Linux 5.8), without a library. */
#ifndef SKT_PROC_BPF_RING_H
#define SKT_PROC_BPF_RING_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* All zero: closed. */
struct skt_bpf_ring {
	uint64_t *consumed; /* position that we have read up to: a page that we may write */
	/* What the kernel has written up to, and behind that page, none of which may be written, */
	uint64_t *produced;
	const char *data;  /* the records, which are mapped twice in a row */
	size_t page, size; /* bytes */
};

/* Takes one record of LEN bytes, aligned to 8. Negative: stop, and hand this back. */
typedef int skt_bpf_ring_fn(const void *record, size_t len, void *ctx);

/* Maps MAP, of SIZE bytes, which stays the caller's. -EOPNOTSUPP: ERR says why. */
int skt_bpf_ring_open(int map, size_t size, struct skt_bpf_ring *ret, struct skt_err *err);

/*
 * Hands every record that is there to FN, once. Whoever waits for more polls the descriptor of the
 * map. Returns what FN returned.
 */
int skt_bpf_ring_take(struct skt_bpf_ring *ring, skt_bpf_ring_fn *fn, void *ctx);

void skt_bpf_ring_close(struct skt_bpf_ring *ring);

#endif
