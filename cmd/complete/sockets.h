/* What sockets that are there tell: ports that are listened on, names in use, values of columns. */
#ifndef SKT_CMD_COMPLETE_SOCKETS_H
#define SKT_CMD_COMPLETE_SOCKETS_H

#include "cmd/command.h"
#include "cmd/complete/offer.h"
#include "cmd/options.h"
#include "out/column.h"

/* Of the network namespace NETNS, as for skt_netns_find(); NULL: this one. */
struct complete_sockets {
	const struct skt_context *ctx;
	const char *netns;
};

/* Ports that are listened on for INET, and by whom. */
void complete_listening(const struct complete_sockets *sockets, const struct skt_inet_options *inet,
	struct complete_offers *offers);

/* Paths and @names of unix sockets: of those that wait for clients, or of all. */
void complete_unix(
	const struct complete_sockets *sockets, bool listening, struct complete_offers *offers);

/* The values that sockets have in COLUMN of skt_socket_columns, as filters take them. */
void complete_column(const struct complete_sockets *sockets, const struct skt_column *column,
	struct complete_offers *offers);

#endif
