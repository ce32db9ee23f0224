/* Pending updates that were told are removed; those that were not are pending again. */
#include <stdlib.h>

#include "base/container.h"
#include "store/cassandra_taker.h"

/* Entries that are read at once. */
#define CHUNK 256
#define TRY_AGAIN_MS 1000

struct settle_job {
	struct cass_job job; /* first */
	struct cass_turn turn;
	struct cass_taker *taker;
	struct cass_news_lease *lease;
	enum store_settle how;
	uint32_t chunk;
	struct cass_ask *entries[CHUNK];
};

static struct settle_job *settle_of(struct cass_job *job)
{
	return (struct settle_job *)job;
}

static void finish(struct settle_job *self)
{
	cass_turn_over(self->taker);
	free(self->lease);
	cass_job_end(&self->job, STORE_DONE);
}

/* ---- Told ---- */

static void begin(struct cass_taker *taker, struct cass_news_lease *lease, enum store_settle how);

static bool is_worth_another_try(const struct settle_job *self)
{
	struct store_cassandra *cassandra = self->job.store;

	return atomic_load(&cassandra->state) == CASS_READY && !atomic_load(&cassandra->dead) &&
	       store_cassandra_now(&cassandra->store).lifetime_s < self->lease->until_s;
}

static void on_paused(struct cass_job *job)
{
	struct settle_job *self = settle_of(job);

	if (is_worth_another_try(self))
		begin(self->taker, self->lease, self->how);
	else
		free(self->lease);
	cass_job_end(job, STORE_DONE);
}

/* Again until it is durable, or their marks run out, or we stop: then they are told once more.
 * Others have their turn meanwhile. */
static void on_removed(struct cass_job *job)
{
	if (!atomic_load(&job->failed)) {
		finish(settle_of(job));
		return;
	}
	cass_turn_over(job->store->taker);
	cass_round(job, "settle.pause", on_paused);
	cass_ask_pause(job, TRY_AGAIN_MS);
	cass_round_go(job);
}

static void remove_all(struct settle_job *self)
{
	struct cass_batch batch;
	int64_t bucket = 0;

	cass_round(&self->job, "settle.sent", on_removed);
	cass_batch_init(&batch, &self->job);
	for (uint32_t i = 0; i < self->lease->count; i++) {
		cass_news_next_in_batch(&batch, &bucket, &self->lease->news[i]);
		cass_news_remove(&batch, &self->lease->news[i]);
	}
	cass_batch_send(&batch);
	cass_round_go(&self->job);
}

/* ---- Not told ---- */

static void read_chunk(struct settle_job *self);

static void on_given_back(struct cass_job *job)
{
	struct settle_job *self = settle_of(job);

	self->chunk += CHUNK;
	/* Those that cannot be given back now come back when their lease runs out. */
	if (atomic_load(&job->failed) || self->chunk >= self->lease->count)
		finish(self);
	else
		read_chunk(self);
}

static bool is_still_news(struct settle_job *self, struct cass_ask *entry,
			  const struct cass_news *news)
{
	struct cql_value values[CASS_ROW_VALUES];
	struct cass_row row = {0};

	return !news->dropped && cass_ask_next(entry, values, CASS_ROW_VALUES) &&
	       cass_row_decode(news->key.kind, values, &self->job.arena, &row) == STORE_DONE &&
	       row.exists && row.news == news->news;
}

static void on_entries(struct cass_job *job)
{
	struct settle_job *self = settle_of(job);
	struct cass_batch batch;
	int64_t bucket = 0;

	if (atomic_load(&job->failed)) {
		finish(self);
		return;
	}
	cass_round(job, "settle.unsent", on_given_back);
	cass_batch_init(&batch, job);
	for (uint32_t i = 0; i < CHUNK && self->chunk + i < self->lease->count; i++) {
		struct cass_news *news = &self->lease->news[self->chunk + i];

		cass_news_next_in_batch(&batch, &bucket, news);
		if (is_still_news(self, self->entries[i], news)) {
			cass_news_mark(&batch, news, 0, 0);
			continue;
		}
		cass_news_remove(&batch, news);
		if (!news->dropped)
			atomic_fetch_sub(&job->store->own_pending, 1);
	}
	cass_batch_send(&batch);
	cass_round_go(job);
}

static void read_chunk(struct settle_job *self)
{
	cass_round(&self->job, "settle.read", on_entries);
	for (uint32_t i = 0; i < CHUNK && self->chunk + i < self->lease->count; i++) {
		const struct cass_news *news = &self->lease->news[self->chunk + i];

		self->entries[i] = cass_entry_ask(&self->job, news->key, news->owner);
	}
	cass_round_go(&self->job);
}

/* ---- The verb ---- */

static void on_turn(struct cass_turn *turn)
{
	struct settle_job *self = container_of(turn, struct settle_job, turn);

	if (self->how == SETTLE_SENT)
		remove_all(self);
	else
		read_chunk(self);
}

static void begin(struct cass_taker *taker, struct cass_news_lease *lease, enum store_settle how)
{
	struct settle_job *self = cass_job_new(taker->store, sizeof(*self), NULL);

	if (!self) {
		free(lease); /* its marks run out */
		return;
	}
	self->taker = taker;
	self->lease = lease;
	self->how = how;
	self->turn.begin = on_turn;
	cass_turn_take(taker, &self->turn);
}

void store_cassandra_settle_updates(struct store *store, uint64_t token, enum store_settle how)
{
	struct store_cassandra *cassandra = store_cassandra_of(store);
	struct cass_news_lease *lease = cass_taker_remove(cassandra->taker, token);
	int64_t told = 0;

	if (!lease)
		return;
	if (store_cassandra_now(store).lifetime_s >= lease->until_s) {
		free(lease); /* others may have been told by now */
		return;
	}
	for (uint32_t i = 0; i < lease->count; i++)
		told += !lease->news[i].dropped;
	if (how == SETTLE_SENT)
		atomic_fetch_sub(&cassandra->own_pending, told);
	else
		counter_add(cassandra->counters, COUNTER_UPDATES_RETURNED, (uint64_t)told);
	begin(cassandra->taker, lease, how);
}

void cass_taker_leave(struct cass_taker *taker)
{
	while (taker && taker->leases)
		store_cassandra_settle_updates(&taker->store->store, taker->leases->token,
					       SETTLE_UNSENT);
}
