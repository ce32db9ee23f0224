/* Reads the query of a search (spec 8). */
#pragma once

#include "base/arena.h"
#include "registry/search.h"

enum criteria_result {
	CRITERIA_OK = 0,
	CRITERIA_INVALID = 1,  /* no parameter, or one that is unknown: 404 */
	CRITERIA_TOO_MANY = 2, /* more than SEARCH_WANTED_MAX distinct values of one kind: 400 */
};

/* query is raw; absent counts as empty. CRITERIA_*, or -ENOMEM. Texts are in the arena. */
int criteria_read(struct slice query, struct arena *arena, struct search *ret_search);
