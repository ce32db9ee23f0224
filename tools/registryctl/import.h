/*
 * The import: every entry of the original, into a store that has none under its id.
 *
 * What is written once is not written again, so it may be ended at any moment and started anew.
 */
#pragma once

#include "registryctl/original.h"
#include "registryctl/tally.h"
#include "store/store.h"

struct import_options {
	int64_t expires_max_s;
	int64_t retention_s;
	const char *state_path; /* where to note how far it is, and to go on from; NULL: nowhere */
	const char *journey;    /* from where to where, in one line, so that no other import goes on
				   from there */
};

/* 0; or a negative errno with a sentence; -EINTR if a signal ended it. Counts in tally. Blocks. */
int import_run(struct original *original, struct store *store, const struct import_options *options,
	       struct tally *tally, char *ret_reason, size_t reason_size);
