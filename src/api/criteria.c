/* Reads the query of a search. */
#include "api/criteria.h"

#include <errno.h>

#include "base/buffer.h"
#include "http/target.h"

static const struct slice parameter_names[LIST_COUNT] = {
	[LIST_RESOURCES] = {"resources", sizeof("resources") - 1},
	[LIST_DATA_SCHEMES] = {"dataSchemes", sizeof("dataSchemes") - 1},
};

/* LIST_COUNT if there is no such parameter. */
static int find_parameter(struct slice name)
{
	int list = 0;

	while (list < LIST_COUNT && !slice_equal(name, parameter_names[list]))
		list++;
	return list;
}

/* Without the empty items at its end; an empty value is one empty item (spec 8). */
static struct slice without_trailing_commas(struct slice value)
{
	while (value.len > 0 && value.data[value.len - 1] == ',')
		value.len--;
	return value;
}

/* items are slices, one after another. */
static void append_items(struct buffer *items, struct slice value)
{
	struct slice rest = without_trailing_commas(value);
	size_t start = 0;

	if (rest.len == 0 && value.len > 0)
		return; /* commas only */
	for (size_t end = 0; end <= rest.len; end++) {
		if (end < rest.len && rest.data[end] != ',')
			continue;
		buffer_append(items, &(struct slice){rest.data + start, end - start},
			      sizeof(struct slice));
		start = end + 1;
	}
}

/* A parameter given again adds to what is wanted. */
static int collect(struct slice query, struct arena *arena, struct buffer *items)
{
	struct slice name, value;
	bool no_memory = false;
	bool any = false;

	while (target_next_parameter(&query, arena, &name, &value, &no_memory)) {
		int list = find_parameter(name);

		if (list == LIST_COUNT)
			return CRITERIA_UNKNOWN;
		append_items(&items[list], value);
		any = true;
	}
	if (no_memory)
		return -ENOMEM;
	return any ? CRITERIA_OK : CRITERIA_NONE;
}

static int keep(struct arena *arena, const struct buffer *items, struct wanted *wanted)
{
	struct slice *texts = (void *)items->data;
	size_t count;

	if (items->failed)
		return -ENOMEM;
	count = search_sort(texts, items->len / sizeof(*texts));
	if (count > SEARCH_WANTED_MAX)
		return CRITERIA_TOO_MANY;
	if (count == 0)
		return CRITERIA_OK;
	wanted->texts =
		(void *)arena_copy(arena, (struct slice){items->data, count * sizeof(*texts)}).data;
	wanted->count = (uint32_t)count;
	return wanted->texts ? CRITERIA_OK : -ENOMEM;
}

int criteria_read(struct slice query, struct arena *arena, struct search *ret_search)
{
	struct buffer items[LIST_COUNT] = {{0}};
	struct search search = {0};
	int r = collect(query, arena, items);

	for (int i = 0; i < LIST_COUNT; i++) {
		if (r == CRITERIA_OK)
			r = keep(arena, &items[i], &search.wanted[i]);
		buffer_deinit(&items[i]);
	}
	if (r == CRITERIA_OK)
		*ret_search = search;
	return r;
}
