/*
 * Answers of sock_diag(7) as they are kept: so that a socket with which nothing happens is the same
 * in every look.
 *
 * The kernel tells how long ago something was, or how long it will be; kept is when it was, or will
 * be, in milliseconds of the clock of the recording, and a moment that moved by less than what two
 * looks differ by anyway stays where it was. What TCP measures in microseconds, or in bytes a
 * second, is kept to one part in 32. The attribute INET_DIAG_INFO comes first. Keys of TCP-MD5,
 * which root is told, are left out.
 */
#ifndef SKT_RECORD_STEADY_H
#define SKT_RECORD_STEADY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/look.h"

/*
 * The fact of a socket of KIND, of LEN bytes MESSAGE, into ROOM of at least LEN + 8 bytes. ENDED:
 * it tells of the end of one, of which nothing but INFO is kept. OLD: the same socket at the look
 * before, or NULL; NOW_MS of the clock. Returns how many bytes it has, a
 * multiple of 4; 0: it is malformed.
 */
size_t skt_steady_keep(uint32_t kind, const void *message, size_t len, bool ended,
	const struct skt_fact_item *old, uint32_t now_ms, unsigned char *room);

/* What that is told as at NOW_MS: LEN BYTES changed in place. */
void skt_steady_tell(uint32_t kind, unsigned char *bytes, size_t len, uint32_t now_ms);

#endif
