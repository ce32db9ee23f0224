/* Reads all that something leads to, and everything in slices. */
#include <errno.h>
#include <stdlib.h>

#include "store/cassandra_rows.h"

/* Answers of one read, in order. */
struct page {
	struct page *next;
	struct cass_ask *ask;
};

/* What one lead leads to. */
struct part {
	struct slice lead;
	struct page *first;
	struct page *last;
	size_t rows;
	struct slice next; /* where the page behind the last one begins */
	bool whole;        /* there is none */
};

struct found {
	struct cass_row *rows;
	size_t count;
	bool leads;
};

struct list_job {
	struct cass_job job; /* first */
	struct store_read *read;
	struct moment now;
	enum store_index index;
	struct slice text;
	struct cass_ask *leads;
	struct part *parts; /* what was led to: users, or entries */
	size_t part_count;
	struct slice last_owner; /* of the row before: a GUID has a row for each entry of a user */
	enum entry_kind kind;    /* of a scan, like the next one */
	struct cass_ask *page;
	bool all_copies; /* of a scan: each is asked */
	bool shown;
	bool damaged;
};

static struct list_job *list_of(struct cass_job *job)
{
	return (struct list_job *)job;
}

static struct list_job *list_new(struct store *store, struct store_read *read)
{
	struct list_job *self = cass_job_new(store_cassandra_of(store), sizeof(*self), &read->op);

	if (self) {
		self->read = read;
		self->now = store_cassandra_now(store);
	}
	return self;
}

/* ---- What something leads to ---- */

/* As many of the parts are asked for at once. */
#define WINDOW 64
/* Of a user's entries, in one answer of the cluster. */
#define PAGE_ROWS 500

typedef bool leads_here(const struct list_job *self, const struct entry *entry);

/* Negative: see() does not want to go on. */
static int show_rows(struct list_job *self, struct cass_ask *part, enum entry_kind kind,
		     leads_here *leads)
{
	struct cql_value values[CASS_ROW_VALUES];

	while (cass_ask_next(part, values, CASS_ROW_VALUES)) {
		struct cass_row row = {0};
		int r = cass_row_decode(kind, values, &self->job.arena, &row);

		if (r == STORE_DAMAGED) {
			self->damaged = true;
			cass_note_damage(self->job.store,
					 (struct entry_key){kind, cass_text_of(values[0])});
		}
		if (r == -ENOMEM)
			return r;
		if (r != STORE_DONE || !row.exists || !leads(self, &row.entry))
			continue;
		self->shown = true;
		r = self->read->see(self->read->ctx, &row.entry, &self->now);
		if (r < 0)
			return r;
	}
	return 0;
}

static int list_outcome(const struct list_job *self)
{
	if (self->shown)
		return STORE_DONE;
	return self->damaged ? STORE_DAMAGED : STORE_NOT_FOUND;
}

static bool any_leads(const struct list_job *self, const struct entry *entry)
{
	(void)self;
	(void)entry;
	return true;
}

/* A thin row may be older or younger than the entry: the entry decides. */
static bool member_leads(const struct list_job *self, const struct entry *entry)
{
	struct slice text =
		entry->fields.text[self->index == INDEX_NAME ? TEXT_NAME : TEXT_REPORTER];

	return text.data && slice_equal(text, self->text);
}

static bool email_leads(const struct list_job *self, const struct entry *entry)
{
	struct slice email = user_email(entry->owner);

	return email.data && slice_equal(email, self->text);
}

static bool carries(const struct list_job *self, const struct entry *entry)
{
	for (uint32_t i = 0; i < entry->guid_count; i++) {
		if (slice_equal(entry->guids[i], self->text))
			return true;
	}
	return false;
}

/* A user whose entries were read before they are shown: one of them must carry the GUID. */
static int collect(struct list_job *self, struct cass_ask *ask, struct found *found)
{
	struct cql_value values[CASS_ROW_VALUES];
	int r = STORE_DONE;

	while (r >= 0 && cass_ask_next(ask, values, CASS_ROW_VALUES)) {
		struct cass_row *row = &found->rows[found->count];

		r = cass_row_decode(ENTRY_HYPERTY, values, &self->job.arena, row);
		self->damaged = self->damaged || r == STORE_DAMAGED;
		if (r != STORE_DONE || !row->exists)
			continue;
		found->leads = found->leads || carries(self, &row->entry);
		found->count++;
	}
	return r < 0 ? r : 0;
}

static int show_guids_user(struct list_job *self, const struct part *part)
{
	struct found found = {0};
	int r = 0;

	found.rows = arena_alloc(&self->job.arena, (part->rows + 1) * sizeof(*found.rows));
	if (!found.rows)
		return -ENOMEM;
	for (struct page *page = part->first; page && r == 0; page = page->next)
		r = collect(self, page->ask, &found);
	for (size_t i = 0; i < found.count && found.leads && r >= 0; i++) {
		self->shown = true;
		r = self->read->see(self->read->ctx, &found.rows[i].entry, &self->now);
	}
	return r < 0 ? r : 0;
}

static int show_page(struct list_job *self, struct cass_ask *page)
{
	switch (self->index) {
	case INDEX_NAME:
	case INDEX_REPORTER:
		return show_rows(self, page, ENTRY_DATA_OBJECT, member_leads);
	case INDEX_EMAIL:
		return show_rows(self, page, ENTRY_HYPERTY, email_leads);
	default:
		return show_rows(self, page, ENTRY_HYPERTY, any_leads);
	}
}

/* ---- Users may have more entries than go into one answer of the cluster: pages ---- */

static void ask_more(struct list_job *self, struct part *part, enum cass_statement statement,
		     struct slice page_state)
{
	struct page *page = arena_alloc(&self->job.arena, sizeof(*page));
	struct cql_value key = cass_text(part->lead);

	if (!page) {
		atomic_store(&self->job.failed, true);
		return;
	}
	page->next = NULL;
	page->ask = cass_ask_page(&self->job, statement, &key, 1, PAGE_ROWS, page_state);
	if (part->last)
		part->last->next = page;
	else
		part->first = page;
	part->last = page;
}

/* The last page: no more of them is kept than has to be, since entries may be large. Where one of a
 * user's entries decides about all, all are. Negative: see() does not want to go on. */
static int take_page(struct list_job *self, struct part *part)
{
	struct cass_ask *page = part->last->ask;
	struct cql_rows *rows = page ? page->request.rows : NULL;
	struct slice next = rows ? cql_rows_page(rows) : SLICE_NONE;
	int r;

	part->rows += rows ? cql_rows_count(rows) : 0;
	part->whole = !next.data;
	part->next = next.data ? arena_copy(&self->job.arena, next) : SLICE_NONE;
	if (next.data && !part->next.data)
		return -ENOMEM;
	if (self->index == INDEX_GUID || !rows)
		return 0;
	r = show_page(self, page);
	cql_rows_free(rows);
	page->request.rows = NULL;
	return r;
}

/* Of each part whose end was not seen yet. */
static int take_pages(struct list_job *self, bool *ret_whole)
{
	int r = 0;

	*ret_whole = true;
	for (size_t i = 0; i < self->part_count && r == 0; i++) {
		if (!self->parts[i].whole)
			r = take_page(self, &self->parts[i]);
		*ret_whole = *ret_whole && self->parts[i].whole;
	}
	return r;
}

static void ask_parts(struct list_job *self);
static void end_parts(struct list_job *self);

static void on_parts(struct cass_job *job)
{
	struct list_job *self = list_of(job);
	bool whole = false;
	int r = atomic_load(&job->failed) ? STORE_UNAVAILABLE : take_pages(self, &whole);

	if (r != 0) {
		cass_job_end(job, r);
		return;
	}
	if (whole) {
		end_parts(self);
		return;
	}
	cass_round(job, "list.more", on_parts);
	for (size_t i = 0; i < self->part_count; i++) {
		if (!self->parts[i].whole)
			ask_more(self, &self->parts[i], CASS_HYPERTIES_LIST, self->parts[i].next);
	}
	cass_round_go(job);
}

static void end_parts(struct list_job *self)
{
	bool more = self->part_count == WINDOW;
	int r = 0;

	for (size_t i = 0; self->index == INDEX_GUID && i < self->part_count && r == 0; i++)
		r = show_guids_user(self, &self->parts[i]);
	if (r != 0)
		cass_job_end(&self->job, r);
	else if (more)
		ask_parts(self);
	else
		cass_job_end(&self->job, list_outcome(self));
}

/* The next thing that the thin rows lead to; a user with several rows counts once. */
static bool next_lead(struct list_job *self, struct slice *ret_lead)
{
	struct cql_value values[2];

	while (cass_ask_next(self->leads, values, self->index == INDEX_GUID ? 2 : 1)) {
		struct slice lead = cass_text_of(values[0]);

		if (self->last_owner.data && slice_equal(self->last_owner, lead))
			continue;
		self->last_owner = lead;
		*ret_lead = lead;
		return true;
	}
	return false;
}

static void ask_part(struct list_job *self, struct slice lead)
{
	bool objects = self->index == INDEX_NAME || self->index == INDEX_REPORTER;
	struct part *part = &self->parts[self->part_count++];

	*part = (struct part){.lead = lead};
	ask_more(self, part, objects ? CASS_OBJECT_GET : CASS_HYPERTIES_LIST, SLICE_NONE);
}

static void ask_parts(struct list_job *self)
{
	struct slice lead;

	self->part_count = 0;
	cass_round(&self->job, "list.entries", on_parts);
	while (self->part_count < WINDOW && next_lead(self, &lead))
		ask_part(self, lead);
	cass_round_go(&self->job);
}

static void on_leads(struct cass_job *job)
{
	struct list_job *self = list_of(job);

	if (atomic_load(&job->failed))
		cass_job_end(job, STORE_UNAVAILABLE);
	else if (!self->leads->request.rows || cql_rows_count(self->leads->request.rows) == 0)
		cass_job_end(job, STORE_NOT_FOUND);
	else
		ask_parts(self);
}

static void list_by_leads(struct list_job *self)
{
	static const enum cass_statement lists[] = {
		[INDEX_NAME] = CASS_NAME_LIST,
		[INDEX_REPORTER] = CASS_REPORTER_LIST,
		[INDEX_GUID] = CASS_GUID_LIST,
		[INDEX_EMAIL] = CASS_EMAIL_LIST,
	};
	struct cql_value value = cass_text(cass_index_key(&self->job.arena, self->text));

	cass_round(&self->job, "list.leads", on_leads);
	self->leads = cass_ask(&self->job, lists[self->index], &value, 1);
	cass_round_go(&self->job);
}

static void list_user(struct list_job *self)
{
	cass_round(&self->job, "list.entries", on_parts);
	ask_part(self, self->text);
	cass_round_go(&self->job);
}

int store_cassandra_list(struct store *store, enum store_index index, struct slice key,
			 struct store_read *read)
{
	struct list_job *self = list_new(store, read);

	if (!self)
		return STORE_UNAVAILABLE;
	self->index = index;
	self->text = key;
	self->parts = arena_alloc(&self->job.arena, WINDOW * sizeof(*self->parts));
	if (!self->parts)
		cass_job_end(&self->job, STORE_UNAVAILABLE);
	else if (index == INDEX_USER)
		list_user(self);
	else
		list_by_leads(self);
	return STORE_PENDING;
}

/* ---- Everything ---- */

/* A cursor: the kind, and where the next page begins. */
static bool set_cursor(struct store_scan *scan, enum entry_kind kind, struct slice page)
{
	char *cursor = malloc(1 + page.len);

	if (!cursor)
		return false;
	cursor[0] = (char)kind;
	if (page.len > 0)
		memcpy(cursor + 1, page.data, page.len);
	scan->ret_cursor = cursor;
	scan->ret_cursor_len = 1 + page.len;
	return true;
}

static void ask_scan(struct list_job *self, struct slice page);

static void on_scanned(struct cass_job *job)
{
	struct list_job *self = list_of(job);
	struct store_scan *scan = (struct store_scan *)self->read;
	struct slice page;
	int r;

	if (atomic_load(&job->failed) || self->page->request.result != CQL_DONE) {
		cass_job_end(job, STORE_UNAVAILABLE);
		return;
	}
	r = show_rows(self, self->page, self->kind, any_leads);
	page = self->page->request.rows ? cql_rows_page(self->page->request.rows) : SLICE_NONE;
	if (r == 0 && !page.data && self->kind == ENTRY_HYPERTY && !self->shown) {
		self->kind = ENTRY_DATA_OBJECT;
		ask_scan(self, SLICE_NONE);
		return;
	}
	if (r == 0 && page.data)
		r = set_cursor(scan, self->kind, page) ? 0 : -ENOMEM;
	else if (r == 0 && self->kind == ENTRY_HYPERTY)
		r = set_cursor(scan, ENTRY_DATA_OBJECT, SLICE_NONE) ? 0 : -ENOMEM;
	cass_job_end(job, r);
}

static void ask_scan(struct list_job *self, struct slice page)
{
	const struct store_scan *scan = (const struct store_scan *)self->read;
	enum cass_statement statement =
		self->kind == ENTRY_HYPERTY ? CASS_HYPERTIES_SCAN : CASS_OBJECTS_SCAN;

	cass_round(&self->job, "scan.page", on_scanned);
	self->page = self->all_copies
			     ? cass_ask_page_all(&self->job, statement, scan->limit, page)
			     : cass_ask_page(&self->job, statement, NULL, 0, scan->limit, page);
	cass_round_go(&self->job);
}

/* False if it is none of ours. */
static bool read_cursor(struct slice cursor, enum entry_kind *ret_kind, struct slice *ret_page)
{
	*ret_kind = ENTRY_HYPERTY;
	*ret_page = SLICE_NONE;
	if (!cursor.data)
		return true;
	if (cursor.len == 0 || (unsigned char)cursor.data[0] >= ENTRY_KIND_COUNT)
		return false;
	*ret_kind = (enum entry_kind)cursor.data[0];
	if (cursor.len > 1)
		*ret_page = (struct slice){cursor.data + 1, cursor.len - 1};
	return true;
}

static int begin_scan(struct store *store, struct store_scan *scan, bool all_copies)
{
	enum entry_kind kind;
	struct slice page;
	struct list_job *self;

	scan->ret_cursor = NULL;
	scan->ret_cursor_len = 0;
	if (!read_cursor(scan->cursor, &kind, &page))
		return -EINVAL;
	if (!scan->cursor.data && (scan->skip_kinds & 1u << ENTRY_HYPERTY))
		kind = ENTRY_DATA_OBJECT;
	self = list_new(store, &scan->read);
	if (!self)
		return STORE_UNAVAILABLE;
	self->kind = kind;
	self->all_copies = all_copies;
	ask_scan(self, page);
	return STORE_PENDING;
}

int store_cassandra_scan(struct store *store, struct store_scan *scan)
{
	return begin_scan(store, scan, false);
}

int store_cassandra_scan_all_copies(struct store *store, struct store_scan *scan)
{
	return begin_scan(store, scan, true);
}
