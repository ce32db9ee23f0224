/* What a search asks for, and whether an entry has it (spec 8). Pure. */
#pragma once

#include "model/entry.h"

/* Wanted values; an entry matches if it has every one of both. */
struct search {
	struct text_list wanted[LIST_COUNT];
};

bool search_matches(const struct search *search, const struct entry *entry);
