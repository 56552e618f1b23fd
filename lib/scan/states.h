/* States of many pairs in half a byte each: which one, or that none is known. */
#ifndef SKT_SCAN_STATES_H
#define SKT_SCAN_STATES_H

#include <stdbool.h>
#include <stdint.h>

#include "scan/verdict.h"

_Static_assert(SKT_SCAN_STATES < 16, "a state, or none, is half a byte");

/* Bytes for COUNT pairs; all zero is none known. */
static inline uint64_t skt_states_size(uint64_t count)
{
	return count / 2 + 1;
}

/* BYTE is that of the pair: the one at INDEX / 2. Whether its state is known. */
static inline bool skt_states_get(uint8_t byte, uint64_t index, uint8_t *ret_state)
{
	unsigned int value = byte >> index % 2 * 4 & 0xf;

	if (value && value <= SKT_SCAN_STATES)
		*ret_state = (uint8_t)(value - 1);
	return value && value <= SKT_SCAN_STATES;
}

static inline void skt_states_set(uint8_t *byte, uint64_t index, uint8_t state)
{
	unsigned int shift = index % 2 * 4;

	*byte = (uint8_t)((*byte & ~(0xfu << shift)) | (state + 1u) << shift);
}

#endif
