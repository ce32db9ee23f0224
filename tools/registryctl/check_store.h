/* Whether everything in a store can be found by what leads to it, through the store's own verbs. */
#pragma once

#include "registryctl/progress.h"
#include "store/store.h"

struct check_store {
	struct store *store;
	struct progress *progress;
	/* Told of each fault: which entry, and what is wrong. */
	void (*fault)(void *ctx, struct entry_key key, const char *what);
	void *ctx;
	uint64_t entries[ENTRY_KIND_COUNT]; /* looked at */
	uint64_t faults;
};

/*
 * Looks at every entry. One that went away meanwhile, or changed, is no fault. 0; -EINTR if a
 * signal asked for an end; a store_result, or another negative errno, if the store cannot be read.
 * Blocks.
 */
int check_store(struct check_store *check);
