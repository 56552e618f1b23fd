/* A number as a bar. */
#ifndef SKT_OUT_BAR_H
#define SKT_OUT_BAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/*
 * Appends VALUE as a bar of block characters (U+2588 to U+258F), which takes WIDTH terminal columns
 * where it is MOST, and at least an eighth of one where it is not 0.
 */
void skt_bar_add(struct skt_str *out, uint64_t value, uint64_t most, size_t width);

#endif
