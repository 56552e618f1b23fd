/*
 * The long form of a row, for what is too wide for a line: a block of its texts first, then its
 * other values, each behind its name, grouped by what they are about.
 *
 *	tcp  ESTABLISHED  10.0.0.1:22  10.0.0.2:51000  sshd[812]:4
 *	             recv_queue 0        send_queue 0
 *	congestion   cwnd 10             ssthresh 7
 *
 * What a row has no value for is left out. The texts of several rows stand below each other, as
 * many from the left as a line has room for.
 */
#ifndef SKT_OUT_LONG_H
#define SKT_OUT_LONG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "out/place.h"

/*
 * Appends a row of CELLS, one for each of PLACES, for a terminal of WIDTH columns. WIDEST: what the
 * cells of each place take in any of the rows; NULL: that is not known.
 */
void skt_long_add(struct skt_str *out, const struct skt_places *places,
	const struct skt_table_cell *cells, const size_t *widest, size_t width, bool color);

#endif
