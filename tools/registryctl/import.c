/*
 * Goes through the original's tables, a page at a time.
 *
 * First, into memory: which GUIDs lead to which users, and who is still to be told of. Then the
 * tables with entries: of each kind the one that counts, then its copies, which are compared with
 * it and taken for what it lacks.
 */
#include "registryctl/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/reason.h"
#include "registryctl/import_state.h"
#include "registryctl/original_entry.h"
#include "registryctl/pairs.h"
#include "registryctl/stop.h"
#include "registryctl/writer.h"
#include "store/cassandra_value.h"

#define PAGE_ROWS 256

/* A row of a copy, and what the table that counts has under its id. */
struct copy {
	struct original_row row;
	struct session_read main;
	bool asked;
};

struct import {
	struct original *original;
	const struct import_options *options;
	struct tally *tally;
	struct writer writer;
	struct session_gate *gate;
	struct pairs guids;                     /* user → GUID */
	struct pairs pending[ENTRY_KIND_COUNT]; /* ids of those to be told of */
	struct import_state state;
	struct copy copies[PAGE_ROWS];
	char *reason;
	size_t reason_size;
};

/* ---- Pages ---- */

/* What is done with each page of a table. */
struct scan {
	const struct cql_statement *statement;
	int row; /* of the tally */
	int (*take)(struct import *import, const struct scan *scan, struct cql_rows *rows);
	bool noted; /* how far it is, in the file of the state */
};

/* The page is through: where the next one begins. */
static int note(struct import *import, const struct scan *scan, struct slice next)
{
	const struct import_options *options = import->options;

	tally_progress(import->tally, scan->row);
	if (!scan->noted || !options->state_path)
		return 0;
	/* At its end the next table is next. */
	return import_state_save(options->state_path, options->journey,
				 next.data ? scan->row : scan->row + 1, next, import->tally,
				 import->reason, import->reason_size);
}

static int scan_page(struct import *import, const struct scan *scan, struct buffer *page)
{
	const struct cql_bound bound = {scan->statement, NULL, 0};
	struct cql_rows *rows;
	struct slice from = {page->len ? page->data : NULL, page->len};
	struct slice next;
	int r = session_ask(&import->original->session, &bound, from, PAGE_ROWS, &rows,
			    import->reason, import->reason_size);

	if (r < 0)
		return r;
	r = scan->take(import, scan, rows);
	next = cql_rows_page(rows);
	if (r == 0)
		r = note(import, scan, next);
	buffer_clear(page);
	buffer_append_slice(page, next);
	cql_rows_free(rows);
	return page->failed ? -ENOMEM : r;
}

/* From the page given on, which is used up. */
static int scan_all(struct import *import, const struct scan *scan, struct buffer *page)
{
	int r;

	do {
		if (stop_is_asked())
			return -EINTR;
		r = scan_page(import, scan, page);
	} while (r == 0 && page->len > 0);
	return r;
}

static int scan_from_start(struct import *import, const struct scan *scan)
{
	struct buffer page = {0};
	int r = scan->statement ? scan_all(import, scan, &page) : 0;

	buffer_deinit(&page);
	return r;
}

/* ---- Into memory ---- */

static int take_guids(struct import *import, const struct scan *scan, struct cql_rows *rows)
{
	struct cql_value values[2];
	int r = 0;

	while (r == 0 && cql_rows_next(rows, values, 2)) {
		tally_add(import->tally, scan->row, TALLY_READ);
		if (values[1].data)
			r = pairs_add(&import->guids, cass_text_of(values[1]),
				      cass_text_of(values[0]));
		else
			tally_skip(import->tally, scan->row, cass_text_of(values[0]),
				   "user is missing");
	}
	return r;
}

static int read_guids(struct import *import)
{
	const struct scan scan = {import->original->guids, TALLY_GUIDS, take_guids, false};
	int r = scan_from_start(import, &scan);

	pairs_sort(&import->guids);
	return r;
}

static int take_pending(struct import *import, const struct scan *scan, struct cql_rows *rows)
{
	enum entry_kind kind = original_tables[scan->row].kind;
	struct original_row row;
	int r = 0;

	while (r == 0 && original_next(&import->original->selects[scan->row], rows, &row))
		r = pairs_add(&import->pending[kind], cass_text_of(row.values[ORIGINAL_ID]),
			      SLICE(""));
	return r;
}

static int read_pending(struct import *import)
{
	int r = 0;

	for (int table = 0; table < ORIGINAL_TABLE_COUNT && r == 0; table++) {
		const struct scan scan = {import->original->selects[table].scan, table,
					  take_pending, false};

		if (original_tables[table].is_news)
			r = scan_from_start(import, &scan);
	}
	for (int kind = 0; kind < ENTRY_KIND_COUNT; kind++)
		pairs_sort(&import->pending[kind]);
	return r;
}

/* ---- Entries ---- */

/* The other GUIDs of its user go before its own, which is the latest. */
static void add_guids(struct import *import, struct entry *entry)
{
	struct slice own = entry->fields.text[TEXT_GUID];
	uint32_t room = own.data ? GUIDS_MAX - 1 : GUIDS_MAX;
	size_t row = pairs_find(&import->guids, entry->owner);
	struct slice guid;

	entry->guid_count = 0;
	while ((guid = pairs_value(&import->guids, row++, entry->owner)).data) {
		if (own.data && slice_equal(guid, own))
			continue;
		if (entry->guid_count < room)
			entry->guids[entry->guid_count++] = guid;
		else
			tally_skip(import->tally, TALLY_GUIDS, guid,
				   "an entry of its user leads from eight others already");
	}
	if (own.data)
		entry->guids[entry->guid_count++] = own;
}

static bool is_pending(const struct import *import, struct entry_key key)
{
	const struct pairs *pending = &import->pending[key.kind];

	return pairs_find(pending, key.id) < pending->count;
}

static void submit(struct import *import, struct write *write)
{
	struct import_request *request = &write->request;

	if (request->entry.key.kind == ENTRY_HYPERTY)
		add_guids(import, &request->entry);
	request->pending = is_pending(import, request->entry.key);
	request->expires_max_s = import->options->expires_max_s;
	request->retention_s = import->options->retention_s;
	writer_submit(&import->writer, write);
}

static int take_row(struct import *import, int table, const struct original_row *row, bool is_copy)
{
	struct write *write = writer_take(&import->writer);
	char reason[REASON_SIZE];
	int r;

	if (!write)
		return -EIO;
	r = original_entry(original_tables[table].kind, row, &write->arena, &write->request.entry,
			   reason, sizeof(reason));
	if (r == 0) {
		write->row = table;
		write->is_copy = is_copy;
		submit(import, write);
		return 0;
	}
	writer_put_back(&import->writer, write);
	if (r < 0)
		return r;
	tally_skip(import->tally, table, cass_text_of(row->values[ORIGINAL_ID]), reason);
	return 0;
}

/* A table that counts. */
static int take_rows(struct import *import, const struct scan *scan, struct cql_rows *rows)
{
	struct original_row row;
	int r = 0;

	while (r == 0 && original_next(&import->original->selects[scan->row], rows, &row)) {
		tally_add(import->tally, scan->row, TALLY_READ);
		r = take_row(import, scan->row, &row, false);
		tally_progress(import->tally, scan->row);
	}
	/* What is in flight points into rows. */
	return writer_drain(&import->writer) ? r : -EIO;
}

static void on_over(void *ctx, const struct write *write)
{
	struct import *import = ctx;
	struct slice id = write->change.key.id;
	char reason[REASON_SIZE];

	if (write->change.op.result == STORE_DAMAGED) {
		tally_skip(import->tally, write->row, id, "what the store has there is damaged");
	} else if (write->change.outcome == IMPORT_OTHERS) {
		tally_skip(import->tally, write->row, id, "the store has it of another user");
	} else if (write->change.outcome == IMPORT_THERE) {
		tally_add(import->tally, write->row, TALLY_THERE);
	} else {
		tally_add(import->tally, write->row, TALLY_WRITTEN);
		import->tally->told += write->change.outcome == IMPORT_WRITTEN_TOLD;
		snprintf(reason, sizeof(reason), "is not in %s: taken from here",
			 original_tables[original_tables[write->row].main].name);
		if (write->is_copy)
			tally_differ(import->tally, write->row, id, reason);
	}
}

/* ---- Copies ---- */

static bool same_value(struct cql_value a, struct cql_value b)
{
	return slice_same(cass_text_of(a), cass_text_of(b));
}

/* Adds a column's name, of which there may be many. */
static void add_name(char *text, size_t size, const char *name)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s%s", len ? ", " : "", name);
}

static bool is_in_both(const struct import *import, int table, int column)
{
	const struct original_select *selects = import->original->selects;

	return selects[table].at[column] >= 0 &&
	       selects[original_tables[table].main].at[column] >= 0;
}

static void compare(struct import *import, int table, const struct original_row *row,
		    const struct original_row *main)
{
	const char *main_name = original_tables[original_tables[table].main].name;
	char names[REASON_SIZE] = "";
	char reason[2 * REASON_SIZE];

	for (int i = 0; i < ORIGINAL_COLUMN_COUNT; i++) {
		if (is_in_both(import, table, i) && !same_value(row->values[i], main->values[i]))
			add_name(names, sizeof(names),
				 original_column_name(original_tables[table].kind,
						      (enum original_column)i));
	}
	if (!same_value(row->values[ORIGINAL_USER], main->values[ORIGINAL_USER]) &&
	    is_in_both(import, table, ORIGINAL_USER))
		snprintf(reason, sizeof(reason), "is of user %s here, of %s in %s, which counts",
			 quote(cass_text_of(row->values[ORIGINAL_USER])).text,
			 quote(cass_text_of(main->values[ORIGINAL_USER])).text, main_name);
	else
		snprintf(reason, sizeof(reason), "differs from %s, which counts: %s", main_name,
			 names);
	if (names[0])
		tally_differ(import->tally, table, cass_text_of(row->values[ORIGINAL_ID]), reason);
}

/* Of one that is to be told of only this counts; what it was like may have changed since. */
static void compare_news(struct import *import, int table, const struct original_row *row,
			 const struct original_row *main)
{
	struct slice status = cass_text_of(main->values[ORIGINAL_STATUS]);
	char reason[REASON_SIZE];

	if (slice_equal(status, STATUS_DISCONNECTED))
		return;
	snprintf(reason, sizeof(reason), "is not disconnected in %s, which counts",
		 original_tables[original_tables[table].main].name);
	tally_differ(import->tally, table, cass_text_of(row->values[ORIGINAL_ID]), reason);
}

static int take_copy(struct import *import, int table, const struct original_row *row,
		     struct cql_rows *main_rows)
{
	struct original_row main;

	if (!original_next(&import->original->selects[original_tables[table].main], main_rows,
			   &main))
		return take_row(import, table, row, true);
	if (original_tables[table].is_news)
		compare_news(import, table, row, &main);
	else
		compare(import, table, row, &main);
	tally_add(import->tally, table, TALLY_THERE);
	return 0;
}

/* Asks for what the table that counts has, for all rows of a page at once. */
static size_t ask_main(struct import *import, int table, struct cql_rows *rows)
{
	const struct original_select *selects = import->original->selects;
	size_t count = 0;

	while (count < PAGE_ROWS &&
	       original_next(&selects[table], rows, &import->copies[count].row)) {
		struct copy *copy = &import->copies[count++];
		const struct cql_bound bound = {selects[original_tables[table].main].get,
						&copy->row.values[ORIGINAL_ID], 1};

		session_read(&import->original->session, import->gate, &copy->main, &bound,
			     SLICE_NONE, 0);
	}
	session_gate_wait(import->gate);
	return count;
}

/* One that was not answered is asked for again, by itself. */
static int see_main(struct import *import, int table, struct copy *copy)
{
	const struct cql_bound bound = {import->original->selects[original_tables[table].main].get,
					&copy->row.values[ORIGINAL_ID], 1};

	if (copy->main.request.result == CQL_DONE)
		return 0;
	return session_ask(&import->original->session, &bound, SLICE_NONE, 0,
			   &copy->main.request.rows, import->reason, import->reason_size);
}

static int take_copies(struct import *import, const struct scan *scan, struct cql_rows *rows)
{
	size_t count = ask_main(import, scan->row, rows);
	int r = 0;

	for (size_t i = 0; i < count; i++) {
		struct copy *copy = &import->copies[i];

		if (r == 0) {
			tally_add(import->tally, scan->row, TALLY_READ);
			r = see_main(import, scan->row, copy);
		}
		if (r == 0)
			r = take_copy(import, scan->row, &copy->row, copy->main.request.rows);
		cql_rows_free(copy->main.request.rows);
		tally_progress(import->tally, scan->row);
	}
	return writer_drain(&import->writer) ? r : -EIO;
}

/* ---- All of it ---- */

static int import_table(struct import *import, int table)
{
	const struct scan scan = {
		.statement = import->original->selects[table].scan,
		.row = table,
		.take = (int)original_tables[table].main == table ? take_rows : take_copies,
		.noted = true,
	};

	if (!scan.statement) {
		tally_break_line(import->tally);
		fprintf(stderr, "passed over: %s: keyspace %s has no such table\n",
			original_tables[table].name, import->original->keyspace);
		return 0;
	}
	if (table == import->state.table)
		return scan_all(import, &scan, &import->state.page);
	return scan_from_start(import, &scan);
}

static int load_state(struct import *import)
{
	const struct import_options *options = import->options;
	int r = 0;

	if (options->state_path)
		r = import_state_load(options->state_path, options->journey, &import->state,
				      import->tally, import->reason, import->reason_size);
	/* These are read each time. */
	for (int i = 0; i < TALLY_COUNT; i++)
		import->tally->counts[TALLY_GUIDS][i] = 0;
	return r;
}

static int run(struct import *import)
{
	int r = load_state(import);

	if (r == 0)
		r = read_guids(import);
	if (r == 0)
		r = read_pending(import);
	for (int table = import->state.table; table < ORIGINAL_TABLE_COUNT && r == 0; table++)
		r = import_table(import, table);
	if (r == 0 && import->options->state_path)
		import_state_remove(import->options->state_path);
	return r;
}

/* Unless whoever found out has said so. */
static void say_why(struct import *import, int r, struct store *store)
{
	struct store_health health;

	if (r == -ENOMEM)
		snprintf(import->reason, import->reason_size, "out of memory");
	if (r == -EINTR)
		snprintf(import->reason, import->reason_size, "ended by a signal");
	if (!import->writer.failed)
		return;
	store_health(store, &health);
	snprintf(import->reason, import->reason_size, "the store cannot be written: %s",
		 health.reason[0] ? health.reason : "a change failed");
}

int import_run(struct original *original, struct store *store, const struct import_options *options,
	       struct tally *tally, char *ret_reason, size_t reason_size)
{
	struct import *import = calloc(1, sizeof(*import));
	int r = -ENOMEM;

	if (!import)
		return r;
	import->original = original;
	import->options = options;
	import->tally = tally;
	import->reason = ret_reason;
	import->reason_size = reason_size;
	import->gate = session_gate_new();
	writer_init(&import->writer, store, on_over, import);

	if (import->gate)
		r = run(import);
	if (r < 0)
		say_why(import, r, store);

	writer_deinit(&import->writer);
	session_gate_free(import->gate);
	pairs_deinit(&import->guids);
	for (int kind = 0; kind < ENTRY_KIND_COUNT; kind++)
		pairs_deinit(&import->pending[kind]);
	buffer_deinit(&import->state.page);
	free(import);
	return r;
}
