#include <errno.h>

#include "proc/tcp_events.h"

int skt_tcp_events_open(uint32_t netns, struct skt_tcp_events **ret, struct skt_err *err)
{
	(void)netns;
	(void)ret;
	skt_fail_text(err, EOPNOTSUPP, "built without BPF (BPF=0)");
	return -EOPNOTSUPP;
}

void skt_tcp_events_close(struct skt_tcp_events *events)
{
	(void)events;
}

int skt_tcp_events_fd(const struct skt_tcp_events *events)
{
	(void)events;
	return -1;
}

int skt_tcp_events_take(
	struct skt_tcp_events *events, skt_tcp_event_fn *fn, void *ctx, uint64_t *ret_lost)
{
	(void)events;
	(void)fn;
	(void)ctx;
	*ret_lost = 0;
	return 0;
}
