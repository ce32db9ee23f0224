/* Pairs of texts, found by the first: collected, then looked at. In memory, one block. */
#pragma once

#include "base/buffer.h"

struct pair {
	size_t key_at; /* in texts */
	size_t key_len;
	size_t value_at;
	size_t value_len;
};

/* Zero-initialised is empty. */
struct pairs {
	struct buffer texts;
	struct pair *rows;
	size_t count;
	size_t capacity;
};

/* 0 or -ENOMEM. */
int pairs_add(struct pairs *pairs, struct slice key, struct slice value);
/* After the last one; equal keys stand together, in the order of their values. */
void pairs_sort(struct pairs *pairs);
/* The first of those with the key; pairs->count if there is none. */
size_t pairs_find(const struct pairs *pairs, struct slice key);
/* The value of the row if it has the key, else absent: go on to the next while there are. */
struct slice pairs_value(const struct pairs *pairs, size_t row, struct slice key);
void pairs_deinit(struct pairs *pairs);
