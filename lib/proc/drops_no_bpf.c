#include <errno.h>

#include "proc/drops.h"

int skt_drops_open(uint32_t netns, struct skt_drops **ret, struct skt_err *err)
{
	(void)netns;
	(void)ret;
	skt_fail_text(err, EOPNOTSUPP, "built without BPF (BPF=0)");
	return -EOPNOTSUPP;
}

void skt_drops_close(struct skt_drops *drops)
{
	(void)drops;
}

int skt_drops_each(const struct skt_drops *drops, skt_drop_fn *fn, void *ctx, uint64_t *ret_lost)
{
	(void)drops;
	(void)fn;
	(void)ctx;
	*ret_lost = 0;
	return 0;
}
