/*
 * A row of the original as an entry of ours.
 *
 * Cassandra does not tell an empty list from none, so none is an empty one.
 */
#include "registryctl/original_entry.h"

#include <errno.h>
#include <stdio.h>

#include "api/json_time.h"
#include "config/reason.h"
#include "store/cassandra_entry.h"

struct reading {
	enum entry_kind kind;
	const struct original_row *row;
	struct arena *arena;
	char *reason;
	size_t reason_size;
};

/* Which column is which text, and in which kinds a row without it is none. */
static const struct {
	enum original_column column;
	enum text_member member;
	bool required[ENTRY_KIND_COUNT];
} texts[] = {
	{ORIGINAL_DESCRIPTOR, TEXT_DESCRIPTOR, {true, false}},
	{ORIGINAL_SCHEMA, TEXT_SCHEMA, {false, true}},
	{ORIGINAL_NAME, TEXT_NAME, {false, true}},
	{ORIGINAL_REPORTER, TEXT_REPORTER, {false, true}},
	{ORIGINAL_STATUS, TEXT_STATUS, {true, true}},
	{ORIGINAL_RUNTIME, TEXT_RUNTIME, {true, true}},
	{ORIGINAL_GUID, TEXT_GUID, {false, false}},
	{ORIGINAL_P2P_REQUESTER, TEXT_P2P_REQUESTER, {false, false}},
	{ORIGINAL_P2P_HANDLER, TEXT_P2P_HANDLER, {false, false}},
};

static const enum original_column lists[LIST_COUNT] = {
	[LIST_RESOURCES] = ORIGINAL_RESOURCES,
	[LIST_DATA_SCHEMES] = ORIGINAL_DATA_SCHEMES,
};

static int refuse(struct reading *reading, enum original_column column, const char *what)
{
	snprintf(reading->reason, reading->reason_size, "%s %s",
		 original_column_name(reading->kind, column), what);
	return ORIGINAL_UNREADABLE;
}

static int refuse_quoting(struct reading *reading, enum original_column column, const char *what,
			  struct slice text)
{
	char whole[REASON_SIZE];

	snprintf(whole, sizeof(whole), "%s: %s", what, quote(text).text);
	return refuse(reading, column, whole);
}

/* ---- Times ---- */

static int read_time(struct reading *reading, enum original_column column, int64_t *ret_wall_s)
{
	struct slice text = cass_text_of(reading->row->values[column]);

	if (!text.data)
		return refuse(reading, column, "is missing");
	if (!json_read_time(text, ret_wall_s))
		return refuse_quoting(reading, column, "is not a time", text);
	return 0;
}

/* ---- Members ---- */

static int read_required(struct reading *reading, enum original_column column,
			 struct slice *ret_text)
{
	*ret_text = cass_text_of(reading->row->values[column]);
	if (!ret_text->data)
		return refuse(reading, column, "is missing");
	return ret_text->len > 0 ? 0 : refuse(reading, column, "is empty");
}

static int read_texts(struct reading *reading, struct entry *entry)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct slice text = cass_text_of(reading->row->values[texts[i].column]);

		if (!text.data && texts[i].required[reading->kind])
			return refuse(reading, texts[i].column, "is missing");
		entry->fields.text[texts[i].member] = text;
	}
	return 0;
}

static int read_lists(struct reading *reading, struct entry *entry)
{
	for (int i = 0; i < LIST_COUNT; i++) {
		int r = cass_texts_decode(reading->row->values[lists[i]], reading->arena,
					  &entry->fields.list[i]);

		if (r < 0)
			return r;
		if (r > 0)
			return refuse(reading, lists[i], "is not a list");
		if (!entry->fields.list[i].packed.data)
			entry->fields.list[i] = (struct text_list){SLICE(""), 0};
	}
	return 0;
}

static int read_expires(struct reading *reading, struct entry *entry)
{
	struct cql_value value = reading->row->values[ORIGINAL_EXPIRES];

	if (!value.data)
		return refuse(reading, ORIGINAL_EXPIRES, "is missing");
	entry->fields.expires_s = cass_int_of(value);
	return entry->fields.expires_s >= 0 ? 0 : refuse(reading, ORIGINAL_EXPIRES, "is negative");
}

static int read_all(struct reading *reading, struct entry *entry)
{
	int r = read_required(reading, ORIGINAL_ID, &entry->key.id);

	if (r == 0 && reading->kind == ENTRY_HYPERTY)
		r = read_required(reading, ORIGINAL_USER, &entry->owner);
	if (r == 0)
		r = read_texts(reading, entry);
	if (r == 0)
		r = read_lists(reading, entry);
	if (r == 0)
		r = read_expires(reading, entry);
	if (r == 0)
		r = read_time(reading, ORIGINAL_STARTING, &entry->starting_wall_s);
	if (r == 0)
		r = read_time(reading, ORIGINAL_MODIFIED, &entry->modified_wall_s);
	return r;
}

int original_entry(enum entry_kind kind, const struct original_row *row, struct arena *arena,
		   struct entry *ret_entry, char *ret_reason, size_t reason_size)
{
	struct reading reading = {kind, row, arena, ret_reason, reason_size};
	struct entry entry = {.key.kind = kind};
	int r = read_all(&reading, &entry);

	if (r != 0)
		return r;
	if (entry.fields.text[TEXT_GUID].data)
		entry.guids[entry.guid_count++] = entry.fields.text[TEXT_GUID];
	*ret_entry = entry;
	return 0;
}
