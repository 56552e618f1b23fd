/*
 * What becomes of TCP sockets, told by the kernel at once, with the process that does it: a BPF
 * program on tracepoints (tcp_events.bpf.c), loaded for as long as this is open. Nothing is pinned,
 * so nothing is left of it, however the process ends.
 */
#ifndef SKT_PROC_TCP_EVENTS_H
#define SKT_PROC_TCP_EVENTS_H

#include <stdint.h>

#include "base/err.h"
#include "proc/tcp_event.h"

struct skt_tcp_events;

/* Negative: stop, and hand this back. EVENT is borrowed. */
typedef int skt_tcp_event_fn(const struct skt_tcp_event *event, void *ctx);

/*
 * Opens the events of the network namespace NETNS, an inode; 0: of all. -EOPNOTSUPP: BPF cannot be
 * had, ERR says why; -ENOMEM.
 */
int skt_tcp_events_open(uint32_t netns, struct skt_tcp_events **ret, struct skt_err *err);
void skt_tcp_events_close(struct skt_tcp_events *events);

/* What to poll for more. */
int skt_tcp_events_fd(const struct skt_tcp_events *events);

/*
 * Hands those that are there to FN, in the order in which they happened. *ret_lost: how many there
 * was no room for since the last call. Returns what FN returned.
 */
int skt_tcp_events_take(
	struct skt_tcp_events *events, skt_tcp_event_fn *fn, void *ctx, uint64_t *ret_lost);

#endif
