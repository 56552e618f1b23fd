/*
 * Reading a stranger's bytes from the front: what is not there is 0, and marks the reader as short,
 * so that a parser looks once, at its end.
 */
#ifndef SKT_SERVICE_READER_H
#define SKT_SERVICE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct skt_reader {
	const uint8_t *at, *end;
	bool is_short; /* something was wanted that is not there */
};

static inline struct skt_reader skt_reader_of(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	return (struct skt_reader){.at = at, .end = size ? at + size : at};
}

static inline size_t skt_reader_left(const struct skt_reader *r)
{
	return (size_t)(r->end - r->at);
}

/* The next N bytes, borrowed; NULL: so many are not there. */
static inline const uint8_t *skt_reader_take(struct skt_reader *r, size_t n)
{
	const uint8_t *at = r->at;

	if (r->is_short || skt_reader_left(r) < n) {
		r->is_short = true;
		r->at = r->end;
		return NULL;
	}
	r->at += n;
	return at;
}

/* Unsigned, N <= 8 bytes, the most significant first. */
static inline uint64_t skt_reader_be(struct skt_reader *r, size_t n)
{
	const uint8_t *at = skt_reader_take(r, n);
	uint64_t value = 0;

	for (size_t i = 0; at && i < n; i++)
		value = value << 8 | at[i];
	return value;
}

/* The least significant first. */
static inline uint64_t skt_reader_le(struct skt_reader *r, size_t n)
{
	const uint8_t *at = skt_reader_take(r, n);
	uint64_t value = 0;

	for (size_t i = n; at && i-- > 0;)
		value = value << 8 | at[i];
	return value;
}

/* A reader of the next N bytes alone. */
static inline struct skt_reader skt_reader_part(struct skt_reader *r, size_t n)
{
	const uint8_t *at = skt_reader_take(r, n);
	struct skt_reader part = skt_reader_of(at, at ? n : 0);

	part.is_short = !at;
	return part;
}

/* Text up to a NUL, which must be there; its length in *LEN. NULL: there is none. */
static inline const char *skt_reader_text(struct skt_reader *r, size_t *len)
{
	const uint8_t *at = r->at, *nul = NULL;

	if (!r->is_short && skt_reader_left(r))
		nul = memchr(at, 0, skt_reader_left(r));
	if (!nul) {
		r->is_short = true;
		*len = 0;
		return NULL;
	}
	r->at = nul + 1;
	*len = (size_t)(nul - at);
	return (const char *)at;
}

#endif
