/* Reads the query of a search. */
#include "api/criteria.h"

#include <errno.h>

#include "http/target.h"
#include "model/text_list.h"

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

static uint32_t append_items(struct buffer *packed, struct slice value)
{
	struct slice rest = without_trailing_commas(value);
	uint32_t count = 0;
	size_t start = 0;

	if (rest.len == 0 && value.len > 0)
		return 0; /* commas only */
	for (size_t end = 0; end <= rest.len; end++) {
		if (end < rest.len && rest.data[end] != ',')
			continue;
		text_list_append(packed, (struct slice){rest.data + start, end - start});
		count++;
		start = end + 1;
	}
	return count;
}

/* A parameter given again adds to what is wanted. */
static int collect(struct slice query, struct arena *arena, struct buffer *packed,
		   struct search *search)
{
	struct slice name, value;
	bool no_memory = false;
	bool any = false;

	while (target_next_parameter(&query, arena, &name, &value, &no_memory)) {
		int list = find_parameter(name);

		if (list == LIST_COUNT)
			return CRITERIA_INVALID;
		search->wanted[list].count += append_items(&packed[list], value);
		any = true;
	}
	if (no_memory)
		return -ENOMEM;
	return any ? CRITERIA_OK : CRITERIA_INVALID;
}

static int keep(struct arena *arena, const struct buffer *packed, struct text_list *list)
{
	if (packed->failed)
		return -ENOMEM;
	if (list->count == 0)
		return 0;
	list->packed = arena_copy(arena, (struct slice){packed->data, packed->len});
	return list->packed.data ? 0 : -ENOMEM;
}

int criteria_read(struct slice query, struct arena *arena, struct search *ret_search)
{
	struct buffer packed[LIST_COUNT] = {{0}};
	struct search search = {0};
	int r = collect(query, arena, packed, &search);

	for (int i = 0; i < LIST_COUNT; i++) {
		if (r == CRITERIA_OK)
			r = keep(arena, &packed[i], &search.wanted[i]);
		buffer_deinit(&packed[i]);
	}
	if (r == CRITERIA_OK)
		*ret_search = search;
	return r;
}
