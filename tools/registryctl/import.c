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

#include "registryctl/import_inside.h"
#include "registryctl/stop.h"
#include "store/cassandra_value.h"

/* ---- Pages ---- */

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
	int r = session_ask(&import->original->session, &bound, from, IMPORT_PAGE_ROWS, &rows,
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

/* ---- All of it ---- */

static int import_table(struct import *import, int table)
{
	const struct scan scan = {
		.statement = import->original->selects[table].scan,
		.row = table,
		.take = (int)original_tables[table].main == table ? import_take_rows
								  : import_take_copies,
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
	writer_init(&import->writer, store, import_on_over, import);

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
