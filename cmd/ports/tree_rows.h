/* The rows of `ports --tree`: listeners, and their clients. */
#ifndef SKT_CMD_PORTS_TREE_ROWS_H
#define SKT_CMD_PORTS_TREE_ROWS_H

#include "base/addr.h"
#include "base/vec.h"
#include "out/column.h"

/* Bits of `present`. */
enum { PORTS_TREE_PID, PORTS_TREE_CLIENT, PORTS_TREE_CLIENT_PID };

/* A listener, or a client of one: then it is CLIENT that is set. */
struct ports_tree_row {
	uint64_t present;
	uint8_t proto, state;
	uint16_t port;
	uint32_t pid, client_pid;
	struct skt_end local, client;
	const char *process, *user, *client_process;
	size_t more; /* holders of the listener behind the first */
	/* Private. */
	size_t listener; /* its place, by which clients find theirs */
	uint8_t family;
	bool v6only;
};

/* Each listener with its clients behind it, those of one process together. */
SKT_VEC_DECLARE(ports_tree_rows, struct ports_tree_row);

extern const struct skt_column ports_tree_columns[];

static inline bool ports_tree_has(const struct ports_tree_row *row, unsigned int field)
{
	return row->present >> field & 1;
}

#endif
