/* From what users call a place to what a datagram socket is given. */
#ifndef SKT_CMD_DATAGRAM_ADDRESS_H
#define SKT_CMD_DATAGRAM_ADDRESS_H

#include "base/endpoint.h"
#include "cmd/command.h"
#include "net/udp.h"

/*
 * The address of ENDPOINT, its names looked up for FAMILY (AF_UNSPEC: whichever comes first by RFC
 * 6724). LOCAL: a missing host is every address, both families where the host has IPv6. Tells the
 * user what failed itself. Returns SKT_EXIT_YES, SKT_EXIT_NO (the name is not known) or
 * SKT_EXIT_TROUBLE.
 */
int skt_udp_address_resolve(const struct skt_context *ctx, const struct skt_endpoint *endpoint,
	int family, bool local, struct skt_udp_address *ret);

/* The index of the interface NAME (a name or a number); 0 for NULL. Tells the user. */
int skt_udp_interface(const struct skt_context *ctx, const char *name, uint32_t *ret);

#endif
