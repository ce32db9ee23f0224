/* Memory that is freed all at once: what one request needs, for as long as it lives. */
#pragma once

#include "base/slice.h"

struct arena_block;

/* The first block is the owner's, so that most requests never reach malloc. Not thread-safe. */
struct arena {
	char *next;
	char *end;
	struct arena_block *blocks;
};

/* first may be NULL with a size of 0; it must outlive the arena. */
void arena_init(struct arena *arena, void *first, size_t first_size);
void arena_deinit(struct arena *arena);

/* Aligned for any type, not cleared. NULL when out of memory. */
void *arena_alloc(struct arena *arena, size_t size);
/* Copies and adds a NUL that the length does not count. data is NULL when out of memory. */
struct slice arena_copy(struct arena *arena, struct slice text);
