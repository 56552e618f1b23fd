/* What owners have set on their sockets, for columns that show it. */
#ifndef SKT_CMD_LISTING_SOCKOPTS_H
#define SKT_CMD_LISTING_SOCKOPTS_H

#include "base/arena.h"
#include "cmd/command.h"
#include "cmd/listing/columns.h"

struct skt_borrower;

/* Zero-initialised. */
struct skt_sockopt_reader {
	struct skt_borrower *borrower; /* NULL: none yet */
	struct skt_sockopts last;      /* of the row at hand, unless rows are kept */
	size_t denied, lost;           /* rows of which these may not be read, or did not come */
	bool unknown;                  /* this kernel cannot */
};

/*
 * Looks at the socket of ROW through the first of its holders who lets us, and notes what is set in
 * row->sockopts, or leaves that NULL. KEPT: whose memory rows that are kept have, or NULL. -ENOMEM.
 */
int skt_sockopt_reader_join(
	struct skt_sockopt_reader *reader, struct skt_arena *kept, struct skt_socket_row *row);

/* Says on stderr why some could not be read, if so. */
void skt_sockopt_reader_report(
	const struct skt_sockopt_reader *reader, const struct skt_context *ctx);
void skt_sockopt_reader_fini(struct skt_sockopt_reader *reader);

#endif
