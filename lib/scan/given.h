/*
 * Ports that were given up: silent in spite of all tries, and how many these were. A byte for each,
 * but only where there are any. Pure, but for the memory.
 */
#ifndef SKT_SCAN_GIVEN_H
#define SKT_SCAN_GIVEN_H

#include <stdbool.h>
#include <stdint.h>

struct skt_given {
	uint8_t **chunks; /* NULL where none of its pairs was given up */
	uint64_t count;   /* pairs of the plan */
};

enum { SKT_GIVEN_TRIES_MAX = 127 };

int skt_given_init(struct skt_given *given, uint64_t count);
void skt_given_fini(struct skt_given *given);

/* The pair at INDEX is given up after TRIES, at most SKT_GIVEN_TRIES_MAX. -ENOMEM. */
int skt_given_set(struct skt_given *given, uint64_t index, unsigned int tries);

/* How often it was tried when it was last given up; 0: it never was. */
unsigned int skt_given_tries(const struct skt_given *given, uint64_t index);

/* All are asked again: none is given up now, though their tries stay known. */
void skt_given_clear(struct skt_given *given);

/* The first pair from FROM on that is given up now; COUNT: there is none. */
uint64_t skt_given_next(const struct skt_given *given, uint64_t from);

#endif
