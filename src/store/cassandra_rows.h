/* The rows beside an entry: what leads to it, when it is due, and the news of it. Each call adds
 * statements to the round at hand, or to a batch. */
#pragma once

#include "store/cassandra_job.h"

/* Asks for the row of an entry; owner is of a hyperty. */
struct cass_ask *cass_entry_ask(struct cass_job *job, struct entry_key key, struct slice owner);
/* Asks to write it, with what cass_write_encode() gave. */
void cass_entry_write(struct cass_job *job, const struct cass_write *write);

/* A row in due. */
struct cass_due {
	int64_t due_s;
	int32_t kind; /* of entry; or CASS_DUE_CLAIM */
	struct slice id;
	struct slice owner; /* "" of a data object */
	struct cass_claim claim;
};

/* With its bucket's registration. */
void cass_due_add(struct cass_job *job, const struct cass_due *due, int64_t stamp);
/* Of one partition each batch. */
void cass_due_remove_from(struct cass_batch *batch, const struct cass_due *due, int64_t stamp);
void cass_due_register(struct cass_job *job, int32_t shard, int64_t bucket, int64_t stamp);

/* The name of a shard's queue in buckets, and of its lease. */
#define CASS_QUEUE_MAX 16
struct slice cass_due_queue(int32_t shard, char ret_name[static CASS_QUEUE_MAX]);
#define CASS_PENDING_QUEUE SLICE("pending")

/* The pending update that news names. */
void cass_pending_add(struct cass_job *job, int64_t news, const struct entry *entry, int64_t stamp);
/* Of one bucket each batch; the caller registers it. */
void cass_pending_add_to(struct cass_batch *batch, int64_t news, const struct entry *entry,
			 int64_t stamp);
void cass_pending_register(struct cass_job *job, int64_t bucket, int64_t stamp);
struct cass_ask *cass_pending_get(struct cass_job *job, int64_t news, const struct entry *entry);
/* Of what cass_pending_get() asked; false for NULL. Consumes the row. */
bool cass_pending_is_there(struct cass_job *job, struct cass_ask *ask);
/* The same, of news that nobody is to be told any more: it is counted as gone, unless it is leased
 * by another server, who counts it. True if its row is to be removed now: it is not leased. */
bool cass_pending_drop(struct store_cassandra *cassandra, struct cass_ask *ask, int64_t news,
		       struct entry_key key);
void cass_pending_remove(struct cass_job *job, int64_t news, const struct entry *entry,
			 int64_t stamp);
/* The key of a pending row, as statements want it behind a timestamp: bucket, news, kind, id,
 * owner.
 */
void cass_pending_key(struct cass_job *job, int64_t news, struct entry_key key, struct slice owner,
		      struct cql_value ret_values[5]);

/* Whether anything leads to entry that does not lead to old, which may be NULL. */
bool cass_index_differs(const struct entry *entry, const struct entry *old);
/* What leads to entry and not to old, which may be NULL. */
void cass_index_add(struct cass_job *job, const struct entry *entry, const struct entry *old,
		    int64_t stamp);
/* What led to old and does not lead to entry, which may be NULL; but the e-mail, which stays as
 * long as the user has entries. */
void cass_index_remove(struct cass_job *job, const struct entry *old, const struct entry *entry,
		       int64_t stamp);
