/*
 * What this very run stands on: the connection that it is typed over, and the processes that
 * started it. Whoever ends sockets or processes spares them.
 */
#ifndef SKT_CMD_LISTING_OWN_H
#define SKT_CMD_LISTING_OWN_H

#include "cmd/command.h"
#include "cmd/listing/columns.h"

enum { SKT_OWN_ANCESTORS_MAX = 64 };

struct skt_own {
	uint32_t ancestors[SKT_OWN_ANCESTORS_MAX]; /* this process and those it descends from */
	size_t ancestors_count;
	bool over_ssh;
	struct skt_end local, remote; /* of that connection */
};

void skt_own_init(struct skt_own *own, const struct skt_context *ctx);

/* Whether PID is this process or started it. */
bool skt_own_is_ancestor(const struct skt_own *own, uint32_t pid);

/* Why the socket of ROW, which says its holders, is spared, in words; NULL: it is not. */
const char *skt_own_reason(const struct skt_own *own, const struct skt_socket_row *row);

#endif
