/*
 * How one look differs from the one before: what is gone, what has changed, what is new, as bytes
 * that compress well. What has changed is told as the difference of each 32-bit word from the word
 * that was there; what is new, from the word of its neighbour of the same table; and all of these
 * byte by byte through all facts, so that what is alike stands together.
 *
 * The bytes, numbers as in varint.h:
 *
 *   GONE CHANGED NEW                          how many
 *   GONE times    the distance, among the facts before, from the last one that is gone
 *   CHANGED times the same of what has changed
 *   CHANGED times by how much it is longer (zigzag)
 *   NEW times     KIND as the distance from the last one; where that is 0, NUMBER likewise, else
 *                 NUMBER itself
 *   NEW times     LENGTH
 *   the words of what has changed, then of what is new, each kind by itself: of sockets and
 *   holders word by word, all lowest bytes first; of texts as they are
 */
#ifndef SKT_RECORD_DELTA_H
#define SKT_RECORD_DELTA_H

#include <stdbool.h>

#include "base/str.h"
#include "record/look.h"

/*
 * Adds to OUT how NOW, sorted, differs from BEFORE, which is sorted too. PART: what is in BEFORE
 * only is not gone: NOW is what happened after it. -ENOMEM.
 */
int skt_delta_write(
	const struct skt_look *before, const struct skt_look *now, bool part, struct skt_str *out);

/*
 * Makes of BEFORE and LEN BYTES the look that they were written of, in RET, which is empty. PART:
 * only what has changed or is new. Hostile bytes are -EBADMSG; -ENOMEM. RET's times are the
 * caller's to set, and RET is the caller's to free in any case.
 */
int skt_delta_read(const struct skt_look *before, const void *bytes, size_t len, bool part,
	struct skt_look *ret);

#endif
