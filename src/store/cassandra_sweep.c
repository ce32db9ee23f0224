/*
 * The sweep: what is due is read, judged by the rule, written, and only then struck off. Every step
 * may be repeated, so a server may stop anywhere.
 *
 * A row of due only says that an entry is worth a look at that moment; the entry says the rest. So
 * one that is left over does no harm, and one is added again wherever it might be missing.
 */
#include "store/cassandra_sweep.h"

#include "store/cassandra_remove.h"

/* Entries that are in work at once. */
#define CHUNK 256
/* Claims: each is asked of every copy, and by lightweight transactions. */
#define CLAIMS_CHUNK 16

static struct cass_sweep_job *sweep_of(struct cass_job *job)
{
	return (struct cass_sweep_job *)job;
}

static void begin_chunk(struct cass_sweep_job *self);

static bool has_failed(struct cass_sweep_job *self)
{
	if (!atomic_load(&self->job.failed))
		return false;
	cass_job_end(&self->job, STORE_UNAVAILABLE);
	return true;
}

/* Something may have been written. */
static bool has_failed_midway(struct cass_sweep_job *self)
{
	if (atomic_load(&self->job.failed))
		cass_note_doubt(self->job.store);
	return has_failed(self);
}

/* Of the chunk that is in work. */
#define EACH_ITEM(self)                                                                            \
	struct cass_item *item = (self)->items + (self)->chunk;                                    \
	item < (self)->items + (self)->chunk_end;                                                  \
	item++

/* ---- The end ---- */

static void on_closed(struct cass_job *job)
{
	struct cass_sweep_job *self = sweep_of(job);

	if (!has_failed(self))
		cass_job_end(job, STORE_DONE);
}

static void end_sweep(struct cass_sweep_job *self)
{
	cass_round(&self->job, "sweep.close", on_closed);
	self->sweep->ret_more = cass_look_end(self);
	cass_round_go(&self->job);
}

/* ---- Claims ---- */

static void end_chunk(struct cass_sweep_job *self)
{
	self->chunk = self->chunk_end;
	begin_chunk(self);
}

/* The first item of that id in the chunk, or the first one behind another. NULL: there is none. */
static const struct cass_item *next_of_id(const struct cass_sweep_job *self, struct slice id,
					  const struct cass_item *behind)
{
	for (EACH_ITEM(self)) {
		if ((!behind || item > behind) && slice_equal(item->due.id, id))
			return item;
	}
	return NULL;
}

static void begin_claim(struct cass_sweep_job *self, const struct cass_item *item)
{
	if (!cass_claim_sweep(self, item))
		cass_sweep_claim_over(self, item, true);
}

static void one_claim_is_over(struct cass_sweep_job *self)
{
	if (atomic_fetch_sub(&self->claims, 1) == 1 && !has_failed(self))
		end_chunk(self);
}

void cass_sweep_claim_over(struct cass_sweep_job *self, const struct cass_item *item, bool failed)
{
	const struct cass_item *next = failed ? NULL : next_of_id(self, item->due.id, item);

	if (failed)
		atomic_store(&self->job.failed, true);
	if (next)
		begin_claim(self, next);
	else
		one_claim_is_over(self);
}

/* Those of one id one after the other, all others at once. */
static void begin_claims(struct cass_sweep_job *self)
{
	while (self->chunk_end < self->count && self->chunk_end - self->chunk < CLAIMS_CHUNK &&
	       cass_due_is_claim(self->items[self->chunk_end].due.kind))
		self->chunk_end++;
	atomic_store(&self->claims, 1);
	for (EACH_ITEM(self)) {
		if (next_of_id(self, item->due.id, NULL) == item) {
			atomic_fetch_add(&self->claims, 1);
			begin_claim(self, item);
		}
	}
	one_claim_is_over(self);
}

/* ---- Struck off ---- */

static bool is_removed_hyperty(const struct cass_item *item)
{
	return item->deed == ITEM_REMOVE && item->due.kind == ENTRY_HYPERTY;
}

static bool is_first_removed_of_user(const struct cass_sweep_job *self,
				     const struct cass_item *item)
{
	if (!is_removed_hyperty(item))
		return false;
	for (const struct cass_item *other = self->items + self->chunk; other < item; other++) {
		if (is_removed_hyperty(other) && slice_equal(other->due.owner, item->due.owner))
			return false;
	}
	return true;
}

static void on_cleared(struct cass_job *job)
{
	struct cass_sweep_job *self = sweep_of(job);

	if (has_failed_midway(self))
		return;
	for (EACH_ITEM(self)) {
		if (is_first_removed_of_user(self, item))
			cass_remove_user(job->store, item->old.entry.owner, item->old.stamp);
	}
	end_chunk(self);
}

/* The claim could not be freed: the next sweep finds that its entry is gone. */
static bool keeps_row(const struct cass_item *item)
{
	return item->freed && item->freed->request.result != CQL_DONE;
}

static void strike_off(struct cass_sweep_job *self, int32_t shard)
{
	struct cass_batch batch;
	int64_t bucket = 0;

	cass_batch_init(&batch, &self->job);
	for (EACH_ITEM(self)) {
		if (item->shard != shard || item->deed == ITEM_LEAVE || keeps_row(item))
			continue;
		if (cass_due_bucket(item->due.due_s) != bucket)
			cass_batch_send(&batch);
		bucket = cass_due_bucket(item->due.due_s);
		cass_due_remove_from(&batch, &item->due, item->stamp);
	}
	cass_batch_send(&batch);
}

static void clear_removed(struct cass_sweep_job *self, struct cass_item *item)
{
	struct store_cassandra *cassandra = self->job.store;

	cass_count_entry(cassandra, item->old.entry.key.kind, -1);
	/* Others may be at the same, if nobody could be asked. */
	if (atomic_load(&self->job.for_one) || cass_is_degraded(cassandra, 0))
		cass_note_doubt(cassandra);
	if (cass_pending_drop(cassandra, item->pending, item->old.news, item->old.entry.key))
		cass_pending_remove(&self->job, item->old.news, &item->old.entry, item->stamp);
	item->freed = cass_remove_rest(&self->job, &item->old, item->stamp);
}

static void note_written(struct cass_sweep_job *self)
{
	for (EACH_ITEM(self)) {
		self->sweep->ret_removed += item->deed == ITEM_REMOVE;
		if (!item->adds_news)
			continue;
		self->sweep->ret_news++;
		atomic_fetch_add(&self->job.store->own_pending, 1);
	}
}

static void strike_all_off(struct cass_sweep_job *self)
{
	cass_round(&self->job, "sweep.clear", on_cleared);
	for (int32_t shard = 0; shard < CASS_SHARDS; shard++)
		strike_off(self, shard);
	cass_round_go(&self->job);
}

static void on_rest_removed(struct cass_job *job)
{
	struct cass_sweep_job *self = sweep_of(job);

	if (!has_failed_midway(self))
		strike_all_off(self);
}

static void on_written(struct cass_job *job)
{
	struct cass_sweep_job *self = sweep_of(job);
	uint32_t removed = self->sweep->ret_removed;

	if (has_failed_midway(self))
		return;
	note_written(self);
	if (self->sweep->ret_removed == removed) {
		strike_all_off(self);
		return;
	}
	cass_round(job, "sweep.remove_rest", on_rest_removed);
	for (EACH_ITEM(self)) {
		if (item->deed == ITEM_REMOVE)
			clear_removed(self, item);
	}
	cass_round_go(job);
}

/* ---- Written ---- */

static void write_item(struct cass_sweep_job *self, struct cass_item *item)
{
	const struct cass_write write = {
		.old = &item->old,
		.change = &item->wanted,
		.claim = item->old.claim,
		.stamp = item->stamp,
		.news = item->news,
		.due_s = item->due_s,
		.by_sweep = true,
	};

	cass_entry_write(&self->job, &write);
}

/* Unless it is gone for good. */
static void look_again_later(struct cass_sweep_job *self, struct cass_item *item)
{
	struct cql_value values[CASS_ROW_VALUES];
	const struct cass_ask *ask = item->entry;
	struct cass_due due = item->due;

	if (ask && ask->request.result == CQL_DONE &&
	    !cass_ask_next(item->entry, values, CASS_ROW_VALUES))
		return;
	due.due_s = self->now.lifetime_s + CASS_CLAIM_GRACE_S;
	cass_due_add(&self->job, &due, item->stamp);
}

static bool has_its_leases(const struct cass_sweep_job *self)
{
	bool all = true;

	for (unsigned i = 0; i < self->look_count; i++)
		all = all && cass_lease_is_held(&self->looks[i].shard->lease);
	return all;
}

static void on_prepared(struct cass_job *job)
{
	struct cass_sweep_job *self = sweep_of(job);

	/* Others may be at it by now, and what is written twice is told twice. */
	if (!has_its_leases(self))
		atomic_store(&job->failed, true);
	if (has_failed_midway(self))
		return;
	cass_round(job, "sweep.write", on_written);
	for (EACH_ITEM(self)) {
		if (item->deed == ITEM_WRITE)
			write_item(self, item);
		else if (item->deed == ITEM_REMOVE)
			cass_remove_entry(job, &item->old, item->stamp);
		else if (item->looks_everywhere)
			look_again_later(self, item);
	}
	cass_round_go(job);
}

/* ---- What comes before the entries: news, and where they are due next ---- */

static void ask_news(struct cass_sweep_job *self)
{
	struct cass_batch batch;
	int64_t bucket = 0;

	cass_batch_init(&batch, &self->job);
	for (EACH_ITEM(self)) {
		if (!item->adds_news)
			continue;
		if (cass_pending_bucket(item->news) != bucket) {
			cass_batch_send(&batch);
			bucket = cass_pending_bucket(item->news);
			cass_pending_register(&self->job, bucket, item->stamp);
		}
		cass_pending_add_to(&batch, item->news, &item->old.entry, item->stamp);
	}
	cass_batch_send(&batch);
}

static void ask_next_due(struct cass_sweep_job *self, const struct cass_item *item)
{
	const struct cass_due due = {
		.due_s = item->due_s,
		.kind = item->deed == ITEM_DROP ? CASS_DUE_CLAIM : item->due.kind,
		.id = item->due.id,
		.owner = item->due.owner,
		.claim = item->due.claim,
	};

	cass_due_add(&self->job, &due, item->stamp);
}

/* That it is not there has to be said by every copy: those that just came back may lack it. */
static struct cass_ask *ask_everywhere(struct cass_sweep_job *self, const struct cass_item *item)
{
	const struct cql_value id = cass_text(item->due.id);

	return cass_ask_all(&self->job, CASS_OBJECT_GET, &id, 1);
}

static void prepare_chunk(struct cass_sweep_job *self)
{
	cass_round(&self->job, "sweep.prepare", on_prepared);
	ask_news(self);
	for (EACH_ITEM(self)) {
		if (item->adds_due)
			ask_next_due(self, item);
		if (item->looks_everywhere)
			item->entry = ask_everywhere(self, item);
		if (item->deed == ITEM_REMOVE && item->old.news != 0)
			item->pending =
				cass_pending_get(&self->job, item->old.news, &item->old.entry);
	}
	cass_round_go(&self->job);
}

/* ---- Judged ---- */

/* Where the entry is due next. One that says it is due before that has a row there. */
static void place_next(const struct cass_sweep_job *self, struct cass_item *item)
{
	int64_t wanted_s = item->wanted.entry.due_s;
	int64_t now_s = self->now.lifetime_s;

	if (wanted_s != 0 && wanted_s <= now_s)
		wanted_s = now_s + 1;
	item->due_s = wanted_s;
	item->adds_due = wanted_s != 0 &&
			 !(item->old.entry.due_s > now_s && item->old.entry.due_s <= wanted_s);
	if (wanted_s != 0 && !item->adds_due)
		item->due_s = item->old.entry.due_s;
}

static void want_write(const struct cass_sweep_job *self, struct cass_item *item)
{
	place_next(self, item);
	item->adds_news = item->wanted.news == NEWS_ADD;
	item->news = item->adds_news ? item->stamp : item->old.news;
	if (item->adds_news || item->adds_due)
		item->deed = ITEM_WRITE;
}

static void judge_entry(struct cass_sweep_job *self, struct cass_item *item)
{
	const struct store_sweep *sweep = self->sweep;

	self->sweep->ret_seen++;
	sweep->rule(&item->old.entry, &self->now, sweep->ctx, &item->wanted);
	if (item->wanted.action == CHANGE_WRITE)
		want_write(self, item);
	else if (item->wanted.action == CHANGE_REMOVE)
		item->deed = ITEM_REMOVE;
}

/* It may be on its way. A hyperty that never comes leaves a claim behind. */
static void judge_absent(const struct cass_sweep_job *self, struct cass_item *item)
{
	if (item->due.kind == ENTRY_HYPERTY) {
		item->due_s = self->now.lifetime_s + CASS_CLAIM_GRACE_S;
		item->adds_due = true;
	} else if (item->stamp - item->written_us < CASS_ROW_YOUNG_US) {
		item->deed = ITEM_LEAVE;
	} else {
		item->looks_everywhere = true;
	}
}

/* Under whichever claim: the row may have been written by one who then found that the entry had
 * another. */
static bool is_there(const struct cass_item *item)
{
	return item->old.exists;
}

/* An entry can have several rows; the first of them that is in work does for all. */
static bool is_told_twice(const struct cass_sweep_job *self, const struct cass_item *item)
{
	for (const struct cass_item *other = self->items + self->chunk; other < item; other++) {
		if (other->due.kind == item->due.kind && slice_equal(other->due.id, item->due.id) &&
		    slice_equal(other->due.owner, item->due.owner) && is_there(other))
			return true;
	}
	return false;
}

static void judge(struct cass_sweep_job *self, struct cass_item *item)
{
	enum entry_kind kind = (enum entry_kind)item->due.kind;
	struct cql_value values[CASS_ROW_VALUES];
	int r = STORE_DONE;

	item->deed = ITEM_DROP;
	item->stamp = cass_stamp(self->job.store, item->written_us);
	if (is_told_twice(self, item))
		return;
	if (cass_ask_next(item->entry, values, CASS_ROW_VALUES))
		r = cass_row_decode(kind, values, &self->job.arena, &item->old);
	if (item->old.stamp >= item->stamp)
		item->stamp = cass_stamp(self->job.store, item->old.stamp);
	if (r == STORE_DAMAGED) {
		cass_note_damage(self->job.store, (struct entry_key){kind, item->due.id});
	} else if (r != STORE_DONE) {
		atomic_store(&self->job.failed, true);
	} else if (is_there(item)) {
		judge_entry(self, item);
	} else {
		judge_absent(self, item);
	}
}

static void on_read(struct cass_job *job)
{
	struct cass_sweep_job *self = sweep_of(job);

	if (has_failed(self))
		return;
	for (EACH_ITEM(self))
		judge(self, item);
	if (!has_failed(self))
		prepare_chunk(self);
}

/* ---- Read ---- */

static void ask_entry(struct cass_sweep_job *self, struct cass_item *item)
{
	const struct entry_key key = {(enum entry_kind)item->due.kind, item->due.id};

	item->entry = cass_entry_ask(&self->job, key, item->due.owner);
}

/* As many entries, or claims, as may be in work at once. */
static void begin_chunk(struct cass_sweep_job *self)
{
	if (self->chunk == self->count) {
		end_sweep(self);
		return;
	}
	if (!has_its_leases(self)) {
		cass_job_end(&self->job, STORE_UNAVAILABLE); /* others are at it */
		return;
	}
	self->chunk_end = self->chunk;
	if (cass_due_is_claim(self->items[self->chunk].due.kind)) {
		begin_claims(self);
		return;
	}
	cass_round(&self->job, "sweep.read", on_read);
	while (self->chunk_end < self->count && self->chunk_end - self->chunk < CHUNK &&
	       !cass_due_is_claim(self->items[self->chunk_end].due.kind))
		ask_entry(self, &self->items[self->chunk_end++]);
	cass_round_go(&self->job);
}

void cass_sweep_found(struct cass_sweep_job *self)
{
	begin_chunk(self);
}

int store_cassandra_sweep(struct store *store, struct store_sweep *sweep)
{
	struct store_cassandra *cassandra = store_cassandra_of(store);
	struct cass_sweep_job *self = cass_job_new(cassandra, sizeof(*self), &sweep->op);

	if (!self)
		return STORE_UNAVAILABLE;
	self->sweep = sweep;
	self->sweeper = cassandra->sweeper;
	self->now = store_cassandra_now(store);
	sweep->ret_now = self->now;
	cass_look_begin(self);
	return STORE_PENDING;
}
