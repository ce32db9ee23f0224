/* A run of bytes that somebody else owns. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* data is NULL for "absent"; an empty text has data and a length of 0. Not NUL-terminated. */
struct slice {
	const char *data;
	size_t len;
};

#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})
#define SLICE_NONE ((struct slice){NULL, 0})

static inline struct slice slice_of(const char *text)
{
	return (struct slice){text, text ? strlen(text) : 0};
}

/* Same bytes; nobody asks whether absent is the same as empty. */
static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Where the byte is first; text.len: nowhere. */
static inline size_t slice_find(struct slice text, char wanted)
{
	const char *at = text.len > 0 ? memchr(text.data, wanted, text.len) : NULL;

	return at ? (size_t)(at - text.data) : text.len;
}

/* Both absent, or both there with the same bytes. */
static inline bool slice_same(struct slice a, struct slice b)
{
	return a.data && b.data ? slice_equal(a, b) : a.data == b.data;
}
