/*
 * A sweep, shared by its parts: cassandra_look.c finds rows of due, cassandra_sweep.c does what the
 * rule wants with the entries they lead to, cassandra_claim_sweep.c looks after claims.
 */
#pragma once

#include "store/cassandra_claims.h"
#include "store/cassandra_sweeper.h"

/* As many buckets of a shard are read at once, and one that may be closed. */
#define CASS_LOOK_BUCKETS 4

/* A bucket that is read. */
struct cass_part {
	int64_t bucket;
	struct cass_ask *ask;
	bool empty; /* no row in it, from its beginning */
	bool cut;   /* there are more rows than were read */
};

/* What was found in a shard. */
struct cass_look {
	struct cass_shard *shard;
	struct cass_ask *buckets;
	struct cass_part parts[CASS_LOOK_BUCKETS + 1]; /* the first may be one to be closed */
	unsigned count;
	unsigned at;
	bool closes; /* the first part is one that may be closed */
	bool more_buckets;
	struct cass_due head; /* the earliest row that was not handed out; id absent: none */
	int64_t head_written_us;
	struct cass_due last; /* that was handed out, of a part that is not to be closed */
};

enum cass_item_deed {
	ITEM_LEAVE, /* its row may belong to an operation that is on its way */
	ITEM_DROP,  /* only its row goes */
	ITEM_WRITE,
	ITEM_REMOVE,
	ITEM_CLAIM, /* a claim is to be looked at */
};

/* A row of due, and what is done about it. */
struct cass_item {
	struct cass_due due;
	int32_t shard;
	int64_t written_us;
	enum cass_item_deed deed;
	struct cass_ask *entry;
	struct cass_ask *pending;
	struct cass_ask *freed; /* the claim of what is removed */
	struct cass_row old;
	struct change wanted;
	int64_t stamp;
	int64_t news;
	int64_t due_s; /* where its next row is; 0: it has none */
	bool adds_news;
	bool adds_due;
	bool looks_everywhere; /* a data object that is not there, as far as a quorum knows */
};

struct cass_sweep_job {
	struct cass_job job; /* first */
	struct store_sweep *sweep;
	struct cass_sweeper *sweeper;
	struct moment now;
	struct cass_look looks[CASS_SHARDS];
	unsigned look_count;
	struct cass_item *items;
	uint32_t count;
	uint32_t chunk; /* items from here to chunk_end are in work */
	uint32_t chunk_end;
	_Atomic unsigned claims; /* ids whose claims are in work, and 1 while they are begun */
};

/* Finds at most sweep->limit rows, the earliest first, in rounds; then calls on_found(), unless the
 * sweep is over. */
void cass_look_begin(struct cass_sweep_job *self);
void cass_sweep_found(struct cass_sweep_job *self);
/* All items were dealt with: notes how far each shard is done, closes buckets in the job's round.
 * Whether there is more to do already. */
bool cass_look_end(struct cass_sweep_job *self);

/* Looks at the item's claim, as a job of its own that ends with cass_sweep_claim_over(), perhaps at
 * once. False if there can be no job; then it is not called. */
bool cass_claim_sweep(struct cass_sweep_job *sweep, const struct cass_item *item);
void cass_sweep_claim_over(struct cass_sweep_job *self, const struct cass_item *item, bool failed);
