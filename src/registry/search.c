/* Whether an entry has what a search asks for. */
#include "registry/search.h"

#include <stdlib.h>

#include "model/text_list.h"

/* Any order will do: the length is compared first, since it mostly decides. */
static int compare(const void *one, const void *other)
{
	const struct slice *a = one;
	const struct slice *b = other;

	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return a->len == 0 ? 0 : memcmp(a->data, b->data, a->len);
}

size_t search_sort(struct slice *texts, size_t count)
{
	size_t distinct = 0;

	if (count == 0)
		return 0;
	qsort(texts, count, sizeof(*texts), compare);
	for (size_t i = 1; i < count; i++) {
		if (!slice_equal(texts[i], texts[distinct]))
			texts[++distinct] = texts[i];
	}
	return distinct + 1;
}

/* The bit of a text that is wanted, or 0. */
static uint64_t bit_of(const struct wanted *wanted, struct slice text)
{
	const struct slice *found =
		bsearch(&text, wanted->texts, wanted->count, sizeof(text), compare);

	return found ? UINT64_C(1) << (found - wanted->texts) : 0;
}

static bool has_all(struct text_list list, const struct wanted *wanted)
{
	uint64_t missing =
		wanted->count > 0 ? UINT64_MAX >> (SEARCH_WANTED_MAX - wanted->count) : 0;
	struct slice cursor = list.packed;
	struct slice text;

	if (list.count < wanted->count)
		return false;
	while (missing && text_list_next(&cursor, &text))
		missing &= ~bit_of(wanted, text);
	return !missing;
}

bool search_matches(const struct search *search, const struct entry *entry)
{
	for (int i = 0; i < LIST_COUNT; i++) {
		if (!has_all(entry->fields.list[i], &search->wanted[i]))
			return false;
	}
	return true;
}
