/* Shows pending updates and takes none: bucket by bucket, a page of rows and then their entries. */
#include "store/cassandra_claims.h"
#include "store/cassandra_rows.h"

#define PAGE_ROWS 200

struct peeked {
	struct entry_key key;
	int64_t news;
	struct cass_ask *entry;
};

struct peek_job {
	struct cass_job job; /* first */
	struct store_peek *peek;
	struct moment now;
	struct cass_ask *buckets;
	struct cql_value bucket; /* the one at hand */
	struct cass_ask *page;   /* of it */
	struct peeked items[PAGE_ROWS];
	uint32_t count;
	uint32_t shown;
};

static void next_bucket(struct peek_job *self);
static void ask_page(struct peek_job *self, struct slice page);

static struct peek_job *peek_of(struct cass_job *job)
{
	return (struct peek_job *)job;
}

static bool has_failed(struct cass_job *job)
{
	if (atomic_load(&job->failed))
		cass_job_end(job, STORE_UNAVAILABLE);
	return atomic_load(&job->failed);
}

/* One that came back to life, or went away once more, has another number, or none. */
static int show(struct peek_job *self, struct peeked *item)
{
	struct cql_value values[CASS_ROW_VALUES];
	struct cass_row row;

	if (!cass_ask_next(item->entry, values, CASS_ROW_VALUES) ||
	    cass_row_decode(item->key.kind, values, &self->job.arena, &row) != STORE_DONE ||
	    !row.exists || row.news != item->news)
		return 0;
	self->shown++;
	return self->peek->read.see(self->peek->read.ctx, &row.entry, &self->now);
}

static void on_entries(struct cass_job *job)
{
	struct peek_job *self = peek_of(job);
	struct slice page;
	int r = 0;

	if (has_failed(job))
		return;
	for (uint32_t i = 0; i < self->count && r == 0 && self->shown < self->peek->limit; i++)
		r = show(self, &self->items[i]);
	page = cql_rows_page(self->page->request.rows);
	if (r < 0 || self->shown >= self->peek->limit)
		cass_job_end(job, r);
	else if (page.data)
		ask_page(self, page);
	else
		next_bucket(self);
}

static void on_page(struct cass_job *job)
{
	struct peek_job *self = peek_of(job);
	struct cql_value values[8];

	if (has_failed(job))
		return;
	self->count = 0;
	cass_round(job, "peek.entries", on_entries);
	while (self->count < PAGE_ROWS && cass_ask_next(self->page, values, 8)) {
		struct peeked *item = &self->items[self->count];

		if (!cass_bool_of(values[4])) /* what is left of one that was told */
			continue;
		item->news = cass_bigint_of(values[0]);
		item->key = (struct entry_key){(enum entry_kind)cass_int_of(values[1]),
					       cass_text_of(values[2])};
		item->entry = cass_entry_ask(job, item->key, cass_text_of(values[3]));
		self->count++;
	}
	cass_round_go(job);
}

static void ask_page(struct peek_job *self, struct slice page)
{
	cass_round(&self->job, "peek.page", on_page);
	self->page =
		cass_ask_page(&self->job, CASS_PENDING_LIST, &self->bucket, 1, PAGE_ROWS, page);
	cass_round_go(&self->job);
}

static void next_bucket(struct peek_job *self)
{
	if (cass_ask_next(self->buckets, &self->bucket, 1))
		ask_page(self, SLICE_NONE);
	else
		cass_job_end(&self->job, STORE_DONE);
}

static void on_buckets(struct cass_job *job)
{
	if (!has_failed(job))
		next_bucket(peek_of(job));
}

int store_cassandra_peek_updates(struct store *store, struct store_peek *peek)
{
	struct peek_job *self =
		cass_job_new(store_cassandra_of(store), sizeof(*self), &peek->read.op);
	struct cql_value values[] = {cass_text(CASS_PENDING_QUEUE), {0}};

	if (!self)
		return STORE_UNAVAILABLE;
	self->peek = peek;
	self->now = store_cassandra_now(store);
	values[1] = cass_bigint(&self->job.arena, INT64_MAX);
	cass_round(&self->job, "peek.buckets", on_buckets);
	self->buckets = cass_ask(&self->job, CASS_BUCKETS_LIST, values, 2);
	cass_round_go(&self->job);
	return STORE_PENDING;
}
