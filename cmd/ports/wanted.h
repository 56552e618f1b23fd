/* PORTS as numbers, and the sockets that are at them. */
#ifndef SKT_CMD_PORTS_WANTED_H
#define SKT_CMD_PORTS_WANTED_H

#include "base/service.h"
#include "cmd/ports/options.h"

/*
 * Opens the service table and resolves the arguments to SET. SKT_EXIT_YES, or the status to end
 * with, told on stderr. *ret_services is the caller's to free.
 */
int ports_resolve(const struct ports_options *options, const struct skt_context *ctx,
	struct skt_services **ret_services, struct skt_portset *set);

/* The only port of SET; 0: there are more, or none. */
uint16_t ports_single(const struct skt_portset *set);

/* Asks for what listens on WANTED, or on any port (NULL): the kernel skips what it can. */
struct skt_dump_query ports_query(
	const struct ports_options *options, const struct skt_portset *wanted);

/* Whether SOCKET takes what comes to the address that OPTIONS name, or they name none. */
bool ports_match_address(const struct ports_options *options, const struct skt_socket *socket);

/* Whether SOCKET is at one of the ports WANTED, or at any (NULL). */
bool ports_match(const struct skt_socket *socket, const struct skt_portset *wanted);

#endif
