#include "cmd/ports/within.h"

#include <errno.h>
#include <string.h>

#include "cmd/look_up.h"
#include "proc/netns.h"

struct call {
	const struct ports_options *options;
	struct skt_context ctx;
	ports_within_fn *fn;
	void *state;
};

static int run(void *arg)
{
	const struct call *call = arg;

	return call->fn(call->options, &call->ctx, call->state);
}

int ports_within(const struct ports_options *o, const struct skt_context *ctx, ports_within_fn *fn,
	void *state)
{
	struct call call = {.options = o, .ctx = *ctx, .fn = fn, .state = state};
	struct skt_netns_set set = {0};
	struct skt_err err = {0};
	int rc;

	if (!o->netns.selector)
		return fn(o, ctx, state);
	rc = skt_netns_find(ctx->system.proc_root, o->netns.selector, &set, &err);
	if (!rc) {
		struct skt_netns *netns = &set.list.data[0];

		if (!netns->own)
			call.ctx.system.netns = netns;
		rc = skt_netns_run(netns, run, &call, &err);
	}
	skt_netns_set_fini(&set);
	if (rc >= 0)
		return rc;
	skt_warn(ctx, "--netns '%s': %s%s", o->netns.selector,
		err.text[0] ? err.text : strerror(-rc),
		rc == -EPERM ? ": run as root or with CAP_SYS_ADMIN" : "");
	return skt_look_up_status(rc);
}
