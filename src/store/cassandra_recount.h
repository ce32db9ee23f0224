/*
 * Counts what there is, slowly, when a server was lost that may not have told all that it did. It
 * holds if nothing was added or removed meanwhile; otherwise it is begun again later, and later
 * still.
 */
#pragma once

#include "store/cassandra_counts.h"

enum cass_recount_phase {
	CASS_RECOUNT_IDLE,
	CASS_RECOUNT_SCANNING,
	CASS_RECOUNT_SETTLING, /* the others tell within this time what they did meanwhile */
};

/* The keeper's. */
struct cass_recount {
	struct store_scan scan; /* a page at a time */
	_Atomic bool page_over;
	char *cursor; /* owned */
	enum cass_recount_phase phase;
	struct cass_counts before; /* what all had told when it began */
	struct cass_counts counted;
	int64_t phase_ms;    /* real, this boot: when this phase began, */
	int64_t lease_ms;    /* the lease was last taken, */
	int64_t next_ms;     /* and it is worth trying again */
	int64_t interval_ms; /* how long it is put off the next time */
};

void cass_recount_init(struct cass_recount *recount);
void cass_recount_deinit(struct cass_recount *recount);
/* Goes on by a page, if there is something to do. After each exchange of counts, with now_ms of
 * this boot. Folds what needs no counting, too. */
void cass_recount_tick(struct cass_recount *recount, struct cass_waiter *waiter,
		       const struct cass_tally *tally, int64_t now_ms);
