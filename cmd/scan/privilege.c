#include "cmd/scan/privilege.h"

#include "cmd/policy.h"

void scan_confine(const struct scan_options *o, bool open, const struct skt_context *ctx)
{
	struct skt_needs needs = skt_policy_needs(open ? SKT_POLICY_SCAN : SKT_POLICY_SCAN_OPENING);
	const struct skt_way_options way = {.interface = o->interface};

	/* Each attempt to connect has a socket of its own. */
	skt_policy_add_way(&needs, &way, ctx);
	skt_policy_apply(&needs, ctx, NULL);
}
