/* What is done to one socket of a list that somebody looks at, or told of it. */
#ifndef SKT_CMD_LISTING_ACT_H
#define SKT_CMD_LISTING_ACT_H

#include "cmd/listing/listing.h"
#include "diag/socket_id.h"

enum skt_act {
	SKT_ACT_DESTROY, /* the socket, by the kernel: `sockets --kill` */
	SKT_ACT_END,     /* its first holder, by SIGTERM */
};

/*
 * Appends what would be done to the socket of ROW, as a question. False: it cannot be, and what is
 * appended says why.
 */
bool skt_act_ask(struct skt_str *out, enum skt_act act, const struct skt_socket_row *row,
	const struct skt_context *ctx);

/*
 * Does it, to that very socket or a process that holds it at this moment, and to no other; appends
 * what came of it.
 */
void skt_act_do(struct skt_str *out, enum skt_act act, const struct skt_socket_row *row,
	const struct skt_context *ctx);

/*
 * Looks anew at the socket ID of LISTING, and appends all that is known of it in the long form, for
 * a terminal of WIDTH columns. -ENOENT: it was not found; -ENOMEM; what a dump may say.
 */
int skt_act_unfold(struct skt_str *out, const struct skt_listing *listing,
	const struct skt_socket_id *id, const struct skt_context *ctx, unsigned int width,
	bool color);

#endif
