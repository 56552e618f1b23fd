/* A socket as a row: what the kernel says, joined with its owners and the names of its numbers. */
#ifndef SKT_CMD_LISTING_COLUMNS_H
#define SKT_CMD_LISTING_COLUMNS_H

#include "diag/socket.h"
#include "out/column.h"
#include "proc/owner.h"

/* Bits of row.s.present behind those of struct skt_socket. */
enum { SKT_ROW_PID = SKT_SOCKET_FIELDS, SKT_ROW_ACCEPTS, SKT_ROW_FIELDS };

struct skt_socket_row {
	struct skt_socket s; /* first: its `present` is the row's */
	const char *interface;
	const char *user;
	const char *service;
	const char *process; /* of the first holder */
	const char *command;
	const char *groups;
	uint32_t pid;              /* of the first holder */
	struct skt_list processes; /* struct skt_holder */
	const char *cgroup, *unit, *container;
	const char *netns;
	uint64_t netns_inode; /* 0: the one namespace that is read */
	struct skt_list peer; /* struct skt_holder: of the socket at the other end */
	uint8_t direction;    /* enum skt_direction */
};

/* Columns of `sockets`. */
extern const struct skt_column skt_socket_columns[];

/* Columns of one holder, for SKT_TYPE_LIST columns; and its text: name[pid]:descriptor. */
extern const struct skt_column skt_holder_columns[];
void skt_holder_text(struct skt_str *out, const void *holder);

#endif
