/* A socket beyond the call that it was lent for. */
#ifndef SKT_DIAG_SOCKET_COPY_H
#define SKT_DIAG_SOCKET_COPY_H

#include "base/arena.h"
#include "diag/socket.h"

/* Whether anything that SOCKET points to ends with the call that it came in. */
bool skt_socket_lends(const struct skt_socket *socket);

/* Copies what SOCKET points to into ARENA, as long as which it is good then. -ENOMEM. */
int skt_socket_keep(struct skt_socket *socket, struct skt_arena *arena);

#endif
