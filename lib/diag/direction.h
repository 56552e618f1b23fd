/*
 * Who began a connection: the one who has no listener at its end, address and port. The kernel does
 * not keep that (ss(8) does not tell it either), so it is read off the listeners that there are
 * now.
 */
#ifndef SKT_DIAG_DIRECTION_H
#define SKT_DIAG_DIRECTION_H

#include "base/port.h"
#include "diag/dump.h"

enum skt_direction { SKT_DIRECTION_NONE, SKT_DIRECTION_IN, SKT_DIRECTION_OUT, SKT_DIRECTIONS };

/* NULL for NONE, "in", "out". */
extern const char *const skt_direction_names[SKT_DIRECTIONS];

/* Where is listened in one network namespace. */
struct skt_listening;

/*
 * Reads the listeners, of those of TCP and UDP that LIKE asks for, in one dump that walks no table
 * of connections: TCP that listens, UDP that is bound and not connected. Errors as
 * skt_dump_sockets().
 */
int skt_listening_read(const struct skt_dump_system *system, const struct skt_dump_query *like,
	struct skt_listening **ret, struct skt_err *err);
void skt_listening_free(struct skt_listening *listening);

/*
 * IN where somebody listens at the local end of SOCKET, at its address or at any, or the handshake
 * says so; OUT for other connections; NONE for what is no connection.
 */
enum skt_direction skt_direction_of(
	const struct skt_listening *listening, const struct skt_socket *socket);

#endif
