/* `sockkit ports`: the values of its options, and the modes that they choose between. */
#ifndef SKT_CMD_PORTS_PORTS_H
#define SKT_CMD_PORTS_PORTS_H

#include "base/port.h"
#include "base/service.h"
#include "cmd/command.h"
#include "cmd/options.h"

struct ports_options {
	struct skt_rows_options rows;
	bool tcp, udp, ipv4, ipv6;
	bool registry;
	struct skt_port_list ports; /* the arguments, names not yet resolved */
};

/* Columns of the listing and of --registry. */
extern const struct skt_column ports_listening_columns[], ports_registry_columns[];

/* Which ports are listened on, and by whom. Returns an exit status. */
int ports_listening(const struct ports_options *options, const struct skt_context *ctx);

/* What the registry says of ports and names. Returns an exit status. */
int ports_registry(const struct ports_options *options, const struct skt_context *ctx);

/*
 * Opens the service table and resolves the arguments to SET. SKT_EXIT_YES, or the status to end
 * with, told on stderr. *ret_services is the caller's to free.
 */
int ports_resolve(const struct ports_options *options, const struct skt_context *ctx,
	struct skt_services **ret_services, struct skt_portset *set);

#endif
