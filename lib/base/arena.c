#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 16 * 1024, ALIGN = _Alignof(max_align_t) };

struct skt_arena_block {
	struct skt_arena_block *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char bytes[];
};

/* What is large gets a block of its own, behind the first, whose room is then still used. */
static struct skt_arena_block *add_block(struct skt_arena *arena, size_t size)
{
	bool own = size > BLOCK_SIZE / 4;
	size_t capacity = own ? size : BLOCK_SIZE;
	struct skt_arena_block *block;

	if (capacity > SIZE_MAX - sizeof(*block))
		return NULL;
	block = calloc(1, sizeof(*block) + capacity);
	if (!block)
		return NULL;
	block->size = capacity;
	if (own && arena->blocks) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		block->next = arena->blocks;
		arena->blocks = block;
	}
	return block;
}

void *skt_arena_alloc(struct skt_arena *arena, size_t size)
{
	struct skt_arena_block *block = arena->blocks;
	size_t rounded = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	void *out;

	if (rounded < size)
		return NULL;
	if (!block || block->size - block->used < rounded) {
		block = add_block(arena, rounded);
		if (!block)
			return NULL;
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
	while (arena->blocks) {
		struct skt_arena_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
	arena->used = 0;
}
