/*
 * Patterns of the shell over bytes (glob(7)): `*` is any run, also an empty one and also of `/`,
 * `?` any one byte, `[a-z]` one of these, `[!a-z]` or `[^a-z]` one that is not, `\` makes the next
 * byte plain. A `[` that is never closed is plain. No locale; NULs are bytes like any other.
 */
#ifndef SKT_BASE_GLOB_H
#define SKT_BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether the whole of TEXT is as PATTERN says; FOLD: ASCII letters of either case are the same. At
 * most PATTERN_LEN times TEXT_LEN steps, so a hostile pattern costs no more than that.
 */
bool skt_glob_match(
	const char *pattern, size_t pattern_len, const char *text, size_t text_len, bool fold);

#endif
