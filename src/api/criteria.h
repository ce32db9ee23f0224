/* Reads the query of a search (spec 8). */
#pragma once

#include "base/arena.h"
#include "registry/search.h"

enum criteria_result {
	CRITERIA_OK = 0,
	CRITERIA_NONE = 1,     /* no parameter: 404 */
	CRITERIA_UNKNOWN = 2,  /* one that is neither: 404 */
	CRITERIA_TOO_MANY = 3, /* more than SEARCH_WANTED_MAX distinct values of one kind: 400 */
};

/* query is raw; absent counts as empty. CRITERIA_*, or -ENOMEM. Texts are in the arena. */
int criteria_read(struct slice query, struct arena *arena, struct search *ret_search);
