#include "cmd/connect/connect.h"
int connect_probe(const struct connect_options *o, const struct skt_context *ctx)
{
	(void)o;
	(void)ctx;
	return 3;
}
