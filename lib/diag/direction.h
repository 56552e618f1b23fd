/*
 * Who began a connection: the one who has no listener at its end, address and port. The kernel does
 * not keep that (ss(8) does not tell it either), so it is read off the listeners that there are
 * now.
 */
#ifndef SKT_DIAG_DIRECTION_H
#define SKT_DIAG_DIRECTION_H

#include "diag/listeners.h"

enum skt_direction { SKT_DIRECTION_NONE, SKT_DIRECTION_IN, SKT_DIRECTION_OUT, SKT_DIRECTIONS };

/* NULL for NONE, "in", "out". */
extern const char *const skt_direction_names[SKT_DIRECTIONS];

/*
 * IN where somebody listens at the local end of SOCKET, at its address or at any, or the handshake
 * says so; OUT for other connections; NONE for what is no connection.
 */
enum skt_direction skt_direction_of(
	const struct skt_listeners *listeners, const struct skt_socket *socket);

#endif
