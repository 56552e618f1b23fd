#include "cmd/scan/reserved.h"

#include <stddef.h>

/* Takes ADDR out of what ranges have brought in, and counts it. */
static int leave_out(const struct skt_local *local, struct skt_plan *plan,
	const struct skt_addr *addr, uint64_t *count)
{
	if (!skt_local_reservation(local, addr) || !skt_plan_has(plan, addr))
		return 0;
	++*count;
	return skt_plan_exclude(plan, addr, addr);
}

int scan_reserved_exclude(const struct skt_local *local, struct skt_plan *plan, uint64_t *count)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < local->len; i++)
		for (size_t k = 0; !rc && k < SKT_LOCAL_RESERVED; k++)
			rc = leave_out(local, plan, &local->data[i].reserved[k], count);
	return rc;
}
