/* Puts many hyperties into a store, faster than over HTTP: for tests only. */
#pragma once

#include "store/store.h"

struct filling {
	const char *prefix; /* of ids and users */
	uint64_t count;
	unsigned
		at_once; /* puts that wait for the store at one time, FILLING_AT_ONCE_MAX at most */
	/* Lifetime second in which all of them expire; 0: FILLING_EXPIRES_S after each was put. */
	int64_t due_s;
};

#define FILLING_AT_ONCE_MAX 4096
#define FILLING_EXPIRES_S 3600
/* How the program ends if the common second comes before all are there. */
#define FILLING_EXIT_LATE 3

/* Ids hyperty://x.org/PREFIX/00000000 and so on, ten of a user user://x.org/PREFIX00000000@x.org.
 * Blocks until all are there. What is refused is tried again; in the end it ends the program. */
void filling_run(struct store *store, const struct filling *filling);
