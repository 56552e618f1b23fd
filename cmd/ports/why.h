/* `sockkit ports --why`: what its parts share: why_holders.c, why_verdict.c, why.c. */
#ifndef SKT_CMD_PORTS_WHY_H
#define SKT_CMD_PORTS_WHY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"
#include "cmd/listing/join.h"
#include "cmd/ports/ports.h"
#include "proc/local_ports.h"

/* Why a port may not be had, in the order of the rows: what has to go first comes first. */
enum why_reason {
	WHY_LISTENER,
	WHY_SOCKET_UNIT, /* PID 1 listens for a unit that it starts on demand */
	WHY_PROXY,       /* docker-proxy listens for a container */
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
	WHY_PARTLY,             /* one family, or single addresses */
	WHY_DENIED,             /* needs privilege */
	WHY_TAKEN,
	WHY_UNKNOWN,
};

/* What binding to the port in one family came to: 0 or -errno each. */
struct why_try {
	bool asked; /* else there is no such family here, or it is not wanted */
	int plain, reuse_address, reuse_port;
	int loopback; /* with SO_REUSEADDR to 127.0.0.1 or ::1 alone */
};

enum { WHY_IPV4, WHY_IPV6, WHY_FAMILIES };

struct why_row {
	uint64_t present;
	uint16_t port;
	uint8_t proto, reason, state, verdict;
	uint32_t pid, left_ms;
	uint64_t count; /* sockets that the row stands for */
	struct skt_end local, remote;
	const char *process, *user, *command, *unit, *container, *netns, *detail;
	struct skt_list processes; /* struct skt_holder */
};

/* Bits of `present`. */
enum {
	WHY_HAS_SOCKET, /* local, state */
	WHY_HAS_REMOTE,
	WHY_HAS_PID,
	WHY_HAS_LEFT,
	WHY_HAS_COUNT,
	WHY_HAS_VERDICT,
};

/* ---- who holds it ---- */

/* Connections that have a row of their own; a client with thousands is one story, not thousands. */
enum { WHY_CONNECTIONS_SHOWN = 16, WHY_NAMESPACES_SHOWN = 16 };

/* Sockets that are counted. */
struct why_tally {
	size_t connections, accepted, waiting, elsewhere;
	struct skt_socket last_waiting; /* the one with the longest time left */
};

struct why {
	const struct ports_options *options;
	const struct skt_context *ctx;
	uint16_t port;
	struct skt_local_ports local;
	struct skt_join join;
	struct skt_netns_set namespaces;
	struct skt_arena texts;
	struct why_tally tallies[SKT_PROTO_COUNT];
	SKT_VEC(struct skt_socket) listeners;
	SKT_VEC(struct why_row) rows; /* of sockets, of both protocols */
	bool incomplete;              /* told */
	struct skt_output *output;
};

/* Prepares WHY, whose options, ctx and port are set. -ENOMEM; why_fini() in any case. */
int why_open(struct why *why);
void why_fini(struct why *why);

/* Finds the sockets that hold the port. 0, or -errno, told. */
int why_collect(struct why *why);

/*
 * Finds who has the port in other network namespaces, those that this user may enter, and hands
 * them to why->join. -ENOMEM, -ECANCELED.
 */
int why_elsewhere(struct why *why);

/* What the docker-proxy of this command line is for, and who really serves it. */
void why_describe_proxy(struct skt_str *out, struct why *why, const char *command);

/* The row of everything in TIME-WAIT. */
struct why_row why_waiting_row(struct why *why, uint8_t proto);

/* TEXT for as long as WHY lives; TEXT is taken. NULL: memory is out. */
const char *why_keep(struct why *why, struct skt_str *text);

/* ---- the verdict ---- */

/* All that a judgement rests on. */
struct why_case {
	uint16_t port;
	uint8_t proto; /* enum skt_proto */
	struct why_try tries[WHY_FAMILIES];
	const struct skt_local_ports *local;
	const struct why_row *first; /* the first reason that is a socket here, or NULL */
	bool hidden;                 /* its owner may not be seen by this user */
};

/* What the tries come to. */
enum why_verdict why_judge(const struct why_try tries[WHY_FAMILIES]);

/* The verdict in words: whether a bind would succeed now, for whom, and what to do. */
void why_explain(struct skt_str *out, const struct why_case *facts, enum why_verdict verdict);

#endif
