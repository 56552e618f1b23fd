#include "cmd/connect/privilege.h"

#include "cmd/policy.h"

static void add_endpoint(struct skt_needs *needs, const struct skt_endpoint *endpoint)
{
	if (endpoint->kind == SKT_ENDPOINT_UNIX && !endpoint->abstract)
		skt_needs_add(needs, SKT_NEED_REACH, endpoint->path);
}

void connect_confine(const struct connect_options *o, const struct skt_chain_plan *plan,
	const struct skt_context *ctx, const struct skt_event_log *log)
{
	struct skt_needs needs =
		skt_policy_needs(o->exec ? SKT_POLICY_CONNECT_EXEC : SKT_POLICY_CONNECT);

	for (size_t i = 0; i < o->targets.len; i++)
		add_endpoint(&needs, &o->targets.data[i].endpoint);
	for (size_t i = 0; i < plan->count; i++)
		add_endpoint(&needs, &plan->proxies[i].endpoint);
	if (o->tls.tls)
		skt_policy_add_authorities(&needs, o->tls.client.ca);
	if (plan->tls)
		skt_policy_add_authorities(&needs, o->chain.ca);
	if (o->has_source)
		needs.capabilities |= SKT_CAPABILITY(CAP_NET_BIND_SERVICE);
	skt_policy_add_way(&needs, &o->socket.way, ctx);
	skt_policy_apply(&needs, ctx, log);
}
