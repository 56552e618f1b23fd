/* What a client gives up before it asks anybody. */
#ifndef SKT_CMD_CONNECT_PRIVILEGE_H
#define SKT_CMD_CONNECT_PRIVILEGE_H

#include "cmd/connect/options.h"

/* Leaves the run what it takes to connect, also again and again, to where O and PLAN lead. */
void connect_confine(const struct connect_options *o, const struct skt_chain_plan *plan,
	const struct skt_context *ctx, const struct skt_event_log *log);

#endif
