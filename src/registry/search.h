/* What a search asks for, and whether an entry has it (spec 8). Pure. */
#pragma once

#include "model/entry.h"

/* A bit for each: what one entry costs is its lists, once, however much is asked for. */
#define SEARCH_WANTED_MAX 64

/* Distinct texts, in the order of search_sort(). */
struct wanted {
	const struct slice *texts;
	uint32_t count; /* at most SEARCH_WANTED_MAX */
};

/* An entry matches if it has every wanted text of both lists. */
struct search {
	struct wanted wanted[LIST_COUNT];
};

/* Sorts in place, the distinct ones first; returns how many these are. */
size_t search_sort(struct slice *texts, size_t count);

bool search_matches(const struct search *search, const struct entry *entry);
