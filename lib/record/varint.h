/*
 * Numbers in as few bytes as they need: seven bits in each, the lowest first, the eighth says that
 * more come (LEB128, as in DWARF 5 7.6).
 */
#ifndef SKT_RECORD_VARINT_H
#define SKT_RECORD_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

static inline void skt_varint_add(struct skt_str *out, uint64_t value)
{
	while (value > 127) {
		skt_str_add_char(out, (char)(value | 128));
		value >>= 7;
	}
	skt_str_add_char(out, (char)value);
}

/* Bytes that are still to be read. */
struct skt_varint_input {
	const unsigned char *p;
	size_t left;
	bool bad; /* there were too few, or a number was too large; all that follows is 0 */
};

static inline uint64_t skt_varint_next(struct skt_varint_input *in)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 64 && in->left && !in->bad; shift += 7) {
		const unsigned char byte = *in->p++;

		in->left--;
		value |= (uint64_t)(byte & 127) << shift;
		if (byte < 128)
			return value;
	}
	in->bad = true;
	return 0;
}

/* Negative numbers as well: 0, -1, 1, -2, ... */
static inline uint64_t skt_zigzag(int64_t value)
{
	return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static inline int64_t skt_unzigzag(uint64_t value)
{
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

#endif
