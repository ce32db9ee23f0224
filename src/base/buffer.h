/* Bytes that grow at the end. A failed growth is remembered, so that writers check once, at the
 * end. */
#pragma once

#include <stdint.h>

#include "base/slice.h"

struct buffer {
	char *data;
	size_t len;
	size_t capacity;
	bool failed; /* out of memory: the contents are incomplete, further appends do nothing */
};

void buffer_deinit(struct buffer *buffer);
/* Empties it and forgets a failure; keeps the memory. */
void buffer_clear(struct buffer *buffer);

/* Room for at least more bytes at data + len. False, and failed set, when out of memory. */
bool buffer_reserve(struct buffer *buffer, size_t more);
void buffer_append(struct buffer *buffer, const void *data, size_t len);
void buffer_append_slice(struct buffer *buffer, struct slice text);
void buffer_append_byte(struct buffer *buffer, char byte);
void buffer_append_uint(struct buffer *buffer, uint64_t value);
