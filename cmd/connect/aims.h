/* Every port that the endpoints of --probe mean, each an aim of its own. */
#ifndef SKT_CMD_CONNECT_AIMS_H
#define SKT_CMD_CONNECT_AIMS_H

#include "base/arena.h"
#include "base/service.h"
#include "base/vec.h"
#include "cmd/connect/host.h"
#include "cmd/connect/options.h"

struct connect_aim {
	const struct skt_endpoint *endpoint; /* as it was given; of the options */
	struct connect_host *host;           /* shared by the aims of one name; NULL: no name */
	const char *text;                    /* "localhost:22", the arena's */
	uint16_t port;                       /* 0 where there are no ports */
};

/* Zero-initialised is empty. */
struct connect_aims {
	SKT_VEC(struct connect_aim) list;
	struct connect_host *hosts; /* the arena's */
};

/*
 * Fills RET, which is to be fini'd in any case, in the order of the arguments. A name that a proxy
 * resolves has no host. Errors, told in ERR: -EINVAL (no such service), -EAFNOSUPPORT (--udp
 * without ports), -ENOMEM.
 */
int connect_aims_find(const struct connect_options *options, const struct skt_chain_plan *plan,
	const struct skt_services *services, struct skt_arena *arena, struct connect_aims *ret,
	struct skt_err *err);

/* Ends the lookups. */
void connect_aims_fini(struct connect_aims *aims);

#endif
