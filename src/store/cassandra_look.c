/*
 * Finds what is due, in the shards whose leases are ours.
 *
 * Deleted rows stay in Cassandra for a while and are read over each time. So a shard is read from
 * where the last sweep stood, less a little for slow operations, and a bucket is read once more
 * from its beginning when nobody adds to it any more: then it is closed.
 */
#include "store/cassandra_sweep.h"

/* What is added later than that behind the sweep's back is found when its bucket is closed. */
#define LOOK_BACK_S 20

static struct cass_sweep_job *sweep_of(struct cass_job *job)
{
	return (struct cass_sweep_job *)job;
}

/* ---- Rows, the earliest of all shards first ---- */

static bool next_row(struct cass_part *part, struct cass_look *look)
{
	struct cql_value values[6];

	if (!cass_ask_next(part->ask, values, 6))
		return false;
	look->head = (struct cass_due){
		.due_s = cass_bigint_of(values[0]),
		.kind = cass_int_of(values[1]),
		.id = cass_text_of(values[2]),
		.owner = cass_text_of(values[3]),
		.claim = cass_claim_of(values[4]),
	};
	look->head_written_us = cass_bigint_of(values[5]);
	return true;
}

static void advance(struct cass_look *look)
{
	look->head = (struct cass_due){0};
	/* Behind a part that is cut there may be rows that are earlier than the next part's. */
	while (look->at < look->count && !next_row(&look->parts[look->at], look) &&
	       !look->parts[look->at].cut)
		look->at++;
}

static struct cass_look *earliest(struct cass_sweep_job *self)
{
	struct cass_look *found = NULL;

	for (unsigned i = 0; i < self->look_count; i++) {
		struct cass_look *look = &self->looks[i];

		if (look->head.id.data && (!found || look->head.due_s < found->head.due_s))
			found = look;
	}
	return found;
}

static void hand_out(struct cass_sweep_job *self, struct cass_look *look)
{
	self->items[self->count++] = (struct cass_item){
		.due = look->head,
		.shard = look->shard->number,
		.written_us = look->head_written_us,
	};
	if (!look->closes || look->at > 0)
		look->last = look->head;
	advance(look);
}

static void note_part(struct cass_sweep_job *self, struct cass_part *part)
{
	size_t rows =
		part->ask && part->ask->request.rows ? cql_rows_count(part->ask->request.rows) : 0;

	part->empty = part->ask && part->ask->request.result == CQL_DONE && rows == 0;
	part->cut = rows > self->sweep->limit;
}

static void on_due(struct cass_job *job)
{
	struct cass_sweep_job *self = sweep_of(job);
	struct cass_look *look;

	if (atomic_load(&job->failed)) {
		cass_job_end(job, STORE_UNAVAILABLE);
		return;
	}
	self->items = arena_alloc(&job->arena, self->sweep->limit * sizeof(*self->items));
	if (!self->items) {
		cass_job_end(job, STORE_UNAVAILABLE);
		return;
	}
	for (unsigned i = 0; i < self->look_count; i++) {
		look = &self->looks[i];
		for (unsigned k = 0; k < look->count; k++)
			note_part(self, &look->parts[k]);
		advance(look);
	}
	while (self->count < self->sweep->limit && (look = earliest(self)))
		hand_out(self, look);
	cass_sweep_found(self);
}

/* ---- Buckets ---- */

static int64_t start_of(int64_t bucket)
{
	return bucket * CASS_DUE_BUCKET_S;
}

static int64_t end_of(int64_t bucket)
{
	return start_of(bucket + 1) - 1;
}

static void ask_part(struct cass_sweep_job *self, struct cass_look *look, int64_t bucket,
		     const struct cass_due_place *behind, bool optional)
{
	struct arena *arena = &self->job.arena;
	const struct cql_value values[] = {
		cass_int(arena, look->shard->number),
		cass_bigint(arena, bucket),
		cass_bigint(arena, behind->due_s),
		cass_int(arena, behind->kind),
		cass_text(behind->id),
		cass_text(behind->owner),
		cass_bigint(arena, self->now.lifetime_s),
	};
	struct cass_part *part = &look->parts[look->count++];

	part->bucket = bucket;
	part->ask = cass_ask_rows(&self->job, CASS_DUE_LIST, values, 7, self->sweep->limit + 1,
				  optional);
}

/* In front of all rows of a second. */
static struct cass_due_place place_at(int64_t due_s)
{
	return (struct cass_due_place){due_s, -1, SLICE(""), SLICE("")};
}

static void ask_bucket(struct cass_sweep_job *self, struct cass_look *look, int64_t bucket,
		       int64_t from_s)
{
	const struct cass_shard *shard = look->shard;
	struct cass_due_place start =
		place_at(start_of(bucket) > from_s ? start_of(bucket) : from_s);

	if (look->count == CASS_LOOK_BUCKETS + (look->closes ? 1u : 0u))
		look->more_buckets = true;
	else if (shard->place.id.data && cass_due_bucket(shard->place.due_s) == bucket)
		ask_part(self, look, bucket, &shard->place, false);
	else
		ask_part(self, look, bucket, &start, false);
}

/* One at a time, in turn. If it cannot be read (too many deleted rows), it is left as it is. */
static bool is_to_be_closed(const struct cass_sweep_job *self, const struct cass_look *look,
			    int64_t bucket, int64_t from_s)
{
	return end_of(bucket) < from_s &&
	       end_of(bucket) + CASS_BUCKET_CLOSES_S < self->now.lifetime_s &&
	       bucket > look->shard->closing;
}

static void ask_shard(struct cass_sweep_job *self, struct cass_look *look)
{
	struct cass_shard *shard = look->shard;
	int64_t from_s = shard->done_s == INT64_MIN ? INT64_MIN : shard->done_s - LOOK_BACK_S;
	struct cass_due_place beginning;
	struct cql_value value;

	if (shard->place.id.data)
		from_s = start_of(cass_due_bucket(shard->place.due_s));
	while (cass_ask_next(look->buckets, &value, 1)) {
		int64_t bucket = cass_bigint_of(value);

		if (end_of(bucket) >= from_s) {
			ask_bucket(self, look, bucket, from_s);
		} else if (!look->closes && is_to_be_closed(self, look, bucket, from_s)) {
			beginning = place_at(start_of(bucket));
			look->closes = true;
			ask_part(self, look, bucket, &beginning, true);
		}
	}
	if (!look->closes)
		shard->closing = INT64_MIN;
}

static void on_buckets(struct cass_job *job)
{
	struct cass_sweep_job *self = sweep_of(job);

	if (atomic_load(&job->failed)) {
		cass_job_end(job, STORE_UNAVAILABLE);
		return;
	}
	cass_round(job, "sweep.due", on_due);
	for (unsigned i = 0; i < self->look_count; i++)
		ask_shard(self, &self->looks[i]);
	cass_round_go(job);
}

static void ask_buckets(struct cass_sweep_job *self)
{
	cass_round(&self->job, "sweep.buckets", on_buckets);
	for (unsigned i = 0; i < self->look_count; i++) {
		struct cass_look *look = &self->looks[i];
		const struct cql_value values[] = {
			cass_text(look->shard->lease.name),
			cass_bigint(&self->job.arena, cass_due_bucket(self->now.lifetime_s)),
		};

		look->buckets = cass_ask(&self->job, CASS_BUCKETS_LIST, values, 2);
	}
	cass_round_go(&self->job);
}

/* ---- Leases ---- */

typedef bool lease_is(const struct cass_lease *lease);

static void look_at_ours(struct cass_sweep_job *self)
{
	for (int i = 0; i < CASS_SHARDS; i++) {
		struct cass_shard *shard = &self->sweeper->shards[i];

		if (cass_lease_is_held(&shard->lease))
			self->looks[self->look_count++].shard = shard;
	}
	if (self->look_count > 0)
		ask_buckets(self);
	else
		cass_job_end(&self->job, STORE_DONE);
}

static bool any_lease(struct cass_sweep_job *self, lease_is *is)
{
	bool any = false;

	for (int i = 0; i < CASS_SHARDS; i++)
		any = any || is(&self->sweeper->shards[i].lease);
	return any;
}

static void ask_for_leases(struct cass_sweep_job *self, lease_is *is, cass_step *next)
{
	if (!any_lease(self, is)) {
		look_at_ours(self);
		return;
	}
	cass_round(&self->job, "sweep.lease", next);
	for (int i = 0; i < CASS_SHARDS; i++) {
		if (is(&self->sweeper->shards[i].lease))
			cass_lease_ask(&self->job, &self->sweeper->shards[i].lease);
	}
	cass_round_go(&self->job);
}

static bool has_run_out(const struct cass_lease *lease)
{
	return lease->ran_out;
}

static void on_leases(struct cass_job *job)
{
	struct cass_sweep_job *self = sweep_of(job);

	for (int i = 0; i < CASS_SHARDS; i++) {
		struct cass_lease *lease = &self->sweeper->shards[i].lease;

		if (lease->ask)
			cass_lease_judge(job, lease);
	}
	/* No sweep for as long as a lease lasts: this one must not go by without a look. */
	ask_for_leases(self, has_run_out, on_leases);
}

void cass_look_begin(struct cass_sweep_job *self)
{
	ask_for_leases(self, cass_lease_wants, on_leases);
}

/* ---- The end ---- */

static void close_bucket(struct cass_sweep_job *self, struct cass_look *look)
{
	const struct cass_part *part = &look->parts[0];
	const struct cql_value values[] = {
		cass_bigint(&self->job.arena, cass_stamp(self->job.store, 0)),
		cass_text(look->shard->lease.name),
		cass_bigint(&self->job.arena, part->bucket),
	};

	if (part->empty)
		cass_ask(&self->job, CASS_BUCKET_REMOVE, values, 3);
	if (!part->cut)
		look->shard->closing = part->bucket;
}

static bool end_shard(struct cass_sweep_job *self, struct cass_look *look)
{
	struct cass_shard *shard = look->shard;

	if (look->closes)
		close_bucket(self, look);
	if (look->head.id.data || look->at < look->count) {
		if (look->last.id.data)
			cass_shard_set_place(shard, &look->last);
		return true;
	}
	cass_shard_clear_place(shard);
	shard->done_s = look->more_buckets ? end_of(look->parts[look->count - 1].bucket)
					   : self->now.lifetime_s;
	return look->more_buckets;
}

bool cass_look_end(struct cass_sweep_job *self)
{
	bool more = false;

	for (unsigned i = 0; i < self->look_count; i++)
		more = end_shard(self, &self->looks[i]) || more;
	return more;
}
