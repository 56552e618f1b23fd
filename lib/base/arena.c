#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 16 * 1024, ALIGN = _Alignof(max_align_t) };

struct skt_arena_block {
	struct skt_arena_block *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char bytes[];
};

void *skt_arena_alloc(struct skt_arena *arena, size_t size)
{
	struct skt_arena_block *block = arena->blocks;
	size_t rounded = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	void *out;

	if (rounded < size)
		return NULL;
	if (!block || block->size - block->used < rounded) {
		size_t capacity = rounded > BLOCK_SIZE / 4 ? rounded : BLOCK_SIZE;

		if (capacity > SIZE_MAX - sizeof(*block))
			return NULL;
		block = calloc(1, sizeof(*block) + capacity);
		if (!block)
			return NULL;
		block->size = capacity;
		block->next = arena->blocks;
		arena->blocks = block;
	}
	out = block->bytes + block->used;
	block->used += rounded;
	arena->used += rounded;
	return out;
}

char *skt_arena_text(struct skt_arena *arena, const char *text, size_t len)
{
	char *copy = len < SIZE_MAX ? skt_arena_alloc(arena, len + 1) : NULL;

	if (copy && len)
		memcpy(copy, text, len);
	return copy;
}

void skt_arena_fini(struct skt_arena *arena)
{
	struct skt_arena_block *block = arena->blocks;

	while (block) {
		struct skt_arena_block *next = block->next;

		free(block);
		block = next;
	}
	arena->blocks = NULL;
	arena->used = 0;
}
