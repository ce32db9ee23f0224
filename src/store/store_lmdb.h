/*
 * The embedded durable store: one LMDB file, one writer thread, group commit.
 *
 * Reads run on the calling thread, in a snapshot, where the records lie. Changes are queued; the
 * writer applies all that are waiting in one transaction and completes them when it is synced.
 * A write that fails (disk full, map size reached, I/O error) completes its whole batch as
 * STORE_UNAVAILABLE; reads go on, and the next batch tries again.
 */
#pragma once

#include "store/store.h"

struct store_lmdb_options {
	const char *data_dir; /* made if missing; one server at a time */
	size_t map_bytes;     /* the largest that the file can grow */
};

/* As store_open(). An existing file that is not sound, or of another release, is never touched. */
int store_lmdb_new(const struct store_lmdb_options *options, struct clock *clock,
		   struct counters *counters, struct store **ret_store, char *ret_reason,
		   size_t reason_size);
