/* Fuzzes the request target: any bytes split, decode and walk without reading outside them. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "http/target.h"

#define ROOM 7

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_within(struct slice part, struct slice whole)
{
	assert(part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

static void check_id(struct slice piece, struct arena *arena)
{
	struct slice id;

	if (target_decode_id(piece, arena, &id) != TARGET_ID_OK)
		return;
	assert(id.len > 0 && id.len <= piece.len);
	assert(!memchr(id.data, '\0', id.len));
}

static void check_query(struct slice query, struct arena *arena)
{
	struct slice cursor = query;
	struct slice name, value;
	bool no_memory;
	size_t total = 0;

	while (target_next_parameter(&cursor, arena, &name, &value, &no_memory))
		total += name.len + value.len;
	assert(cursor.len == 0 && total <= query.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice raw = {(const char *)data, size};
	struct slice pieces[ROOM];
	struct target target = target_split(raw, pieces, ROOM);
	char first_block[512];
	struct arena arena;

	arena_init(&arena, first_block, sizeof(first_block));
	for (size_t i = 0; i < target.piece_count && i < ROOM; i++) {
		assert_within(pieces[i], raw);
		assert(pieces[i].len == 0 || !memchr(pieces[i].data, '/', pieces[i].len));
		check_id(pieces[i], &arena);
	}
	if (target.query.data) {
		assert_within(target.query, raw);
		check_query(target.query, &arena);
	}
	arena_deinit(&arena);
	return 0;
}
