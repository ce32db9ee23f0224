/* Scans the store, and asks for each entry in every way in which clients may. */
#include "registryctl/check_store.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "model/record.h"
#include "registryctl/stop.h"
#include "registryctl/waited.h"

#define SLICE_ENTRIES 200
#define SLICE_MAX (2 * SLICE_ENTRIES) /* a store may show a few more */

/* The entries of a slice, as records one after the other. */
struct slice_of_store {
	struct buffer records;
	size_t ends[SLICE_MAX];
	size_t count;
};

static int keep(void *ctx, const struct entry *entry, const struct moment *now)
{
	struct slice_of_store *slice = ctx;

	(void)now;
	if (slice->count == SLICE_MAX)
		return -E2BIG;
	record_encode(entry, &slice->records);
	slice->ends[slice->count++] = slice->records.len;
	return slice->records.failed ? -ENOMEM : 0;
}

/* ---- One entry ---- */

struct search {
	const struct entry *wanted;
	bool is_there;
	bool is_same; /* as far as what leads to it goes */
};

static bool same_leads(const struct entry *a, const struct entry *b)
{
	bool same = slice_same(a->owner, b->owner) && a->guid_count == b->guid_count &&
		    slice_same(a->fields.text[TEXT_NAME], b->fields.text[TEXT_NAME]) &&
		    slice_same(a->fields.text[TEXT_REPORTER], b->fields.text[TEXT_REPORTER]);

	for (uint32_t i = 0; same && i < a->guid_count; i++)
		same = slice_equal(a->guids[i], b->guids[i]);
	return same;
}

static int look(void *ctx, const struct entry *entry, const struct moment *now)
{
	struct search *search = ctx;

	(void)now;
	if (entry->key.kind == search->wanted->key.kind &&
	    slice_equal(entry->key.id, search->wanted->key.id)) {
		search->is_there = true;
		search->is_same = same_leads(entry, search->wanted);
	}
	return 0;
}

/* A store_result or a negative errno; that there is nothing is STORE_DONE. */
static int find(const struct check_store *check, struct search *search, enum store_index index,
		struct slice key)
{
	struct waited waited;
	int r;

	search->is_there = search->is_same = false;
	waited_init(&waited);
	waited.read.see = look;
	waited.read.ctx = search;
	if (index == INDEX_COUNT)
		r = store_get(check->store, search->wanted->key, &waited.read);
	else
		r = store_list(check->store, index, key, &waited.read);
	r = waited_end(&waited, r);
	return r == STORE_NOT_FOUND ? STORE_DONE : r;
}

static int check_lead(struct check_store *check, const struct entry *entry, enum store_index index,
		      struct slice key, const char *what)
{
	struct search search = {.wanted = entry};
	int r = key.data ? find(check, &search, index, key) : STORE_DONE;

	if (r != STORE_DONE || !key.data || search.is_there)
		return r;
	r = find(check, &search, INDEX_COUNT, SLICE_NONE);
	if (r != STORE_DONE || !search.is_same)
		return r;
	check->faults++;
	check->fault(check->ctx, entry->key, what);
	return STORE_DONE;
}

static int check_leads(struct check_store *check, const struct entry *entry)
{
	bool hyperty = entry->key.kind == ENTRY_HYPERTY;
	struct slice email = hyperty ? user_email(entry->owner) : SLICE_NONE;
	int r = STORE_DONE;

	if (hyperty)
		r = check_lead(check, entry, INDEX_USER, entry->owner,
			       "its user does not lead to it");
	if (r == STORE_DONE)
		r = check_lead(check, entry, INDEX_EMAIL, email, "its e-mail does not lead to it");
	for (uint32_t i = 0; i < entry->guid_count && r == STORE_DONE; i++)
		r = check_lead(check, entry, INDEX_GUID, entry->guids[i],
			       "its GUID does not lead to it");
	if (r == STORE_DONE && !hyperty)
		r = check_lead(check, entry, INDEX_NAME, entry->fields.text[TEXT_NAME],
			       "its name does not lead to it");
	if (r == STORE_DONE && !hyperty)
		r = check_lead(check, entry, INDEX_REPORTER, entry->fields.text[TEXT_REPORTER],
			       "its reporter does not lead to it");
	return r;
}

static int check_entry(struct check_store *check, const struct entry *entry)
{
	struct search search = {.wanted = entry};
	int r = find(check, &search, INDEX_COUNT, SLICE_NONE);

	check->entries[entry->key.kind]++;
	/* It is gone by now, or another claim on its id holds. */
	if (r == STORE_DONE && search.is_same)
		r = check_leads(check, entry);
	if (r == STORE_DAMAGED) {
		check->faults++;
		check->fault(check->ctx, entry->key, "the record is not what was written");
		r = STORE_DONE;
	}
	return r;
}

/* ---- All of them ---- */

static int check_slice(struct check_store *check, const struct slice_of_store *slice)
{
	size_t start = 0;
	int r = STORE_DONE;

	for (size_t i = 0; i < slice->count && r == STORE_DONE; i++) {
		const struct slice record = {slice->records.data + start, slice->ends[i] - start};
		struct entry entry;

		if (record_decode(record, &entry) == RECORD_OK)
			r = check_entry(check, &entry);
		start = slice->ends[i];
		progress_at(check->progress,
			    check->entries[ENTRY_HYPERTY] + check->entries[ENTRY_DATA_OBJECT]);
		if (stop_is_asked())
			r = -EINTR;
	}
	return r;
}

static int read_slice(const struct check_store *check, struct buffer *cursor,
		      struct slice_of_store *slice)
{
	struct waited waited;
	int r;

	buffer_clear(&slice->records);
	slice->count = 0;
	waited_init(&waited);
	waited.scan.read.see = keep;
	waited.scan.read.ctx = slice;
	waited.scan.cursor = (struct slice){cursor->len ? cursor->data : NULL, cursor->len};
	waited.scan.limit = SLICE_ENTRIES;
	r = waited_end(&waited, store_scan(check->store, &waited.scan));
	buffer_clear(cursor);
	buffer_append(cursor, waited.scan.ret_cursor, waited.scan.ret_cursor_len);
	free(waited.scan.ret_cursor);
	return cursor->failed ? -ENOMEM : r;
}

int check_store(struct check_store *check)
{
	struct slice_of_store *slice = calloc(1, sizeof(*slice));
	struct buffer cursor = {0};
	int r;

	if (!slice)
		return -ENOMEM;
	do {
		r = read_slice(check, &cursor, slice);
		if (r == STORE_DONE)
			r = check_slice(check, slice);
	} while (r == STORE_DONE && cursor.len > 0);
	buffer_deinit(&slice->records);
	buffer_deinit(&cursor);
	free(slice);
	return r;
}
