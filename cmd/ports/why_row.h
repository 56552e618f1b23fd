/* What `ports --why` shows: a row for each thing that holds a port, or rules it. */
#ifndef SKT_CMD_PORTS_WHY_ROW_H
#define SKT_CMD_PORTS_WHY_ROW_H

#include <stdint.h>

#include "base/addr.h"
#include "cmd/listing/keeper.h"
#include "out/column.h"
#include "proc/cgroup.h"

/* Why a port may not be had, in the order of the rows: what has to go first comes first. */
enum why_reason {
	WHY_LISTENER,
	WHY_SOCKET_UNIT, /* PID 1 listens for a unit that it starts on demand */
	WHY_PROXY,       /* docker-proxy or its like listens for a container */
	WHY_BOUND,
	WHY_CONNECTION, /* that has it as its own port, and no listener to belong to */
	WHY_ACCEPTED,   /* connections of a listener, all of them */
	WHY_TIME_WAIT,  /* all of them; the time is that of the last one */
	WHY_NAMESPACE, /* somebody has it in another network namespace, which hinders nobody here */
	WHY_PRIVILEGED,
	WHY_RESERVED,
	WHY_EPHEMERAL,
	WHY_VERDICT,
};

enum why_verdict {
	WHY_FREE,
	WHY_FREE_REUSE_ADDRESS, /* for who sets SO_REUSEADDR */
	WHY_FREE_REUSE_PORT,    /* for who sets SO_REUSEPORT and is the user that the holder is */
	WHY_FREE_REUSE_BOTH,    /* one family wants SO_REUSEADDR, the other SO_REUSEPORT */
	WHY_PARTLY,             /* one family, or single addresses */
	WHY_DENIED,             /* needs privilege */
	WHY_TAKEN,
	WHY_UNKNOWN,
};

struct why_row {
	uint64_t present;
	uint16_t port;
	uint8_t proto, reason, state, verdict;
	uint32_t pid, uid, left_ms;
	uint64_t count;          /* sockets that the row stands for */
	uint64_t queue, backlog; /* of a listener: who waits for accept(), and how many may */
	uint32_t drops;          /* who found no room since it began */
	struct skt_end local, remote;
	const char *process, *user, *command, *cgroup, *unit, *container, *netns, *detail;
	struct skt_cgroup published; /* of the server that a WHY_PROXY stands for, or all NULL */
	struct skt_list processes;   /* struct skt_holder */
	struct skt_keeper keeper;    /* where these are none */
};

/* Bits of `present`. */
enum {
	WHY_HAS_SOCKET, /* local, state */
	WHY_HAS_REMOTE,
	WHY_HAS_PID,
	WHY_HAS_LEFT,
	WHY_HAS_COUNT,
	WHY_HAS_VERDICT,
	WHY_HAS_QUEUE,
	WHY_HAS_BACKLOG,
	WHY_HAS_DROPS,
};

extern const struct skt_column ports_why_columns[]; /* of struct why_row */

#endif
