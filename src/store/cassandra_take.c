/*
 * Takes pending updates for one reader: looks whether there are any, which is all that most polls
 * do; then, under the cluster's lease on taking, reads them with their entries, shows those that
 * are still news, and marks them as leased.
 */
#include <stdlib.h>

#include "base/container.h"
#include "store/cassandra_taker.h"

/* Entries that are read at once. */
#define CHUNK 256
/* Rows of a bucket that are read at once; and when all that is asked is whether there are any. */
#define PAGE_ROWS 1000
#define LOOK_ROWS 100
/* Buckets that are looked at in one poll; if there are more, there may be news. */
#define LOOK_BUCKETS 8
/* A reader waits for its answer: so long is spent on collecting what goes into it. */
#define COLLECT_LIMIT_MS 2000
/* Most of them may be rows that others hold. */
#define PAGES_MAX 200
/* So long a reader waits for others to be told, here and elsewhere: then there is nothing for it
 * now. One that took news and answered too late would have taken them for nothing. */
#define WAIT_LIMIT_MS 3000
/* Each try is dear, and keeps the holder from giving it back: they come ever more seldom. */
#define LOCK_PAUSE_MS 25
#define LOCK_PAUSE_MAX_MS 400

struct bucket_look {
	int64_t bucket;
	struct cass_ask *ask;
};

/* A row of pending, and the entry it speaks of. */
struct news_row {
	struct cass_news news;
	bool added; /* not only a mark that is left */
	struct cass_ask *entry;
};

/* A row of an entry that came back, or is gone. */
struct discard {
	struct discard *next;
	struct cass_news news;
	bool lives; /* the entry: the sweep is to look at it once more */
	struct cass_claim claim;
};

struct take_job {
	struct cass_job job; /* first */
	struct cass_turn turn;
	struct cass_taker *taker;
	struct store_take *take;
	struct moment now;
	int64_t stamp; /* about now, as news are numbered */
	struct cass_ask *buckets;
	struct bucket_look looks[LOOK_BUCKETS];
	size_t look_count;
	uint32_t lock_pause_ms; /* before the next try */
	int64_t waiting_ms;     /* steady: since when */
	int64_t collecting_ms;  /* steady: since when */

	size_t at;             /* known bucket that is read */
	struct cass_ask *page; /* of it */
	unsigned pages;
	bool first_page;
	struct news_row rows[CHUNK];
	uint32_t row_count;

	struct cass_news *kept; /* shown; room for limit */
	size_t kept_text_bytes;
	uint32_t kept_count;
	struct discard *discards; /* in order */
	struct discard **discards_end;
	uint32_t discard_count; /* of them, those that were counted */
};

static struct take_job *take_of(struct cass_job *job)
{
	return (struct take_job *)job;
}

static int64_t steady_ms(const struct take_job *self)
{
	return self->job.store->clock->steady_ms(self->job.store->clock);
}

/* ---- The end ---- */

static void on_unlocked(struct cass_job *job)
{
	cass_turn_over(job->store->taker);
	cass_job_end(job, STORE_DONE);
}

/* The lock is given back in a job of its own, since the reader need not wait for that. */
static void end_turn(struct cass_taker *taker)
{
	struct cass_job *unlock = NULL;

	if (taker->lease.until_ms != 0)
		unlock = cass_job_new(taker->store, sizeof(*unlock), NULL);
	if (!unlock) {
		cass_turn_over(taker);
		return;
	}
	cass_round(unlock, "take.unlock", on_unlocked);
	cass_lease_free(unlock, &taker->lease);
	cass_round_go(unlock);
}

static void finish(struct take_job *self, int result)
{
	end_turn(self->taker);
	free(self->kept);
	cass_job_end(&self->job, result);
}

/* ---- Buckets that are known ---- */

static int64_t end_us(int64_t bucket)
{
	return (bucket + 1) * CASS_PENDING_BUCKET_US;
}

static bool is_over_since(const struct take_job *self, int64_t bucket, int64_t us)
{
	return end_us(bucket) + us < self->stamp;
}

static bool may_close(const struct take_job *self, int64_t bucket)
{
	return is_over_since(self, bucket, CASS_BUCKET_CLOSES_S * INT64_C(1000000));
}

static void close_bucket(struct take_job *self, struct cass_job *job, int64_t bucket)
{
	const struct cql_value values[] = {
		cass_bigint(&job->arena, self->stamp),
		cass_text(CASS_PENDING_QUEUE),
		cass_bigint(&job->arena, bucket),
	};

	cass_ask_optional(job, CASS_BUCKET_REMOVE, values, 3);
}

static struct cass_known_bucket *find_known(struct cass_taker *taker, int64_t bucket)
{
	for (size_t i = 0; i < taker->known_count; i++) {
		if (taker->known[i].bucket == bucket)
			return &taker->known[i];
	}
	return NULL;
}

/* What the cluster has, with what we know of it. */
static bool refresh_known(struct take_job *self)
{
	struct cass_taker *taker = self->taker;
	size_t room = self->buckets && self->buckets->request.rows
			      ? cql_rows_count(self->buckets->request.rows)
			      : 0;
	struct cass_known_bucket *known = calloc(room + 1, sizeof(*known));
	struct cql_value value;
	size_t count = 0;

	if (!known)
		return false;
	while (count < room && cass_ask_next(self->buckets, &value, 1)) {
		struct cass_known_bucket *old = find_known(taker, cass_bigint_of(value));

		known[count++] =
			(struct cass_known_bucket){cass_bigint_of(value), old && old->drained};
	}
	free(taker->known);
	taker->known = known;
	taker->known_count = count;
	return true;
}

static void note_read(struct take_job *self, int64_t bucket, const struct cass_ask *ask)
{
	struct cass_known_bucket *known = find_known(self->taker, bucket);
	bool empty = ask && ask->request.result == CQL_DONE &&
		     (!ask->request.rows || cql_rows_count(ask->request.rows) == 0);

	if (known)
		known->drained = empty && is_over_since(self, bucket, CASS_PENDING_SETTLES_US);
}

/* ---- Rows ---- */

static struct news_row read_row(const struct cql_value values[8])
{
	struct news_row row = {
		.news = {.news = cass_bigint_of(values[0]),
			 .key = {(enum entry_kind)cass_int_of(values[1]), cass_text_of(values[2])},
			 .owner = cass_text_of(values[3]),
			 .written_us = cass_bigint_of(values[7])},
		.added = cass_bool_of(values[4]),
	};

	/* A row is written with the number that it has. */
	if (row.news.written_us < row.news.news)
		row.news.written_us = row.news.news;
	return row;
}

static bool is_young(const struct take_job *self, int64_t news)
{
	return self->stamp - news < CASS_ROW_YOUNG_US;
}

/* Nobody holds it; and it is news, or what is left of it for long enough. */
static bool may_be_taken(const struct take_job *self, const struct cql_value values[8])
{
	bool added = cass_bool_of(values[4]);

	return cass_bigint_of(values[6]) <= self->now.lifetime_s &&
	       (added || !is_young(self, cass_bigint_of(values[0])));
}

/* ---- Marked as leased ---- */

static struct cass_news_lease *make_lease(struct take_job *self)
{
	struct cass_news_lease *lease =
		cass_news_lease_new(self->kept_count, self->kept_text_bytes);
	char *text = lease ? (char *)&lease->news[self->kept_count] : NULL;

	if (!lease)
		return NULL;
	lease->token = cass_taker_token(self->taker);
	lease->until_s = self->now.lifetime_s + STORE_LEASE_S;
	lease->count = self->kept_count;
	for (uint32_t i = 0; i < self->kept_count; i++) {
		struct cass_news *news = &lease->news[i];

		*news = self->kept[i];
		memcpy(text, news->key.id.data, news->key.id.len);
		news->key.id.data = text;
		text += news->key.id.len;
		if (news->owner.len > 0)
			memcpy(text, news->owner.data, news->owner.len);
		news->owner = (struct slice){text, news->owner.len};
		text += news->owner.len;
	}
	return lease;
}

static void on_leased(struct cass_job *job)
{
	struct take_job *self = take_of(job);

	/* Had it ended before the marks were there, another may be told the same now. */
	if (atomic_load(&job->failed) || !cass_lease_is_held(&self->taker->lease)) {
		cass_note_doubt(job->store);
		free(cass_taker_remove(self->taker, self->take->ret_token));
		self->take->ret_token = 0;
		finish(self, STORE_UNAVAILABLE);
		return;
	}
	atomic_fetch_sub(&job->store->own_pending, self->discard_count);
	if (self->kept_count == 0) {
		finish(self, STORE_DONE);
	} else {
		self->take->ret_count = self->kept_count;
		counter_add(job->store->counters, COUNTER_UPDATES_TAKEN, self->kept_count);
		finish(self, STORE_DONE);
	}
}

static void mark_all(struct take_job *self, struct cass_news_lease *lease)
{
	struct cass_batch batch;
	int64_t bucket = 0;

	cass_batch_init(&batch, &self->job);
	for (uint32_t i = 0; i < lease->count; i++) {
		cass_news_next_in_batch(&batch, &bucket, &lease->news[i]);
		cass_news_mark(&batch, &lease->news[i], lease->token, lease->until_s);
	}
	cass_batch_send(&batch);
}

/* The sweep may have struck off its row of due when it judged a sign of life that was not the last
 * one: servers that were cut off from each other do. */
static void have_it_swept(struct take_job *self, const struct discard *discard)
{
	const struct cass_due due = {
		.due_s = self->now.lifetime_s + 1,
		.kind = (int32_t)discard->news.key.kind,
		.id = discard->news.key.id,
		.owner = discard->news.owner,
		.claim = discard->claim,
	};

	cass_due_add(&self->job, &due, self->stamp);
}

static void remove_discards(struct take_job *self)
{
	struct cass_batch batch;
	int64_t bucket = 0;

	cass_batch_init(&batch, &self->job);
	for (struct discard *discard = self->discards; discard; discard = discard->next) {
		cass_news_next_in_batch(&batch, &bucket, &discard->news);
		cass_news_remove(&batch, &discard->news);
		if (discard->lives)
			have_it_swept(self, discard);
	}
	cass_batch_send(&batch);
}

/* Known here first, so that one that comes back to life right now finds it. */
static void lease_kept(struct take_job *self)
{
	struct cass_news_lease *lease = NULL;

	if (!cass_lease_is_held(&self->taker->lease)) {
		finish(self, STORE_UNAVAILABLE); /* another may be taking the same */
		return;
	}
	cass_round(&self->job, "take.lease", on_leased);
	if (self->kept_count > 0) {
		lease = make_lease(self);
		if (lease) {
			self->take->ret_token = lease->token;
			cass_taker_add(self->taker, lease);
			mark_all(self, lease);
		} else {
			atomic_store(&self->job.failed, true);
		}
	}
	remove_discards(self);
	cass_round_go(&self->job);
}

/* ---- Shown ---- */

static bool is_enough(const struct take_job *self)
{
	return self->pages >= PAGES_MAX || steady_ms(self) - self->collecting_ms > COLLECT_LIMIT_MS;
}

static void read_on(struct take_job *self);

/* One that cannot be remembered stays for the next. */
static void discard(struct take_job *self, const struct news_row *row, const struct cass_row *entry)
{
	struct discard *discard = arena_alloc(&self->job.arena, sizeof(*discard));

	if (!discard)
		return;
	*discard = (struct discard){
		.news = row->news,
		.lives = entry->exists && !entry_is_disconnected(&entry->entry),
		.claim = entry->claim,
	};
	*self->discards_end = discard;
	self->discards_end = &discard->next;
	self->discard_count += row->added;
}

/* Negative: the reader gives up. */
static int show_row(struct take_job *self, struct news_row *row)
{
	struct cql_value values[CASS_ROW_VALUES];
	struct cass_row entry = {0};
	int r = STORE_DONE;

	if (cass_ask_next(row->entry, values, CASS_ROW_VALUES))
		r = cass_row_decode(row->news.key.kind, values, &self->job.arena, &entry);
	if (r == STORE_DAMAGED)
		cass_note_damage(self->job.store, row->news.key);
	if (r < 0)
		return r;
	if (!row->added || !entry.exists || entry.news != row->news.news) {
		if (!is_young(self, row->news.news))
			discard(self, row, &entry);
		return 0;
	}
	r = self->take->read.see(self->take->read.ctx, &entry.entry, &self->now);
	if (r < 0)
		return r;
	self->kept[self->kept_count++] = row->news;
	self->kept_text_bytes += row->news.key.id.len + row->news.owner.len;
	return 0;
}

static void on_entries(struct cass_job *job)
{
	struct take_job *self = take_of(job);
	int r = atomic_load(&job->failed) ? STORE_UNAVAILABLE : 0;

	/* What does not go into this answer any more is left for the next. */
	for (uint32_t i = 0; i < self->row_count && r == 0 && self->kept_count < self->take->limit;
	     i++)
		r = show_row(self, &self->rows[i]);
	self->row_count = 0;
	if (r != 0)
		finish(self, r);
	else if (self->kept_count == self->take->limit || is_enough(self))
		lease_kept(self);
	else
		read_on(self);
}

/* ---- Read, bucket by bucket ---- */

static void on_page(struct cass_job *job)
{
	struct take_job *self = take_of(job);

	if (atomic_load(&job->failed)) {
		finish(self, STORE_UNAVAILABLE);
		return;
	}
	if (self->first_page)
		note_read(self, self->taker->known[self->at].bucket, self->page);
	read_on(self);
}

static void ask_page(struct take_job *self, struct slice page)
{
	struct cql_value bucket =
		cass_bigint(&self->job.arena, self->taker->known[self->at].bucket);

	self->first_page = !page.data;
	self->pages++;
	cass_round(&self->job, "take.list", on_page);
	self->page = cass_ask_page(&self->job, CASS_PENDING_LIST, &bucket, 1, PAGE_ROWS, page);
	cass_round_go(&self->job);
}

/* The next page, if there is one: of this bucket, or of one behind it. */
static bool next_page(struct take_job *self)
{
	struct cass_taker *taker = self->taker;
	struct slice page = self->page && self->page->request.rows
				    ? cql_rows_page(self->page->request.rows)
				    : SLICE_NONE;

	if (self->page && !page.data)
		self->at++;
	while (!page.data && self->at < taker->known_count && taker->known[self->at].drained)
		self->at++;
	if (self->at == taker->known_count)
		return false;
	ask_page(self, page);
	return true;
}

/* Goes on with the rows at hand, then with the next page, then with what was found. */
static void read_on(struct take_job *self)
{
	uint32_t wanted = self->take->limit - self->kept_count;
	struct cql_value values[8];

	wanted = wanted < CHUNK ? wanted : CHUNK;
	while (self->row_count < wanted && cass_ask_next(self->page, values, 8)) {
		if (may_be_taken(self, values))
			self->rows[self->row_count++] = read_row(values);
	}
	if (self->row_count == 0) {
		if (is_enough(self) || !next_page(self))
			lease_kept(self);
		return;
	}
	cass_round(&self->job, "take.read", on_entries);
	for (uint32_t i = 0; i < self->row_count; i++)
		self->rows[i].entry = cass_entry_ask(&self->job, self->rows[i].news.key,
						     self->rows[i].news.owner);
	cass_round_go(&self->job);
}

/* ---- One reader at a time in the whole cluster ---- */

static void ask_lock(struct take_job *self);

static void on_lock_paused(struct cass_job *job)
{
	ask_lock(take_of(job));
}

static bool has_waited_enough(const struct take_job *self)
{
	return steady_ms(self) - self->waiting_ms > WAIT_LIMIT_MS;
}

static void on_locked(struct cass_job *job)
{
	struct take_job *self = take_of(job);
	const struct cass_ask *lock = self->taker->lease.ask;

	if (cass_lease_judge(job, &self->taker->lease)) {
		self->kept = calloc(self->take->limit, sizeof(*self->kept));
		self->collecting_ms = steady_ms(self);
		self->discards_end = &self->discards;
		if (self->kept)
			read_on(self);
		else
			finish(self, STORE_UNAVAILABLE);
	} else if (!lock || lock->request.result == CQL_REFUSED) {
		finish(self, STORE_UNAVAILABLE);
	} else if (!has_waited_enough(self) && !atomic_load(&job->store->dead)) {
		cass_round(job, "take.wait", on_lock_paused);
		cass_ask_pause(job, self->lock_pause_ms);
		if (self->lock_pause_ms < LOCK_PAUSE_MAX_MS)
			self->lock_pause_ms *= 2;
		cass_round_go(job);
	} else {
		finish(self, STORE_DONE); /* somebody else is being told */
	}
}

static void ask_lock(struct take_job *self)
{
	cass_round(&self->job, "take.lock", on_locked);
	cass_lease_ask(&self->job, &self->taker->lease);
	cass_round_go(&self->job);
}

/* ---- Whether there are any ---- */

static bool has_news(struct take_job *self, struct cass_ask *ask)
{
	struct cql_value values[8];

	while (cass_ask_next(ask, values, 8)) {
		if (may_be_taken(self, values))
			return true;
	}
	return ask && ask->request.rows && cql_rows_page(ask->request.rows).data;
}

static bool was_looked_at(const struct take_job *self, int64_t bucket)
{
	for (size_t i = 0; i < self->look_count; i++) {
		if (self->looks[i].bucket == bucket)
			return true;
	}
	return false;
}

static bool may_have_news(struct take_job *self)
{
	const struct cass_taker *taker = self->taker;
	bool may = false;

	for (size_t i = 0; i < self->look_count; i++)
		may = has_news(self, self->looks[i].ask) || may;
	for (size_t i = 0; i < taker->known_count; i++)
		may = may ||
		      (!taker->known[i].drained && !was_looked_at(self, taker->known[i].bucket));
	return may;
}

static void on_closed(struct cass_job *job)
{
	cass_job_end(job, STORE_DONE);
}

static void close_drained(struct take_job *self)
{
	struct cass_job *job = NULL;

	for (size_t i = 0; i < self->look_count; i++) {
		const struct cass_known_bucket *known =
			find_known(self->taker, self->looks[i].bucket);

		if (!known || !known->drained || !may_close(self, known->bucket))
			continue;
		if (!job) {
			job = cass_job_new(self->job.store, sizeof(*job), NULL);
			if (!job)
				return;
			job->once = true;
			cass_round(job, "take.close", on_closed);
		}
		close_bucket(self, job, known->bucket);
	}
	if (job)
		cass_round_go(job);
}

static void on_looked(struct cass_job *job)
{
	struct take_job *self = take_of(job);

	if (atomic_load(&job->failed) || !refresh_known(self)) {
		finish(self, STORE_UNAVAILABLE);
		return;
	}
	for (size_t i = 0; i < self->look_count; i++)
		note_read(self, self->looks[i].bucket, self->looks[i].ask);
	close_drained(self);
	if (may_have_news(self))
		ask_lock(self);
	else
		finish(self, STORE_DONE);
}

static void look(struct take_job *self)
{
	struct cql_value queue[] = {cass_text(CASS_PENDING_QUEUE),
				    cass_bigint(&self->job.arena, INT64_MAX)};
	struct cass_taker *taker = self->taker;

	cass_round(&self->job, "take.look", on_looked);
	self->buckets = cass_ask(&self->job, CASS_BUCKETS_LIST, queue, 2);
	for (size_t i = 0; i < taker->known_count && self->look_count < LOOK_BUCKETS; i++) {
		int64_t bucket = taker->known[i].bucket;
		struct cql_value value = cass_bigint(&self->job.arena, bucket);

		if (taker->known[i].drained && !may_close(self, bucket))
			continue;
		self->looks[self->look_count++] = (struct bucket_look){
			bucket, cass_ask_page(&self->job, CASS_PENDING_LIST, &value, 1, LOOK_ROWS,
					      SLICE_NONE)};
	}
	cass_round_go(&self->job);
}

static void on_turn(struct cass_turn *turn)
{
	struct take_job *self = container_of(turn, struct take_job, turn);

	self->now = store_cassandra_now(&self->job.store->store);
	self->stamp = cass_stamp(self->job.store, 0);
	if (has_waited_enough(self))
		finish(self, STORE_DONE);
	else
		look(self);
}

int store_cassandra_take_updates(struct store *store, struct store_take *take)
{
	struct store_cassandra *cassandra = store_cassandra_of(store);
	struct take_job *self = cass_job_new(cassandra, sizeof(*self), &take->read.op);

	if (!self)
		return STORE_UNAVAILABLE;
	self->take = take;
	self->waiting_ms = steady_ms(self);
	self->lock_pause_ms = LOCK_PAUSE_MS;
	self->taker = cassandra->taker;
	self->turn.begin = on_turn;
	self->job.exact = true;
	cass_turn_take(cassandra->taker, &self->turn);
	return STORE_PENDING;
}
