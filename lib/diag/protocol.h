/* What the kernel calls protocols of sockets (struct proto, `name`), as we do. */
#ifndef SKT_DIAG_PROTOCOL_H
#define SKT_DIAG_PROTOCOL_H

#include "diag/socket.h"

/*
 * Sets proto, family and type of SOCKET, as far as NAME tells, and its ends: of a protocol that
 * speaks IP any address, of SKT_PROTO_OTHER the name, borrowed.
 */
void skt_protocol_fill(struct skt_socket *socket, const char *name);

#endif
