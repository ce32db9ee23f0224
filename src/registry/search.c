/* Whether an entry has what a search asks for. */
#include "registry/search.h"

#include "model/text_list.h"

static bool has_all(struct text_list list, struct text_list wanted)
{
	struct slice cursor = wanted.packed;
	struct slice text;

	while (text_list_next(&cursor, &text)) {
		if (!text_list_contains(list, text))
			return false;
	}
	return true;
}

bool search_matches(const struct search *search, const struct entry *entry)
{
	for (int i = 0; i < LIST_COUNT; i++) {
		if (!has_all(entry->fields.list[i], search->wanted[i]))
			return false;
	}
	return true;
}
