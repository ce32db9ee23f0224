/* Where the sweep stands: shards, their leases, and how far each was looked at. One sweep runs at a
 * time, so its steps share this without a lock. */
#pragma once

#include "store/cassandra_lease.h"
#include "store/cassandra_rows.h"

/* The key of a row in due. */
struct cass_due_place {
	int64_t due_s;
	int32_t kind;
	struct slice id; /* owned */
	struct slice owner;
};

struct cass_shard {
	int32_t number;
	char queue[CASS_QUEUE_MAX];
	struct cass_lease lease;
	/* All that was due by then was looked at once; INT64_MIN: nothing yet. What comes later
	 * with an earlier second was written by a slow operation. */
	int64_t done_s;
	/* While there is more: behind which row the next sweep goes on. id absent: none. */
	struct cass_due_place place;
	int64_t closing; /* the bucket that was last looked at for closing */
};

struct cass_sweeper {
	struct store_cassandra *store;
	struct cass_shard shards[CASS_SHARDS];
};

/* The next sweep goes on behind that row. False when out of memory: it begins anew. */
bool cass_shard_set_place(struct cass_shard *shard, const struct cass_due *due);
void cass_shard_clear_place(struct cass_shard *shard);
