#include "cmd/option_table.h"

void skt_options_each(const struct argp *argp, skt_option_fn *fn, void *ctx)
{
	for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc); o++)
		fn(o, ctx);
	for (const struct argp_child *child = argp->children; child && child->argp; child++)
		skt_options_each(child->argp, fn, ctx);
}
