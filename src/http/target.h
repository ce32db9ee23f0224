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

enum target_id {
	TARGET_ID_OK,
	TARGET_ID_EMPTY,
	TARGET_ID_BAD_ESCAPE, /* '%' without two hexadecimal digits behind it */
	TARGET_ID_NUL,
	TARGET_ID_NOT_UTF8,
};

/*
 * Step 4: decodes one id piece once ('+' is a space). A target_id, or -ENOMEM. *ret_id points into
 * piece if nothing was encoded, into the arena otherwise.
 */
int target_decode_id(struct slice piece, struct arena *arena, struct slice *ret_id);

/* Walks "a=b&c" (spec 3.3): start with *cursor = query. Names and values are decoded as form data;
 * bad escapes are kept as they are written. False at the end. Sets *ret_no_memory and ends. */
bool target_next_parameter(struct slice *cursor, struct arena *arena, struct slice *ret_name,
			   struct slice *ret_value, bool *ret_no_memory);
