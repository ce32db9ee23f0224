/* Splitting and decoding the raw request target (spec 3). Pure; slices point into the target. */
#pragma once

#include "base/arena.h"
#include "base/slice.h"

struct target {
	struct slice query; /* absent if there is none, or nothing but '&' in it */
	size_t piece_count; /* may exceed the room: then the surplus was counted only */
};

/* Steps 1 and 2 of spec 3.1: absolute form, '?', split at '/', trailing empty pieces dropped. */
struct target target_split(struct slice raw, struct slice *pieces, size_t room);

/*
 * Step 4: decodes one id piece once ('+' is a space). False if it is empty, has a bad escape, a NUL
 * or invalid UTF-8. *ret_id points into piece if nothing was encoded, into the arena otherwise.
 * When out of memory: false with *ret_no_memory set.
 */
bool target_decode_id(struct slice piece, struct arena *arena, struct slice *ret_id,
		      bool *ret_no_memory);

/* Walks "a=b&c" (spec 3.3): start with *cursor = query. Names and values are decoded as form data;
 * bad escapes are kept as they are written. False at the end. Sets *ret_no_memory and ends. */
bool target_next_parameter(struct slice *cursor, struct arena *arena, struct slice *ret_name,
			   struct slice *ret_value, bool *ret_no_memory);
