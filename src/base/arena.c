/* Hands out memory from blocks, and frees them all at once. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#define BLOCK_SIZE 8192

struct arena_block {
	struct arena_block *previous;
	alignas(max_align_t) char data[];
};

void arena_init(struct arena *arena, void *first, size_t first_size)
{
	*arena = (struct arena){.next = first, .end = first ? (char *)first + first_size : NULL};
}

void arena_deinit(struct arena *arena)
{
	struct arena_block *block = arena->blocks;

	while (block) {
		struct arena_block *previous = block->previous;

		free(block);
		block = previous;
	}
	*arena = (struct arena){0};
}

static bool grow(struct arena *arena, size_t size)
{
	size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
	struct arena_block *block;

	if (room > SIZE_MAX - sizeof(*block))
		return false;
	block = malloc(sizeof(*block) + room);
	if (!block)
		return false;
	block->previous = arena->blocks;
	arena->blocks = block;
	arena->next = block->data;
	arena->end = block->data + room;
	return true;
}

static size_t padding_of(const char *at)
{
	return -(uintptr_t)at & (alignof(max_align_t) - 1);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t padding = padding_of(arena->next);
	size_t room = (size_t)(arena->end - arena->next);
	char *at;

	if (room < padding || room - padding < size) {
		if (!grow(arena, size))
			return NULL;
		padding = 0;
	}
	at = arena->next + padding;
	arena->next = at + size;
	return at;
}

struct slice arena_copy(struct arena *arena, struct slice text)
{
	char *copy = text.len < SIZE_MAX ? arena_alloc(arena, text.len + 1) : NULL;

	if (!copy)
		return SLICE_NONE;
	if (text.len > 0)
		memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	return (struct slice){copy, text.len};
}
