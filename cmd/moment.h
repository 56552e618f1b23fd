/* Moments as users write them. */
#ifndef SKT_CMD_MOMENT_H
#define SKT_CMD_MOMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a moment is counted from where it does not say all of itself. */
struct skt_moment_span {
	uint64_t first_ns, last_ns; /* of CLOCK_REALTIME */
};

/*
 * Reads LEN bytes TEXT: `2026-11-29 14:05:30`, with `T` in place of the blank, without seconds, or
 * with parts of them; `Z` behind it says UTC, else it is local time; `14:05` alone is the last such
 * time that is not after the last moment of SPAN; `@SECONDS` since the epoch; `-5m` before the last
 * moment, `+5m` after the first. -EINVAL: not of the form, or no such date.
 *
 * A moment without parts of a second is its last instant: what was recorded in that second counts.
 */
int skt_moment_parse(
	const char *text, size_t len, const struct skt_moment_span *span, uint64_t *ret_real_ns);

/* Bytes that skt_moment_put() writes at the most, with a NUL. */
enum { SKT_MOMENT_MAX = 64 };

/* `2026-11-29 14:05:30.123 +0100`, local time, of REAL_NS at RET. */
void skt_moment_put(uint64_t real_ns, char ret[SKT_MOMENT_MAX]);

#endif
