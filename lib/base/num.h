/*
 * Numbers as users write them: whole text or nothing, no signs, no surprises. All are pure, leave
 * *ret untouched on failure, and return -EINVAL (not of the form) or -ERANGE (out of bounds; also
 * more than nothing that would count as nothing, like `0.1ns`).
 */
#ifndef SKT_BASE_NUM_H
#define SKT_BASE_NUM_H

#include <stdint.h>

/* What the hexadecimal digit C stands for, in either case; -1: it is none. */
static inline int skt_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decimal digits with a value in min..max. */
int skt_num_parse(const char *text, uint64_t min, uint64_t max, uint64_t *ret);

/* The same up to MAX, or hexadecimal digits behind `0x`. */
int skt_integer_parse(const char *text, uint64_t max, uint64_t *ret);

/* DURATION: `250ms`, `2s`, `1.5m`, `1h`, `1d`, `10us`, `5ns`; a bare number is seconds. */
int skt_duration_parse(const char *text, uint64_t *ret_ns);

/* SIZE: bytes, or 1024-based with k, M, G or T (any case, an optional `B` or `iB` behind). */
int skt_size_parse(const char *text, uint64_t *ret_bytes);

enum skt_rate_unit { SKT_RATE_EVENTS, SKT_RATE_BITS, SKT_RATE_BYTES };

struct skt_rate {
	enum skt_rate_unit unit;
	uint64_t per_second;
};

/*
 * RATE: `5000`, `5kpps`, `10Mbit`, `2MB`, all per second (an optional `/s` behind). Prefixes are
 * 1000-based, as everywhere in networking; a bare number counts packets or connections.
 */
int skt_rate_parse(const char *text, struct skt_rate *ret);

#endif
