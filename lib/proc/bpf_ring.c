#include "proc/bpf_ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proc/bpf.h"

int skt_bpf_ring_open(int map, size_t size, struct skt_bpf_ring *ret, struct skt_err *err)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *consumed = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	void *produced;
	int errnum;

	if (consumed == MAP_FAILED)
		return skt_bpf_refuse(err, errno, "map a BPF ring buffer");
	produced = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, map, (off_t)page);
	if (produced == MAP_FAILED) {
		errnum = errno;
		(void)munmap(consumed, page);
		return skt_bpf_refuse(err, errnum, "map a BPF ring buffer");
	}
	*ret = (struct skt_bpf_ring){
		.consumed = consumed,
		.produced = produced,
		.data = (const char *)produced + page,
		.page = page,
		.size = size,
	};
	return 0;
}

int skt_bpf_ring_take(struct skt_bpf_ring *ring, skt_bpf_ring_fn *fn, void *ctx)
{
	uint64_t at = *ring->consumed;
	int rc = 0;

	while (!rc && at < __atomic_load_n(ring->produced, __ATOMIC_ACQUIRE)) {
		const char *record = ring->data + (at & (ring->size - 1));
		const uint32_t head = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);
		const uint32_t len = head & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		/* It is being written, and the kernel says so when it is done. */
		if (head & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(head & BPF_RINGBUF_DISCARD_BIT))
			rc = fn(record + BPF_RINGBUF_HDR_SZ, len, ctx);
		at += (len + BPF_RINGBUF_HDR_SZ + 7) & ~UINT64_C(7);
		__atomic_store_n(ring->consumed, at, __ATOMIC_RELEASE);
	}
	return rc;
}

void skt_bpf_ring_close(struct skt_bpf_ring *ring)
{
	if (!ring->consumed)
		return;
	(void)munmap(ring->consumed, ring->page);
	(void)munmap(ring->produced, ring->page + 2 * ring->size);
	*ring = (struct skt_bpf_ring){0};
}
