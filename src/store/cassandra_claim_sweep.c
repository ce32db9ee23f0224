/*
 * Claims that the sweep looks after: one that never got its entry is freed, and those that were
 * made without a majority are settled once there is one. Of all claims on an id the earliest wins;
 * what another user registered with one that lost is set aside.
 */
#include <time.h>

#include "log/log.h"
#include "model/record.h"
#include "store/cassandra_remove.h"
#include "store/cassandra_sweep.h"

#define CLAIMS_MAX 32

/* A claim that lost, and what was registered with it. */
struct loser {
	struct cass_claim_state claim;
	struct cass_ask *entry;
	struct cass_row row;
	bool is_there;
};

/* A job of its own, so that claims on other ids need not wait for this one. */
struct claim_job {
	struct cass_job job; /* first */
	struct cass_sweep_job *sweep;
	const struct cass_item *item; /* the sweep's */
	struct cass_claim_asks asks;
	struct cass_ask *entry;
	struct cass_ask *light;
	struct cass_claim_state owner; /* what stands in owners; owner absent: nothing */
	struct cass_claim_state winner;
	struct cass_claim_state plain[CLAIMS_MAX + 1]; /* what stands in claims */
	unsigned plain_count;
	struct loser losers[CLAIMS_MAX + 1];
	unsigned loser_count;
	int64_t stamp;
};

static struct claim_job *claim_of(struct cass_job *job)
{
	return (struct claim_job *)job;
}

/* ---- The end of each ---- */

static void over(struct claim_job *self)
{
	struct cass_sweep_job *sweep = self->sweep;
	const struct cass_item *item = self->item;
	bool failed = atomic_load(&self->job.failed);

	cass_job_end(&self->job, STORE_DONE);
	cass_sweep_claim_over(sweep, item, failed);
}

static void on_over(struct cass_job *job)
{
	over(claim_of(job));
}

static void strike_off(struct claim_job *self)
{
	struct cass_batch single;

	cass_round(&self->job, "claim.strike_off", on_over);
	cass_batch_init(&single, &self->job);
	cass_due_remove_from(&single, &self->item->due, self->stamp);
	cass_batch_send(&single);
	cass_round_go(&self->job);
}

/* What had to be written before is there: the row that led to it has done its duty. */
static void on_written(struct cass_job *job)
{
	struct claim_job *self = claim_of(job);

	if (atomic_load(&job->failed))
		over(self);
	else
		strike_off(self);
}

/* A row of due for the same id, later. */
static void add_due(struct claim_job *self, int32_t kind, const struct cass_claim_state *claim,
		    int64_t due_s)
{
	struct cass_due due = self->item->due;

	due.kind = kind;
	due.due_s = due_s;
	due.owner = claim->owner;
	due.claim = claim->claim;
	cass_due_add(&self->job, &due, self->stamp);
}

static void look_again(struct claim_job *self)
{
	const struct cass_due *due = &self->item->due;
	const struct cass_claim_state same = {.owner = due->owner, .claim = due->claim};

	cass_round(&self->job, "claim.put_off", on_written);
	add_due(self, due->kind, &same, self->sweep->now.lifetime_s + CASS_SETTLE_AGAIN_S);
	cass_round_go(&self->job);
}

/* ---- A claim without an entry ---- */

static void on_freed(struct cass_job *job)
{
	struct claim_job *self = claim_of(job);
	const struct cass_due *due = &self->item->due;

	if (!self->light || self->light->request.result != CQL_DONE) {
		look_again(self);
		return;
	}
	cass_owners_drop(&job->store->owners, due->id);
	cass_remove_user(job->store, due->owner, self->stamp);
	strike_off(self);
}

static void free_claim(struct claim_job *self)
{
	const struct cass_due *due = &self->item->due;
	const struct cql_value values[] = {cass_text(due->id), cass_uuid(&due->claim)};

	cass_round(&self->job, "claim.free", on_freed);
	self->light = cass_ask_light(&self->job, CASS_OWNER_FREE, values, 2);
	cass_round_go(&self->job);
}

/* The entry came after all: it may have lost its row of due meanwhile. */
static void keep_claim(struct claim_job *self, const struct cass_row *row)
{
	const struct cass_claim_state same = {.owner = row->entry.owner, .claim = row->claim};

	cass_round(&self->job, "claim.keep", on_written);
	if (row->entry.due_s <= self->sweep->now.lifetime_s)
		add_due(self, ENTRY_HYPERTY, &same, self->sweep->now.lifetime_s + 1);
	cass_round_go(&self->job);
}

/* ---- Claims that lost ---- */

static void on_settled(struct cass_job *job)
{
	cass_owners_drop(&job->store->owners, claim_of(job)->item->due.id);
	on_written(job);
}

static void remove_plain(struct claim_job *self, const struct cass_claim_state *claim)
{
	const struct cql_value values[] = {
		cass_bigint(&self->job.arena, self->stamp),
		cass_text(self->item->due.id),
		cass_bigint(&self->job.arena, claim->since),
		cass_uuid(&claim->claim),
	};

	cass_ask(&self->job, CASS_CLAIM_REMOVE, values, 4);
}

static bool is_set_aside(const struct claim_job *self, const struct loser *loser)
{
	return loser->is_there && !slice_equal(loser->claim.owner, self->winner.owner);
}

/* Another server may have set the same aside at the same time, and counted it as well: that is put
 * right by counting what there is. */
static void note_conflict(struct claim_job *self, const struct loser *loser)
{
	struct store_cassandra *cassandra = self->job.store;

	cass_count_entry(cassandra, ENTRY_HYPERTY, -1);
	cass_note_doubt(cassandra);
	counter_add(cassandra->counters, COUNTER_CASSANDRA_CONFLICTS, 1);
	log_warn("store.conflict", LOG_SLICE("id", self->item->due.id),
		 LOG_SLICE("user", loser->claim.owner), LOG_SLICE("winner", self->winner.owner));
	cass_remove_user(cassandra, loser->claim.owner, self->stamp);
}

static void on_losers_gone(struct cass_job *job)
{
	struct claim_job *self = claim_of(job);

	if (atomic_load(&job->failed)) {
		over(self);
		return;
	}
	for (unsigned i = 0; i < self->loser_count; i++) {
		if (is_set_aside(self, &self->losers[i]))
			note_conflict(self, &self->losers[i]);
	}
	cass_round(job, "claim.clear", on_settled);
	for (unsigned i = 0; i < self->loser_count; i++) {
		if (is_set_aside(self, &self->losers[i]))
			cass_index_remove(job, &self->losers[i].row.entry, NULL, self->stamp);
	}
	for (unsigned i = 0; i < self->plain_count; i++)
		remove_plain(self, &self->plain[i]);
	/* The winner's entry may be missing, too. */
	add_due(self, CASS_DUE_CLAIM, &self->winner,
		self->sweep->now.lifetime_s + CASS_CLAIM_GRACE_S);
	cass_round_go(job);
}

/* The same user claimed it on both sides: the entry is theirs, whichever claim it carries. */
static void hand_over(struct claim_job *self, const struct loser *loser)
{
	struct cql_value values[CASS_SET_VALUES];

	for (int i = 0; i < CASS_SET_VALUES; i++)
		values[i] = CASS_UNSET;
	values[0] = cass_bigint(&self->job.arena, cass_stamp(self->job.store, loser->row.stamp));
	values[1 + CASS_CLAIM] = cass_uuid(&self->winner.claim);
	values[1 + CASS_STAMP] = values[0];
	values[1 + CASS_COLUMN_COUNT] = cass_text(loser->claim.owner);
	values[2 + CASS_COLUMN_COUNT] = cass_text(self->item->due.id);
	cass_ask(&self->job, CASS_HYPERTY_SET, values, CASS_SET_VALUES);
}

static void on_set_aside(struct cass_job *job)
{
	struct claim_job *self = claim_of(job);

	if (atomic_load(&job->failed)) {
		over(self);
		return;
	}
	cass_round(job, "claim.remove", on_losers_gone);
	for (unsigned i = 0; i < self->loser_count; i++) {
		struct loser *loser = &self->losers[i];

		if (is_set_aside(self, loser)) {
			cass_remove_entry(job, &loser->row,
					  cass_stamp(job->store, loser->row.stamp));
		} else if (loser->is_there) {
			hand_over(self, loser);
		}
	}
	cass_round_go(job);
}

static struct cql_value month_of(struct arena *arena, int64_t wall_s)
{
	time_t seconds = (time_t)wall_s;
	struct tm utc = {0};
	char month[16];

	gmtime_r(&seconds, &utc);
	strftime(month, sizeof(month), "%Y-%m", &utc);
	return cass_text(arena_copy(arena, slice_of(month)));
}

/* When this was due: whoever has to do it again writes the same row. */
static int64_t due_wall_s(const struct claim_job *self)
{
	const struct moment *now = &self->sweep->now;

	return now->wall_s - (now->lifetime_s - self->item->due.due_s);
}

static void set_aside(struct claim_job *self, const struct loser *loser)
{
	struct arena *arena = &self->job.arena;
	struct buffer record = {0};
	struct cql_value values[8];
	int64_t wall_s = due_wall_s(self);

	record_encode(&loser->row.entry, &record);
	values[0] = month_of(arena, wall_s);
	values[1] = cass_bigint(arena, wall_s);
	values[2] = cass_text(self->item->due.id);
	values[3] = cass_uuid(&loser->claim.claim);
	values[4] = cass_text(loser->claim.owner);
	values[5] = cass_text(self->winner.owner);
	values[6] = cass_text(arena_copy(arena, (struct slice){record.data, record.len}));
	values[7] = cass_bigint(arena, self->stamp);
	if (record.failed || !values[6].data)
		atomic_store(&self->job.failed, true);
	else
		cass_ask(&self->job, CASS_CONFLICT_ADD, values, 8);
	buffer_deinit(&record);
}

static void read_loser(struct cass_job *job, struct loser *loser)
{
	struct cql_value values[CASS_ROW_VALUES];

	if (cass_ask_next(loser->entry, values, CASS_ROW_VALUES) &&
	    cass_row_decode(ENTRY_HYPERTY, values, &job->arena, &loser->row) == STORE_DONE)
		loser->is_there = loser->row.exists &&
				  cass_claim_same(&loser->row.claim, &loser->claim.claim);
}

static void set_losers_aside(struct claim_job *self)
{
	cass_round(&self->job, "claim.set_aside", on_set_aside);
	for (unsigned i = 0; i < self->loser_count; i++) {
		read_loser(&self->job, &self->losers[i]);
		if (is_set_aside(self, &self->losers[i]))
			set_aside(self, &self->losers[i]);
	}
	cass_round_go(&self->job);
}

static bool is_done(const struct cass_ask *ask)
{
	return ask && ask->request.result == CQL_DONE;
}

static void on_losers(struct cass_job *job)
{
	struct claim_job *self = claim_of(job);
	bool all = true;

	for (unsigned i = 0; i < self->loser_count && all; i++)
		all = is_done(self->losers[i].entry);
	if (all)
		set_losers_aside(self);
	else
		look_again(self);
}

static void add_loser(struct claim_job *self, const struct cass_claim_state *claim)
{
	if (claim->owner.data && !cass_claim_same(&claim->claim, &self->winner.claim))
		self->losers[self->loser_count++].claim = *claim;
}

/* From every copy: an entry that is overlooked now would have nothing that leads to it later. */
static void read_losers(struct claim_job *self)
{
	for (unsigned i = 0; i < self->plain_count; i++)
		add_loser(self, &self->plain[i]);
	cass_round(&self->job, "claim.losers", on_losers);
	for (unsigned i = 0; i < self->loser_count; i++) {
		const struct cql_value values[] = {cass_text(self->losers[i].claim.owner),
						   cass_text(self->item->due.id)};

		self->losers[i].entry = cass_ask_all(&self->job, CASS_HYPERTY_GET, values, 2);
	}
	cass_round_go(&self->job);
}

/* ---- The claim that wins ---- */

static void on_won(struct cass_job *job)
{
	struct claim_job *self = claim_of(job);
	struct cql_value values[1];

	if (self->light && self->light->request.result == CQL_DONE &&
	    cass_ask_applied(self->light, values, 1))
		read_losers(self);
	else
		look_again(self);
}

static void make_it_win(struct claim_job *self)
{
	struct cql_value id = cass_text(self->item->due.id);
	struct cql_value owner = cass_text(self->winner.owner);
	struct cql_value claim = cass_uuid(&self->winner.claim);
	struct cql_value since = cass_bigint(&self->job.arena, self->winner.since);
	const struct cql_value first[] = {id, owner, claim, since};
	const struct cql_value replacing[] = {owner, claim, since, id,
					      cass_uuid(&self->owner.claim)};

	cass_round(&self->job, "claim.win", on_won);
	if (self->owner.owner.data)
		self->light = cass_ask_light(&self->job, CASS_OWNER_REPLACE, replacing, 5);
	else
		self->light = cass_ask_light(&self->job, CASS_OWNER_CLAIM, first, 4);
	cass_round_go(&self->job);
}

static void on_owner_kept_in_mind(struct cass_job *job)
{
	if (atomic_load(&job->failed))
		over(claim_of(job));
	else
		make_it_win(claim_of(job));
}

static bool is_plain(const struct claim_job *self, const struct cass_claim_state *claim)
{
	for (unsigned i = 0; i < self->plain_count; i++) {
		if (cass_claim_same(&self->plain[i].claim, &claim->claim))
			return true;
	}
	return false;
}

/* Once its claim is replaced, nothing but this row leads to what the former owner registered. */
static void keep_owner_in_mind(struct claim_job *self)
{
	const struct cql_value values[] = {
		cass_text(self->item->due.id),
		cass_bigint(&self->job.arena, self->owner.since),
		cass_uuid(&self->owner.claim),
		cass_text(self->owner.owner),
		cass_bigint(&self->job.arena, self->stamp),
	};

	if (!self->owner.owner.data || is_plain(self, &self->owner)) {
		make_it_win(self);
		return;
	}
	self->plain[self->plain_count++] = self->owner;
	cass_round(&self->job, "claim.keep_owner", on_owner_kept_in_mind);
	cass_ask(&self->job, CASS_CLAIM_ADD, values, 5);
	cass_round_go(&self->job);
}

/* ---- What is there ---- */

static void settle(struct claim_job *self)
{
	self->winner = self->owner;
	for (unsigned i = 0; i < self->plain_count; i++)
		cass_claim_note(&self->winner, &self->plain[i]);
	if (self->owner.owner.data && cass_claim_same(&self->owner.claim, &self->winner.claim))
		read_losers(self);
	else
		keep_owner_in_mind(self);
}

static void read_claims(struct claim_job *self)
{
	struct cql_value values[3];

	if (cass_ask_next(self->asks.owners, values, 3))
		self->owner = cass_claim_in_owners(values);
	while (self->plain_count < CLAIMS_MAX && cass_ask_next(self->asks.claims, values, 3)) {
		self->plain[self->plain_count] = cass_claim_in_claims(values);
		self->plain_count += self->plain[self->plain_count].owner.data != NULL;
	}
}

/* Under the claim that holds: while another may, there are claims that we do not see yet. */
static bool read_entry(struct claim_job *self, struct cass_row *ret_row)
{
	struct cql_value values[CASS_ROW_VALUES];

	return cass_ask_next(self->entry, values, CASS_ROW_VALUES) &&
	       cass_row_decode(ENTRY_HYPERTY, values, &self->job.arena, ret_row) == STORE_DONE &&
	       ret_row->exists && cass_claim_same(&ret_row->claim, &self->owner.claim);
}

/* False if there is nothing: neither claims to settle nor an entry. */
static bool found_something(struct claim_job *self)
{
	struct cass_row row = {0};

	read_claims(self);
	if (self->plain_count > 0)
		settle(self);
	else if (read_entry(self, &row))
		keep_claim(self, &row);
	else
		return false;
	return true;
}

static void on_looked_everywhere(struct cass_job *job)
{
	struct claim_job *self = claim_of(job);

	if (!is_done(self->asks.claims) || !is_done(self->entry))
		look_again(self);
	else if (found_something(self))
		return;
	else if (cass_claim_same(&self->owner.claim, &self->item->due.claim))
		free_claim(self);
	else
		strike_off(self);
}

/* Nodes that have just come back may lack what was written without them: that something is not
 * there has to be said by every copy. */
static void look_everywhere(struct claim_job *self)
{
	struct cql_value id = cass_text(self->item->due.id);
	const struct cql_value key[] = {cass_text(self->item->due.owner), id};

	cass_round(&self->job, "claim.check_all", on_looked_everywhere);
	self->asks.claims = cass_ask_all(&self->job, CASS_CLAIMS_LIST, &id, 1);
	self->entry = cass_ask_all(&self->job, CASS_HYPERTY_GET, key, 2);
	cass_round_go(&self->job);
}

/* The id was another's already when this claim was made. */
static bool is_refused(const struct claim_job *self)
{
	return self->item->due.kind == CASS_DUE_CLAIM && self->owner.owner.data &&
	       !cass_claim_same(&self->owner.claim, &self->item->due.claim);
}

static void on_looked(struct cass_job *job)
{
	struct claim_job *self = claim_of(job);

	if (atomic_load(&job->failed)) {
		over(self);
		return;
	}
	if (!is_done(self->asks.owners))
		look_again(self);
	else if (found_something(self))
		return;
	else if (is_refused(self))
		strike_off(self);
	else
		look_everywhere(self);
}

bool cass_claim_sweep(struct cass_sweep_job *sweep, const struct cass_item *item)
{
	struct claim_job *self = cass_job_new(sweep->job.store, sizeof(*self), NULL);
	struct cql_value id = cass_text(item->due.id);
	const struct cql_value key[] = {cass_text(item->due.owner), id};

	if (!self)
		return false;
	self->sweep = sweep;
	self->item = item;
	self->stamp = cass_stamp(self->job.store, item->written_us);
	cass_round(&self->job, "claim.check", on_looked);
	self->asks.owners = cass_ask_serial(&self->job, CASS_OWNER_GET, &id, 1);
	self->asks.claims = cass_ask(&self->job, CASS_CLAIMS_LIST, &id, 1);
	self->entry = cass_ask(&self->job, CASS_HYPERTY_GET, key, 2);
	cass_round_go(&self->job);
	return true;
}
