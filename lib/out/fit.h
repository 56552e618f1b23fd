/*
 * How wide the columns of a table may be where a line must not be longer than the terminal. First
 * what has a brief form takes it, from the right; then the widest of what may be cut is cut, until
 * the line fits or all is as narrow as it may be. Pure.
 */
#ifndef SKT_OUT_FIT_H
#define SKT_OUT_FIT_H

#include <stdbool.h>
#include <stddef.h>

/* One column. Widths are terminal columns, without the gap behind it. */
struct skt_fit {
	size_t width; /* what its heading and its cells take; what it gets */
	size_t brief; /* what they take in their brief form; not below WIDTH: there is none */
	size_t least; /* as far as it may be cut, the sign of the cut included; not below WIDTH: not
		       */
	bool late;    /* it is cut only when all others are as narrow as they may be */
	bool is_brief, is_cut; /* what was chosen; false before */
};

/* Fits COUNT columns with GAP between two into AVAILABLE. Whether they do fit now. */
bool skt_fit(struct skt_fit *columns, size_t count, size_t gap, size_t available);

#endif
