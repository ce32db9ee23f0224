/* Lists of strings in one piece of memory, so that a stored list is read where it lies. */
#pragma once

#include "base/buffer.h"
#include "model/entry.h"

/* Appends one string to a packed list that is being built in out. */
void text_list_append(struct buffer *out, struct slice text);

/* Walks: start with *cursor = list.packed, go on while it returns true. */
bool text_list_next(struct slice *cursor, struct slice *ret_text);
