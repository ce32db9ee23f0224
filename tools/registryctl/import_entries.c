/* Rows of the original become entries of the store. */
#include <errno.h>
#include <stdio.h>

#include "config/reason.h"
#include "registryctl/import_inside.h"
#include "registryctl/original_entry.h"
#include "store/cassandra_value.h"

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

int import_take_row(struct import *import, int table, const struct original_row *row, bool is_copy)
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

int import_take_rows(struct import *import, const struct scan *scan, struct cql_rows *rows)
{
	struct original_row row;
	int r = 0;

	while (r == 0 && original_next(&import->original->selects[scan->row], rows, &row)) {
		tally_add(import->tally, scan->row, TALLY_READ);
		r = import_take_row(import, scan->row, &row, false);
		tally_progress(import->tally, scan->row);
	}
	/* What is in flight points into rows. */
	return writer_drain(&import->writer) ? r : -EIO;
}

void import_on_over(void *ctx, const struct write *write)
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
