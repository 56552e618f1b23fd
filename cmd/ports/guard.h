/* Processes that are better not ended: it would not help, or would hurt others. */
#ifndef SKT_CMD_PORTS_GUARD_H
#define SKT_CMD_PORTS_GUARD_H

#include "base/str.h"
#include "cmd/command.h"

/* A process that listens at a port. Borrowed. */
struct ports_suspect {
	uint32_t pid;
	const char *process, *command; /* or NULL */
	uint16_t port;
	uint8_t proto; /* enum skt_proto */
};

/* Appends why it is spared, and what to do instead. False: it is not. */
bool ports_guard_spares(
	struct skt_str *reason, const struct skt_context *ctx, const struct ports_suspect *suspect);

#endif
