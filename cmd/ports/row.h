/* A socket that takes what strangers send, as a row: the listing's, and who can reach it. */
#ifndef SKT_CMD_PORTS_ROW_H
#define SKT_CMD_PORTS_ROW_H

#include "cmd/listing/columns.h"

struct ports_row {
	struct skt_socket_row socket; /* first: its `present` is the row's */
	uint8_t scope;
};

_Static_assert(offsetof(struct ports_row, socket) == 0, "its `present` is the row's");

extern const struct skt_column ports_row_columns[];

/* The row of SOCKET: a copy, which borrows what that points to. */
void ports_row_make(const struct skt_socket_row *socket, struct ports_row *ret);

#endif
