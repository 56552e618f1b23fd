/* Which sockets to list: the options of `sockets` that choose tables, as those of ss(8) do. */
#ifndef SKT_CMD_LISTING_FAMILIES_H
#define SKT_CMD_LISTING_FAMILIES_H

#include "cmd/options.h"
#include "diag/dump.h"

struct skt_family_options {
	struct skt_inet_options inet;
	bool chosen;                      /* by an option of this group, not of -t and -u */
	uint32_t tables[SKT_PROTO_COUNT]; /* bits of SOCK_*: 0 not wanted, UINT32_MAX any type */
};

extern const struct argp skt_families_argp; /* input: struct skt_family_options * */

/* Sets the protocols, types and address families of QUERY. */
void skt_families_query(const struct skt_family_options *options, struct skt_dump_query *query);

/* Calls OFFER for every name of a table that -A takes. */
void skt_families_each_name(void (*offer)(const char *name, void *ctx), void *ctx);

/* Whether sockets of several types are wanted: unix, packet, ... */
bool skt_families_typed(const struct skt_family_options *options);

#endif
