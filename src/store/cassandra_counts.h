/*
 * How many entries and pending updates there are: each server has a row with what it added less
 * what it removed, and reads those of the others. No row is written by two servers at a time, but
 * for one that is nobody's: there, rows of servers that are gone are folded, under a lease.
 */
#pragma once

#include "store/cassandra_store.h"
#include "store/cassandra_waiter.h"

/* The keeper's. Zero-initialised is ready. */
struct cass_tally {
	struct cass_counts written; /* our row, as it is */
	int64_t written_s;          /* when it was written; 0: never */
	bool written_surely;        /* to as many copies as wanted */

	/* As last read. */
	struct cass_counts total; /* of all rows */
	size_t left;              /* servers that left in order, and are not folded yet */
	size_t lost;              /* servers that were not heard of for long */
};

/* Reads all rows, and writes ours if it changed, or is old. 0, or a negative errno with
 * waiter->reason. */
int cass_counts_exchange(struct cass_waiter *waiter, struct cass_tally *tally);
/* Our row stays as what we did; nobody will write it any more. */
void cass_counts_leave(struct cass_waiter *waiter, struct cass_tally *tally);

/* Whoever folds holds this lease. */
#define CASS_COUNTS_LEASE "counts"
#define CASS_COUNTS_LEASE_TTL_S 30
/*
 * Folds the rows of servers that left. With counted, which is what there is if all rows still sum
 * up to told: those of lost ones, too, and whatever they had not told is put right. 0; 1 if nothing
 * was done, since rows have changed, or may not be all; or a negative errno with waiter->reason.
 */
int cass_counts_fold(struct cass_waiter *waiter, const struct cass_counts *counted,
		     const struct cass_counts *told);

static inline bool cass_counts_same(const struct cass_counts *a, const struct cass_counts *b)
{
	return a->hyperties == b->hyperties && a->data_objects == b->data_objects &&
	       a->pending == b->pending;
}
