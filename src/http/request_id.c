/* Takes or makes the id of a request. */
#include "http/request_id.h"

#include <stdio.h>
#include <string.h>

#include <sodium/randombytes.h>

#define GIVEN_MAX_BYTES 128
#define MADE_BYTES 32

void request_ids_init(struct request_ids *ids)
{
	randombytes_buf(&ids->server, sizeof(ids->server));
	atomic_init(&ids->next, 1);
}

static bool is_sound_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || (byte != '\0' && strchr("-._~:/+=@", byte));
}

bool request_id_is_sound(struct slice id)
{
	if (id.len == 0 || id.len > GIVEN_MAX_BYTES)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		if (!is_sound_byte(id.data[i]))
			return false;
	}
	return true;
}

static void write_hex(char *into, uint64_t number)
{
	for (int i = 0; i < 16; i++)
		into[i] = "0123456789abcdef"[number >> (60 - 4 * i) & 0xf];
}

struct slice request_id_choose(struct request_ids *ids, struct slice given, struct arena *arena)
{
	char made[MADE_BYTES];
	struct slice id = {made, sizeof(made)};
	char *copy;

	if (request_id_is_sound(given)) {
		id = given;
	} else {
		write_hex(made, ids->server);
		write_hex(made + 16,
			  atomic_fetch_add_explicit(&ids->next, 1, memory_order_relaxed));
	}
	copy = arena_alloc(arena, id.len + 1);
	if (!copy)
		return SLICE_NONE;
	memcpy(copy, id.data, id.len);
	copy[id.len] = '\0';
	return (struct slice){copy, id.len};
}
