/*
 * Memory that lives as long as a run: allocated in pieces, freed at once. Zero-initialised is
 * empty.
 */
#ifndef SKT_BASE_ARENA_H
#define SKT_BASE_ARENA_H

#include <stddef.h>

struct skt_arena {
	struct skt_arena_block *blocks;
	size_t used; /* bytes handed out, for accounting */
};

/* SIZE zeroed bytes, aligned for any type; NULL when memory is out. Owned by the arena. */
void *skt_arena_alloc(struct skt_arena *arena, size_t size);

/* A NUL-terminated copy of the LEN bytes at TEXT; NULL when memory is out. */
char *skt_arena_text(struct skt_arena *arena, const char *text, size_t len);

/* Frees everything; the arena is empty and usable again. */
void skt_arena_fini(struct skt_arena *arena);

#endif
