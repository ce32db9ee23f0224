/*
 * How many entries and pending updates there are: each server has a row with what it added less
 * what it removed, and reads those of the others. No row is written by two servers at a time.
 */
#pragma once

#include "store/cassandra_store.h"
#include "store/cassandra_waiter.h"

/* The keeper's. Zero-initialised is ready. */
struct cass_tally {
	struct cass_counts written; /* our row, as it is */
	int64_t written_s;          /* when it was written; 0: never */
	int64_t folded_ms;          /* real, this boot: when folding was last thought of */
};

/* Writes our row if it changed, or is old, and reads the others'. 0, or a negative errno with
 * waiter->reason. */
int cass_counts_exchange(struct cass_waiter *waiter, struct cass_tally *tally);
/* Our row stays as what we did; nobody will write it any more. */
void cass_counts_leave(struct cass_waiter *waiter, struct cass_tally *tally);
