#include "proc/owner_flights.h"

#include <errno.h>

static int take_hits(void *ctx, const struct skt_owner_hit *hits, size_t count)
{
	struct skt_owner_flights *flights = ctx;
	int rc = 0;

	for (size_t i = 0; !rc && i < count; i++)
		if (hits[i].inode)
			rc = skt_vec_push(&flights->list, hits[i]);
		else
			flights->cut = true;
	return rc;
}

static void take_hidden(void *ctx, size_t processes)
{
	(void)ctx;
	(void)processes;
}

void skt_owner_flights_forget(struct skt_owner_flights *flights)
{
	skt_vec_free(&flights->list);
	*flights = (struct skt_owner_flights){0};
}

static void restart(void *ctx)
{
	skt_owner_flights_forget(ctx);
}

int skt_owner_flights_find(struct skt_owner_flights *flights, const char *proc_root,
	enum skt_owners_source source, const struct skt_inode_table *wanted, uint64_t inode,
	const struct skt_owner_hit **ret)
{
	const struct skt_owner_scan scan = {
		.proc_root = proc_root,
		.wanted = wanted,
		.messages = true,
		.hits = take_hits,
		.hidden = take_hidden,
		.ctx = flights,
	};

	if (!flights->read)
		flights->status = source == SKT_OWNERS_PROC
			? -EOPNOTSUPP
			: skt_owner_run(&scan, SKT_OWNERS_BPF, restart, NULL);
	flights->read = true;
	for (size_t i = 0; i < flights->list.len; i++) {
		if (flights->list.data[i].inode != inode)
			continue;
		*ret = &flights->list.data[i];
		return 1;
	}
	return !flights->status && flights->cut ? -EOVERFLOW : flights->status;
}
