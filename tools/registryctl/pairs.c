/* Pairs of texts, sorted. */
#include "registryctl/pairs.h"

#include <errno.h>
#include <stdlib.h>

static struct slice key_of(const struct pairs *pairs, const struct pair *pair)
{
	return (struct slice){pairs->texts.data + pair->key_at, pair->key_len};
}

static struct slice value_of(const struct pairs *pairs, const struct pair *pair)
{
	return (struct slice){pairs->texts.data + pair->value_at, pair->value_len};
}

static int compare(struct slice a, struct slice b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.data, b.data, len) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static bool make_room(struct pairs *pairs)
{
	size_t capacity = pairs->capacity ? 2 * pairs->capacity : 64;
	struct pair *rows;

	if (pairs->count < pairs->capacity)
		return true;
	rows = reallocarray(pairs->rows, capacity, sizeof(*rows));
	if (!rows)
		return false;
	pairs->rows = rows;
	pairs->capacity = capacity;
	return true;
}

int pairs_add(struct pairs *pairs, struct slice key, struct slice value)
{
	size_t at = pairs->texts.len;

	if (!make_room(pairs))
		return -ENOMEM;
	buffer_append_slice(&pairs->texts, key);
	buffer_append_slice(&pairs->texts, value);
	if (pairs->texts.failed)
		return -ENOMEM;
	pairs->rows[pairs->count++] = (struct pair){at, key.len, at + key.len, value.len};
	return 0;
}

static int compare_rows(const void *a, const void *b, void *ctx)
{
	const struct pairs *pairs = ctx;
	int order = compare(key_of(pairs, a), key_of(pairs, b));

	return order ? order : compare(value_of(pairs, a), value_of(pairs, b));
}

void pairs_sort(struct pairs *pairs)
{
	if (pairs->count > 1)
		qsort_r(pairs->rows, pairs->count, sizeof(*pairs->rows), compare_rows, pairs);
}

size_t pairs_find(const struct pairs *pairs, struct slice key)
{
	size_t from = 0;
	size_t to = pairs->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (compare(key_of(pairs, &pairs->rows[middle]), key) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from < pairs->count && pairs_value(pairs, from, key).data ? from : pairs->count;
}

struct slice pairs_value(const struct pairs *pairs, size_t row, struct slice key)
{
	if (row >= pairs->count || compare(key_of(pairs, &pairs->rows[row]), key) != 0)
		return SLICE_NONE;
	return value_of(pairs, &pairs->rows[row]);
}

void pairs_deinit(struct pairs *pairs)
{
	free(pairs->rows);
	buffer_deinit(&pairs->texts);
	*pairs = (struct pairs){0};
}
