/*
 * A change: whose it is, what stands there, what the rule wants, then the rows that lead to the
 * entry, and last the entry.
 */
#include <errno.h>

#include "base/container.h"
#include "store/cassandra_claims.h"
#include "store/cassandra_remove.h"

struct change_job {
	struct cass_job job; /* first */
	struct cass_hold hold;
	struct store_change *change;
	struct moment now;
	struct change draft; /* what the rule makes of nothing: a request that may create has one */
	struct change wanted; /* what it makes of what is there */
	int outcome;

	struct slice owner;      /* whose partition the entry is in */
	struct cass_claim claim; /* of the entry */
	struct cass_row old;
	bool theirs;    /* the id is another user's than the request's */
	bool drafted;   /* rows for the draft were written with the claim */
	bool settled;   /* the claim may be remembered */
	bool contested; /* its owner may have claimed it twice: either claim will do */

	struct cass_claiming claiming;
	struct cass_claim_asks asks;
	struct cass_ask *entry;
	struct cass_ask *pending;
	struct cass_ask *freed; /* the claim of what is removed */

	int64_t stamp;
	int64_t news;
	int64_t due_s;
	bool adds_news;
	bool drops_news;
};

static struct change_job *change_of(struct cass_job *job)
{
	return (struct change_job *)job;
}

static void finish(struct change_job *self, int result)
{
	struct store_cassandra *cassandra = self->job.store;

	self->change->outcome = self->outcome;
	counter_add(cassandra->counters, COUNTER_STORE_CHANGES, 1);
	if (result == STORE_DAMAGED)
		cass_note_damage(cassandra, self->change->key);
	cass_keys_release(&cassandra->keys, &self->hold);
	cass_job_end(&self->job, result);
}

/* Some of it may have been written. */
static void fail_midway(struct change_job *self)
{
	cass_note_doubt(self->job.store);
	finish(self, STORE_UNAVAILABLE);
}

/* ---- Reading the entry ---- */

static void ask_entry(struct change_job *self)
{
	self->entry = cass_entry_ask(&self->job, self->change->key, self->owner);
}

/* False if the change is over: the row cannot be read. */
static bool take_entry(struct change_job *self)
{
	struct cql_value values[CASS_ROW_VALUES];
	int r = STORE_DONE;

	self->old = (struct cass_row){0};
	if (atomic_load(&self->job.failed))
		r = STORE_UNAVAILABLE;
	else if (cass_ask_next(self->entry, values, CASS_ROW_VALUES))
		r = cass_row_decode(self->change->key.kind, values, &self->job.arena, &self->old);
	if (r == STORE_DONE)
		return true;
	finish(self, r == -ENOMEM ? STORE_UNAVAILABLE : r);
	return false;
}

/* What stands there under another claim is left over from an earlier owner. */
static void ignore_other_claim(struct change_job *self)
{
	if (self->old.exists && self->contested)
		self->claim = self->old.claim;
	else if (self->old.exists && !cass_claim_same(&self->old.claim, &self->claim))
		self->old = (struct cass_row){.stamp = self->old.stamp};
}

/* ---- Writing ---- */

static void ask_due(struct change_job *self, const struct entry *entry, int64_t due_s)
{
	const struct cass_due due = {
		.due_s = due_s,
		.kind = (int32_t)entry->key.kind,
		.id = entry->key.id,
		.owner = entry->owner,
		.claim = self->claim,
	};

	if (due_s != 0)
		cass_due_add(&self->job, &due, self->stamp);
}

static bool may_be_swept(const struct change_job *self, int64_t due_s)
{
	return due_s <= self->now.lifetime_s + CASS_DUE_MARGIN_S;
}

static void on_tidied(struct cass_job *job)
{
	if (atomic_load(&job->failed))
		cass_note_doubt(job->store);
	cass_job_end(job, STORE_DONE);
}

/* What led to the entry as it was goes: nobody waits for that. */
static void tidy(struct change_job *self)
{
	struct cass_job *tidy;

	if (!self->old.exists ||
	    (!self->drops_news && !cass_index_differs(&self->old.entry, &self->wanted.entry)))
		return;
	tidy = cass_job_new(self->job.store, sizeof(*tidy), NULL);
	if (!tidy)
		return;
	tidy->once = true;
	cass_round(tidy, "change.tidy", on_tidied);
	/* As of what was read: another may have written the same rows anew since. */
	cass_index_remove(tidy, &self->old.entry, &self->wanted.entry, self->old.stamp);
	if (self->drops_news)
		cass_pending_remove(tidy, self->old.news, &self->old.entry, self->stamp);
	cass_round_go(tidy);
}

/* Another server may add the same one: where it could not be asked, or where the claim is its. */
static void note_added(struct change_job *self)
{
	struct store_cassandra *cassandra = self->job.store;
	bool is_ours = self->settled && self->claiming.won;

	cass_count_entry(cassandra, self->change->key.kind, 1);
	if (atomic_load(&self->job.for_one) ||
	    (self->change->key.kind == ENTRY_HYPERTY && !is_ours))
		cass_note_doubt(cassandra);
}

static void note_counts(struct change_job *self)
{
	struct store_cassandra *cassandra = self->job.store;

	if (!self->old.exists)
		note_added(self);
	if (self->adds_news)
		atomic_fetch_add(&cassandra->own_pending, 1);
	self->drops_news = self->drops_news && cass_pending_drop(cassandra, self->pending,
								 self->old.news, self->change->key);
}

static void on_due_anew(struct cass_job *job)
{
	finish(change_of(job), atomic_load(&job->failed) ? STORE_UNAVAILABLE : STORE_DONE);
}

/* The row that the entry relies on may have been swept while the entry was written. */
static bool was_overtaken(struct change_job *self)
{
	int64_t wanted_s = self->wanted.entry.due_s;

	self->now = store_cassandra_now(&self->job.store->store);
	if (wanted_s == 0)
		return false;
	return self->due_s < wanted_s ? may_be_swept(self, self->due_s)
				      : self->due_s <= self->now.lifetime_s;
}

static void add_due_anew(struct change_job *self)
{
	cass_round(&self->job, "change.due_anew", on_due_anew);
	ask_due(self, &self->wanted.entry,
		self->wanted.entry.due_s > self->now.lifetime_s ? self->wanted.entry.due_s
								: self->now.lifetime_s + 1);
	cass_round_go(&self->job);
}

static void on_written(struct cass_job *job)
{
	struct change_job *self = change_of(job);

	if (atomic_load(&job->failed)) {
		fail_midway(self);
		return;
	}
	if (self->settled)
		cass_owners_keep(&job->store->owners, self->change->key.id, self->owner,
				 &self->claim);
	note_counts(self);
	tidy(self);
	if (was_overtaken(self))
		add_due_anew(self);
	else
		finish(self, STORE_DONE);
}

static void write_entry(struct change_job *self)
{
	const struct cass_write write = {
		.old = &self->old,
		.change = &self->wanted,
		.claim = self->claim,
		.stamp = self->stamp,
		.news = self->news,
		.due_s = self->due_s,
		.unsure = atomic_load(&self->job.for_one),
	};

	cass_round(&self->job, "change.write", on_written);
	cass_entry_write(&self->job, &write);
	cass_round_go(&self->job);
}

static void on_prepared(struct cass_job *job)
{
	struct change_job *self = change_of(job);

	if (atomic_load(&job->failed))
		fail_midway(self);
	else
		write_entry(self);
}

/* ---- The rows that come before the entry ---- */

/* A row that is too early may stay: the sweep moves it. One that may be swept right now may not. */
static bool needs_due(const struct change_job *self)
{
	int64_t wanted_s = self->wanted.entry.due_s;
	int64_t old_s = self->old.exists ? self->old.entry.due_s : 0;

	return wanted_s != 0 && (old_s == 0 || wanted_s < old_s || may_be_swept(self, old_s));
}

static int64_t place_due(const struct change_job *self, bool needs)
{
	int64_t old_s = self->old.exists ? self->old.entry.due_s : 0;

	if (needs)
		return self->wanted.entry.due_s;
	return may_be_swept(self, old_s) ? 0 : old_s;
}

static void prepare(struct change_job *self)
{
	const struct entry *entry = &self->wanted.entry;
	bool due = needs_due(self);
	const struct entry *old = self->old.exists ? &self->old.entry : NULL;
	bool index = !self->drafted && cass_index_differs(entry, old);

	self->due_s = place_due(self, due);
	due = due && !(self->drafted && self->due_s == self->draft.entry.due_s);
	if (self->adds_news)
		self->news = self->stamp;
	if (!due && !index && !self->adds_news && !self->drops_news) {
		write_entry(self);
		return;
	}
	cass_round(&self->job, "change.prepare", on_prepared);
	if (due)
		ask_due(self, entry, self->due_s);
	if (index)
		cass_index_add(&self->job, entry, old, self->stamp);
	if (self->adds_news)
		cass_pending_add(&self->job, self->news, entry, self->stamp);
	if (self->drops_news)
		self->pending = cass_pending_get(&self->job, self->old.news, &self->old.entry);
	cass_round_go(&self->job);
}

/* Whether the news that the entry names is still there to be told. */
static void on_news_looked_up(struct cass_job *job)
{
	struct change_job *self = change_of(job);

	if (atomic_load(&job->failed)) {
		finish(self, STORE_UNAVAILABLE);
		return;
	}
	self->adds_news = !cass_pending_is_there(job, self->pending);
	prepare(self);
}

static void look_up_news(struct change_job *self)
{
	cass_round(&self->job, "change.news", on_news_looked_up);
	self->pending = cass_pending_get(&self->job, self->old.news, &self->old.entry);
	cass_round_go(&self->job);
}

static void write_wanted(struct change_job *self)
{
	int64_t old_news = self->old.exists ? self->old.news : 0;

	self->stamp = cass_stamp(self->job.store, self->old.stamp);
	self->news = self->wanted.news == NEWS_DROP ? 0 : old_news;
	self->adds_news = self->wanted.news == NEWS_ADD && old_news == 0;
	self->drops_news = self->wanted.news == NEWS_DROP && old_news != 0;
	if (self->wanted.news == NEWS_ADD && old_news != 0)
		look_up_news(self);
	else
		prepare(self);
}

/* ---- Removing ---- */

static void on_claim_left(struct cass_job *job)
{
	finish(change_of(job), atomic_load(&job->failed) ? STORE_UNAVAILABLE : STORE_DONE);
}

/* Leads the sweep to a claim that may stay without an entry. */
static void ask_claim_due(struct change_job *self, struct cass_claim claim)
{
	const struct cass_due due = {
		.due_s = self->now.lifetime_s + CASS_CLAIM_GRACE_S,
		.kind = CASS_DUE_CLAIM,
		.id = self->change->key.id,
		.owner = self->owner,
		.claim = claim,
	};

	cass_due_add(&self->job, &due, self->stamp);
}

static void leave_claim_to_sweep(struct change_job *self)
{
	cass_round(&self->job, "change.leave_claim", on_claim_left);
	ask_claim_due(self, self->old.claim);
	cass_round_go(&self->job);
}

static void on_removed(struct cass_job *job)
{
	struct change_job *self = change_of(job);
	struct store_cassandra *cassandra = job->store;

	cass_count_entry(cassandra, self->change->key.kind, -1);
	if (atomic_load(&job->failed) || atomic_load(&job->for_one))
		cass_note_doubt(cassandra);
	if (self->change->key.kind == ENTRY_HYPERTY)
		cass_remove_user(cassandra, self->owner, self->old.stamp);
	if (self->freed && self->freed->request.result != CQL_DONE)
		leave_claim_to_sweep(self);
	else
		finish(self, STORE_DONE);
}

static void on_entry_removed(struct cass_job *job)
{
	struct change_job *self = change_of(job);

	if (atomic_load(&job->failed)) {
		fail_midway(self);
		return;
	}
	cass_round(job, "change.remove_rest", on_removed);
	if (cass_pending_drop(job->store, self->pending, self->old.news, self->change->key))
		cass_pending_remove(job, self->old.news, &self->old.entry, self->stamp);
	self->freed = cass_remove_rest(job, &self->old, self->stamp);
	cass_round_go(job);
}

static void remove_entry(struct change_job *self)
{
	self->stamp = cass_stamp(self->job.store, self->old.stamp);
	cass_round(&self->job, "change.remove", on_entry_removed);
	if (self->old.news != 0)
		self->pending = cass_pending_get(&self->job, self->old.news, &self->old.entry);
	cass_remove_entry(&self->job, &self->old, self->stamp);
	cass_round_go(&self->job);
}

/* ---- The rule ---- */

static void on_draft_tidied(struct cass_job *job)
{
	cass_job_end(job, STORE_DONE);
}

static bool is_too_old(const struct change_job *self)
{
	struct clock *clock = self->job.store->clock;

	return self->claiming.won &&
	       clock->steady_ms(clock) - self->job.began_ms > CASS_CLAIM_ABANDON_MS;
}

/* The id is another user's: what led to the entry that was not made goes, but the e-mail, which
 * leads nowhere without an entry. */
static void tidy_draft(struct change_job *self)
{
	const struct entry *entry = &self->draft.entry;
	const struct cass_due due = {
		.due_s = entry->due_s,
		.kind = (int32_t)entry->key.kind,
		.id = entry->key.id,
		.owner = entry->owner,
	};
	struct cass_job *tidy = cass_job_new(self->job.store, sizeof(*tidy), NULL);
	struct cass_batch single;

	if (!tidy)
		return;
	tidy->once = true;
	cass_round(tidy, "change.tidy_draft", on_draft_tidied);
	cass_batch_init(&single, tidy);
	if (entry->due_s != 0)
		cass_due_remove_from(&single, &due, self->stamp);
	cass_batch_send(&single);
	cass_index_remove(tidy, entry, NULL, self->stamp);
	cass_round_go(tidy);
}

static void decide(struct change_job *self)
{
	const struct store_change *change = self->change;

	self->outcome = change->rule(self->old.exists ? &self->old.entry : NULL, &self->now,
				     change->ctx, &self->wanted);
	if (self->theirs && self->drafted)
		tidy_draft(self);
	if (self->wanted.action == CHANGE_NOTHING)
		finish(self, STORE_DONE);
	else if (self->theirs || is_too_old(self))
		finish(self, STORE_UNAVAILABLE);
	else if (self->wanted.action == CHANGE_REMOVE)
		self->old.exists ? remove_entry(self) : finish(self, STORE_DONE);
	else
		write_wanted(self);
}

/* ---- Whose it is ---- */

static void on_owned_read(struct cass_job *job)
{
	struct change_job *self = change_of(job);

	if (!take_entry(self))
		return;
	ignore_other_claim(self);
	/* Another user's that is not there yet: all that is known is whose it is. */
	if (self->theirs && !self->old.exists) {
		self->old.exists = true;
		self->old.entry = (struct entry){.key = self->change->key, .owner = self->owner};
	}
	decide(self);
}

static void read_owned(struct change_job *self)
{
	cass_round(&self->job, "change.read", on_owned_read);
	ask_entry(self);
	cass_round_go(&self->job);
}

static void on_owner(struct cass_job *job)
{
	struct change_job *self = change_of(job);
	struct cass_claim_state state;

	if (atomic_load(&job->failed)) {
		finish(self, STORE_UNAVAILABLE);
		return;
	}
	cass_claim_found(&self->asks, &state);
	if (!state.owner.data) {
		self->old = (struct cass_row){0};
		decide(self);
		return;
	}
	self->owner = state.owner;
	self->claim = state.claim;
	self->settled = state.light && !state.others;
	self->contested = state.others;
	read_owned(self);
}

static void look_up_owner(struct change_job *self)
{
	cass_round(&self->job, "change.owner", on_owner);
	cass_claim_ask(&self->job, self->change->key.id, &self->asks);
	cass_round_go(&self->job);
}

/* The claim is made, or somebody had one. */
static void on_claim_over(struct cass_job *job, int result)
{
	struct change_job *self = change_of(job);
	const struct cass_claim_state *state = &self->claiming.state;

	if (result != STORE_DONE) {
		finish(self, STORE_UNAVAILABLE);
		return;
	}
	self->claim = state->claim;
	self->settled = state->light && !state->others;
	self->contested = state->others;
	self->theirs = !slice_equal(state->owner, self->owner);
	if (self->theirs) {
		self->owner = state->owner;
		read_owned(self);
		return;
	}
	if (!take_entry(self))
		return;
	ignore_other_claim(self);
	decide(self);
}

static void on_claimed(struct cass_job *job)
{
	cass_claiming_judge(job, &change_of(job)->claiming);
}

/* All at once: the claim, what may stand there already, and what leads to the new entry. */
static void claim(struct change_job *self)
{
	struct store_cassandra *cassandra = self->job.store;

	self->owner = self->draft.entry.owner;
	self->claim = cass_claim_new();
	self->stamp = cass_stamp(cassandra, 0);
	self->claiming = (struct cass_claiming){
		.id = self->change->key.id,
		.owner = self->owner,
		.claim = self->claim,
		.since = self->stamp,
		.over = on_claim_over,
	};
	self->drafted = true;
	cass_round(&self->job, "change.claim", on_claimed);
	cass_claiming_ask(&self->job, &self->claiming);
	ask_entry(self);
	ask_due(self, &self->draft.entry, self->draft.entry.due_s);
	if (self->draft.entry.due_s == 0)
		ask_claim_due(self, self->claim);
	cass_index_add(&self->job, &self->draft.entry, NULL, self->stamp);
	cass_round_go(&self->job);
}

static void find_owner(struct change_job *self)
{
	if (self->draft.action == CHANGE_WRITE)
		claim(self);
	else
		look_up_owner(self);
}

/* The cache said whose it is; the entry says whether that still holds. */
static void on_cached_read(struct cass_job *job)
{
	struct change_job *self = change_of(job);

	if (!take_entry(self))
		return;
	ignore_other_claim(self);
	if (self->old.exists) {
		decide(self);
		return;
	}
	self->settled = false;
	cass_owners_drop(&job->store->owners, self->change->key.id);
	find_owner(self);
}

static void read_cached(struct change_job *self)
{
	self->settled = true;
	cass_round(&self->job, "change.read", on_cached_read);
	ask_entry(self);
	cass_round_go(&self->job);
}

static void begin_hyperty(struct change_job *self)
{
	bool known = cass_owners_find(&self->job.store->owners, self->change->key.id,
				      &self->job.arena, &self->owner, &self->claim);

	if (known && (self->draft.action != CHANGE_WRITE ||
		      slice_equal(self->owner, self->draft.entry.owner)))
		read_cached(self);
	else
		find_owner(self);
}

static void on_object_read(struct cass_job *job)
{
	struct change_job *self = change_of(job);

	if (take_entry(self))
		decide(self);
}

static void begin_object(struct change_job *self)
{
	cass_round(&self->job, "change.read", on_object_read);
	ask_entry(self);
	if (self->draft.action == CHANGE_WRITE) {
		self->drafted = true;
		self->stamp = cass_stamp(self->job.store, 0);
		ask_due(self, &self->draft.entry, self->draft.entry.due_s);
		cass_index_add(&self->job, &self->draft.entry, NULL, self->stamp);
	}
	cass_round_go(&self->job);
}

/* ---- The verb ---- */

static void on_granted(struct cass_hold *hold)
{
	struct change_job *self = container_of(hold, struct change_job, hold);
	const struct store_change *change = self->change;

	self->now = store_cassandra_now(&self->job.store->store);
	self->outcome = change->rule(NULL, &self->now, change->ctx, &self->draft);
	if (change->key.kind == ENTRY_HYPERTY)
		begin_hyperty(self);
	else
		begin_object(self);
}

int store_cassandra_change(struct store *store, struct store_change *change)
{
	struct store_cassandra *cassandra = store_cassandra_of(store);
	struct change_job *self = cass_job_new(cassandra, sizeof(*self), &change->op);

	if (!self)
		return STORE_UNAVAILABLE;
	self->change = change;
	self->hold.granted = on_granted;
	if (cass_keys_hold(&cassandra->keys, change->key, &self->hold) < 0)
		cass_job_end(&self->job, STORE_UNAVAILABLE);
	return STORE_PENDING;
}
