/* Rows that stand in the original twice: compared with the table that counts, taken if it lacks
 * them. */
#include <errno.h>
#include <stdio.h>

#include "config/reason.h"
#include "registryctl/import_inside.h"
#include "store/cassandra_value.h"

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
		return import_take_row(import, table, row, true);
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

	while (count < IMPORT_PAGE_ROWS &&
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

int import_take_copies(struct import *import, const struct scan *scan, struct cql_rows *rows)
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
