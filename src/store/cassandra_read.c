/* Reads one entry: under the owner that is known, or the one that is found. */
#include "store/cassandra_claims.h"

struct read_job {
	struct cass_job job; /* first */
	struct store_read *read;
	struct entry_key key;
	struct slice owner;
	struct cass_claim claim;
	bool settled;
	bool contested; /* its owner may have claimed it twice: either claim will do */
	struct cass_claim_asks asks;
	struct cass_ask *entry;
	struct moment now;
};

static struct read_job *read_of(struct cass_job *job)
{
	return (struct read_job *)job;
}

static void ask_entry(struct read_job *self)
{
	self->entry = cass_entry_ask(&self->job, self->key, self->owner);
}

/* STORE_NOT_FOUND too if it stands there under another claim. */
static int take_entry(struct read_job *self, struct cass_row *ret_row)
{
	struct cql_value values[CASS_ROW_VALUES];
	int r;

	if (atomic_load(&self->job.failed))
		return STORE_UNAVAILABLE;
	if (!cass_ask_next(self->entry, values, CASS_ROW_VALUES))
		return STORE_NOT_FOUND;
	r = cass_row_decode(self->key.kind, values, &self->job.arena, ret_row);
	if (r == STORE_DAMAGED)
		cass_note_damage(self->job.store, self->key);
	if (r != STORE_DONE)
		return r;
	if (!ret_row->exists || (self->key.kind == ENTRY_HYPERTY && !self->contested &&
				 !cass_claim_same(&ret_row->claim, &self->claim)))
		return STORE_NOT_FOUND;
	return STORE_DONE;
}

static void show_one(struct read_job *self, const struct cass_row *row)
{
	if (self->settled)
		cass_owners_keep(&self->job.store->owners, self->key.id, self->owner, &self->claim);
	cass_job_end(&self->job, self->read->see(self->read->ctx, &row->entry, &self->now));
}

static void on_entry(struct cass_job *job)
{
	struct read_job *self = read_of(job);
	struct cass_row row;
	int r = take_entry(self, &row);

	if (r == STORE_DONE)
		show_one(self, &row);
	else
		cass_job_end(job, r);
}

static void read_owned(struct read_job *self)
{
	cass_round(&self->job, "get.read", on_entry);
	ask_entry(self);
	cass_round_go(&self->job);
}

static void on_owner(struct cass_job *job)
{
	struct read_job *self = read_of(job);
	struct cass_claim_state state;

	cass_claim_found(&self->asks, &state);
	if (atomic_load(&job->failed) || !state.owner.data) {
		cass_job_end(job, atomic_load(&job->failed) ? STORE_UNAVAILABLE : STORE_NOT_FOUND);
		return;
	}
	self->owner = state.owner;
	self->claim = state.claim;
	self->settled = state.light && !state.others;
	self->contested = state.others;
	read_owned(self);
}

static void look_up_owner(struct read_job *self)
{
	cass_round(&self->job, "get.owner", on_owner);
	cass_claim_ask(&self->job, self->key.id, &self->asks);
	cass_round_go(&self->job);
}

/* The cache may be behind: an id can be freed, and claimed again. */
static void on_cached_entry(struct cass_job *job)
{
	struct read_job *self = read_of(job);
	struct cass_row row;
	int r = take_entry(self, &row);

	if (r == STORE_NOT_FOUND) {
		cass_owners_drop(&job->store->owners, self->key.id);
		look_up_owner(self);
	} else if (r == STORE_DONE) {
		show_one(self, &row);
	} else {
		cass_job_end(job, r);
	}
}

int store_cassandra_get(struct store *store, struct entry_key key, struct store_read *read)
{
	struct read_job *self = cass_job_new(store_cassandra_of(store), sizeof(*self), &read->op);

	if (!self)
		return STORE_UNAVAILABLE;
	self->read = read;
	self->now = store_cassandra_now(store);
	self->key = key;
	if (key.kind == ENTRY_DATA_OBJECT) {
		read_owned(self);
	} else if (cass_owners_find(&self->job.store->owners, key.id, &self->job.arena,
				    &self->owner, &self->claim)) {
		cass_round(&self->job, "get.read", on_cached_entry);
		ask_entry(self);
		cass_round_go(&self->job);
	} else {
		look_up_owner(self);
	}
	return STORE_PENDING;
}
