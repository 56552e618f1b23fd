#include "scan/given.h"

#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"

enum { CHUNK = 4096, NOW = 0x80 /* beside the tries */ };

static uint64_t chunks_of(uint64_t count)
{
	return count / CHUNK + 1;
}

int skt_given_init(struct skt_given *given, uint64_t count)
{
	given->chunks = calloc(chunks_of(count), sizeof(*given->chunks));
	given->count = count;
	return given->chunks ? 0 : -ENOMEM;
}

void skt_given_fini(struct skt_given *given)
{
	for (uint64_t i = 0; given->chunks && i < chunks_of(given->count); i++)
		free(given->chunks[i]);
	free(given->chunks);
	given->chunks = NULL;
}

int skt_given_set(struct skt_given *given, uint64_t index, unsigned int tries)
{
	uint8_t **chunk = &given->chunks[index / CHUNK];

	if (!*chunk)
		*chunk = calloc(CHUNK, 1);
	if (!*chunk)
		return -ENOMEM;
	(*chunk)[index % CHUNK] =
		(uint8_t)(NOW | SKT_MIN(tries, (unsigned int)SKT_GIVEN_TRIES_MAX));
	return 0;
}

unsigned int skt_given_tries(const struct skt_given *given, uint64_t index)
{
	const uint8_t *chunk = given->chunks[index / CHUNK];

	return chunk ? chunk[index % CHUNK] & SKT_GIVEN_TRIES_MAX : 0;
}

void skt_given_clear(struct skt_given *given)
{
	for (uint64_t i = 0; i < chunks_of(given->count); i++)
		for (size_t k = 0; given->chunks[i] && k < CHUNK; k++)
			given->chunks[i][k] &= SKT_GIVEN_TRIES_MAX;
}

uint64_t skt_given_next(const struct skt_given *given, uint64_t from)
{
	for (uint64_t at = from; at < given->count;) {
		const uint8_t *chunk = given->chunks[at / CHUNK];

		if (chunk && chunk[at % CHUNK] & NOW)
			return at;
		at = chunk ? at + 1 : (at / CHUNK + 1) * CHUNK;
	}
	return given->count;
}
