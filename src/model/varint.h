/* Whole numbers in as few bytes as they need: seven bits a byte, the lowest first (LEB128). */
#pragma once

#include <stdint.h>

#include "base/buffer.h"

#define VARINT_MAX 10 /* bytes */

void varint_append(struct buffer *out, uint64_t value);

/* Takes one off the front of *cursor. False, and nothing taken, if it is cut short or too large. */
bool varint_take(struct slice *cursor, uint64_t *ret_value);

/* A text behind its length. */
void varint_append_text(struct buffer *out, struct slice text);
bool varint_take_text(struct slice *cursor, struct slice *ret_text);
