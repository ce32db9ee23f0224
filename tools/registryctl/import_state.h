/* How far an import is, in a file, so that the next one goes on there. */
#pragma once

#include "base/buffer.h"
#include "registryctl/tally.h"

struct import_state {
	int table;          /* enum original_table; those before it are done */
	struct buffer page; /* where in it; empty: at its start */
};

/*
 * What a file says; the counts, too. 0, *ret_state as at the beginning if there is no file; or a
 * negative errno with a sentence: -EINVAL if it is of another import, or no such file at all.
 * journey says from where to where, in one line.
 */
int import_state_load(const char *path, const char *journey, struct import_state *ret_state,
		      struct tally *tally, char *ret_reason, size_t reason_size);
/* Replaces the file. 0 or a negative errno with a sentence. */
int import_state_save(const char *path, const char *journey, int table, struct slice page,
		      const struct tally *tally, char *ret_reason, size_t reason_size);
/* The import is done: so is the file. */
void import_state_remove(const char *path);
