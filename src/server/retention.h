/*
 * Gives entries that went away before a retention was set (or shortened) their place in the time
 * index. Once at each start with a retention: one pass over everything, in slices. A slice in which
 * something failed is repeated, since nobody would look at those entries again before the next
 * start.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "registry/registry.h"

/* Embedded; belongs to the thread that works on it. */
struct retention {
	struct registry *registry; /* not owned */
	struct store *store;       /* not owned */
	struct slice cursor;       /* owned: where the slice at hand begins */
	uint64_t entries;          /* that have been given their place */
	bool over;
};

void retention_init(struct retention *retention, struct registry *registry, struct store *store);
void retention_deinit(struct retention *retention);

/* Does a slice. True if there is another one to do at once; false when it is over, or if something
 * failed: that slice is done again with the next call. Waits; for a thread that serves nobody. */
bool retention_work(struct retention *retention);
