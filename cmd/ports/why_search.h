/* What is known so far, while it is looked for who holds a port. */
#ifndef SKT_CMD_PORTS_WHY_SEARCH_H
#define SKT_CMD_PORTS_WHY_SEARCH_H

#include "base/arena.h"
#include "base/vec.h"
#include "cmd/listing/join.h"
#include "cmd/ports/options.h"
#include "cmd/ports/why_row.h"
#include "proc/local_ports.h"

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
	struct skt_directory directory;
	struct skt_join join;
	struct skt_netns_set namespaces;
	struct skt_arena texts;
	struct why_tally tallies[SKT_PROTO_COUNT];
	SKT_VEC(struct skt_socket) listeners;
	SKT_VEC(struct why_row) rows; /* of sockets, of both protocols */
	bool incomplete;              /* told */
	struct skt_output *output;
};

#endif
