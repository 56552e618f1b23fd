/* What TLS came to, as rows have it. */
#ifndef SKT_CMD_CONNECT_TLS_ROW_H
#define SKT_CMD_CONNECT_TLS_ROW_H

#include "cmd/connect/row.h"
#include "cmd/connect/tls_options.h"
#include "net/opening.h"
#include "tls/session.h"

/*
 * Adds a handshake that took HANDSHAKE_NS and is over, and its verdict: the reason of the row is
 * what there is to be said first. NOW: seconds since the epoch. Texts go into ARENA.
 * Returns whether all is as it was to be.
 */
bool connect_row_of_tls(struct connect_row *row, const struct skt_tls_session *session,
	const struct connect_tls_options *options, uint64_t handshake_ns, int64_t now,
	struct skt_arena *arena);

/* Of an opening that has failed with -errno R, at a step of STARTTLS or of TLS. */
void connect_row_of_opening(
	struct connect_row *row, const struct skt_opening *opening, int r, struct skt_arena *arena);

/* Of a session that broke with ERR after its handshake. */
void connect_row_of_break(
	struct connect_row *row, const struct skt_err *err, struct skt_arena *arena);

#endif
