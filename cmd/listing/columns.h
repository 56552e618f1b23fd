/* A socket as a row: what the kernel says, joined with its owners and the names of its numbers. */
#ifndef SKT_CMD_LISTING_COLUMNS_H
#define SKT_CMD_LISTING_COLUMNS_H

#include "cmd/listing/keeper.h"
#include "cmd/listing/meter.h"
#include "diag/socket.h"
#include "diag/sockopts.h"
#include "out/column.h"
#include "proc/owner.h"

/*
 * What a column needs besides the kernel's record (struct skt_column, needs), and so what it costs.
 * The lowest byte and the highest are those of SKT_DETAIL_*: what to ask the kernel for.
 */
enum {
	SKT_NEED_OWNERS = 1 << 8,
	SKT_NEED_COMMAND = 1 << 9, /* of the first owner, with OWNERS */
	SKT_NEED_CGROUP = 1 << 10,
	SKT_NEED_PEER = 1 << 11, /* the owners of the other end, with OWNERS */
	SKT_NEED_DIRECTION = 1 << 12,
	SKT_NEED_USER = 1 << 13,
	SKT_NEED_INTERFACE = 1 << 14,
	SKT_NEED_SERVICE = 1 << 15,
	SKT_NEED_ZONE = 1 << 16,   /* the interface, with a local address that is bound to one */
	SKT_NEED_GROUPS = 1 << 17, /* the numbers of multicast groups as text */
	SKT_NEED_HOST = SKT_NEED_GROUPS, /* of the row alone; neither costs anything */
	SKT_NEED_NETNS = 1 << 18,
	SKT_NEED_HELD_BY = 1 << 19,    /* what holds it where no process does, with OWNERS */
	SKT_NEED_UNIX_PEERS = 1 << 20, /* the other ends of unix sockets, if there are such rows */
	SKT_NEED_THREADS = 1 << 21,    /* of the first owner, with OWNERS */
	SKT_NEED_CONTEXT = 1 << 22,    /* likewise: the security context of it and of the socket */
	SKT_NEED_SOCKOPTS = 1 << 23,   /* what owners have set, with OWNERS: a look through them */
	SKT_NEED_VERDICT = 1 << 30,    /* with SKT_DETAIL_TCP and MEMORY: what holds it back */
	SKT_NEED_RATES = 1 << 29, /* what was counted at an earlier look, with SKT_DETAIL_TCP */
	SKT_NEED_ALL = 0xffff00 | SKT_NEED_RATES | SKT_NEED_VERDICT,
};

/* Bits of row.s.present behind those of struct skt_socket. */
enum {
	SKT_ROW_PID = SKT_SOCKET_FIELDS,
	SKT_ROW_EXE,
	SKT_ROW_BPF,
	SKT_ROW_MD5,
	SKT_ROW_ACCEPTS,
	SKT_ROW_FIELDS
};

struct skt_socket_row {
	struct skt_socket s; /* first: its `present` is the row's */
	const char *interface;
	const char *user;
	const char *service;
	const char *process; /* of the first holder */
	const char *command;
	const char *comm, *exe; /* likewise */
	const char *context, *socket_context;
	const char *groups;
	const char *list;                /* bpf_filter or md5_peers, as text */
	uint32_t pid;                    /* of the first holder */
	struct skt_list processes;       /* struct skt_holder */
	const char *held_by;             /* what holds it if these are none (held_by.h) */
	const struct skt_keeper *keeper; /* the same, until the next row; or NULL */
	const char *cgroup, *unit, *container;
	const char *netns;
	const char *host;                    /* that this is, or that was recorded */
	uint64_t netns_inode;                /* 0: the one namespace that is read */
	struct skt_list peer;                /* struct skt_holder: of the socket at the other end */
	struct skt_list threads;             /* struct skt_thread: of the first holder */
	const struct skt_sockopts *sockopts; /* NULL: not asked for, or not to be read */
	const char *detail;                  /* what the verdict means, and stands on */
	struct skt_rates *rates;             /* NULL: not metered; good for this look */
	uint8_t direction;                   /* enum skt_direction */
	uint8_t verdict;                     /* enum skt_verdict */
	bool deleted; /* the file of EXE is gone, or another one has its name */
};

/* enum skt_tone of each state. */
extern const uint8_t skt_state_tones[SKT_STATE_COUNT];

/* Columns of `sockets`. */
extern const struct skt_column skt_socket_columns[];

#endif
