/* The verdict on a connection (diag/verdict.h) for people: in words, with the figures it stands on.
 */
#ifndef SKT_CMD_LISTING_VERDICT_H
#define SKT_CMD_LISTING_VERDICT_H

#include "base/str.h"
#include "cmd/listing/columns.h"
#include "diag/verdict.h"

/*
 * Adds to OUT what JUDGEMENT of the socket in ROW means, and in parentheses the columns that tell
 * so with their values as the table has them, as far as the kernel tells these. NONE adds nothing.
 */
void skt_verdict_explain(struct skt_str *out, const struct skt_judgement *judgement,
	const struct skt_socket_row *row);

#endif
