/* The groups that udprecv joins, and on which interfaces. */
#ifndef SKT_CMD_UDPRECV_JOIN_H
#define SKT_CMD_UDPRECV_JOIN_H

#include "cmd/command.h"
#include "cmd/udprecv/options.h"
#include "cmd/udprecv/socket.h"

/*
 * Joins all that O asks for on the socket S. An exit status: SKT_EXIT_TROUBLE, having told the
 * user, where one of them was joined nowhere.
 */
int udprecv_join_all(const struct udprecv_options *o, const struct skt_context *ctx,
	const struct udprecv_socket *s);

#endif
