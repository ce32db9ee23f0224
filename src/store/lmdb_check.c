/*
 * Checks the tables against each other, both ways: from each entry to the rows that must lead to
 * it, and from each row to the entry that it must lead to.
 */
#include "store/lmdb_check.h"

#include <errno.h>
#include <string.h>

#include "model/record.h"

#define ASTRAY "it leads to nothing, or astray"

struct checking {
	struct lmdb_snapshot *snapshot;
	const struct lmdb_check *check;
	struct lmdb_checked checked;
	uint64_t all;
	uint64_t pending; /* rows of that table */
};

typedef void check_row(struct checking *checking, MDB_val key, MDB_val value);

static void fault(struct checking *checking, const char *table, MDB_val key, const char *what)
{
	checking->checked.faults++;
	checking->check->fault(checking->check->ctx, table, key, what);
}

static int note_row(struct checking *checking)
{
	const struct lmdb_check *check = checking->check;

	return check->progress(check->ctx, ++checking->checked.rows, checking->all) ? 0 : -EINTR;
}

/* ---- Looking things up ---- */

static bool same(MDB_val a, MDB_val b)
{
	return a.mv_size == b.mv_size && memcmp(a.mv_data, b.mv_data, a.mv_size) == 0;
}

/* INDEX_COUNT or more: it is none of ours. */
static enum store_index index_of(MDB_val key)
{
	return (enum store_index)(*(const unsigned char *)key.mv_data);
}

static bool has_row(struct checking *checking, MDB_dbi table, MDB_val key, MDB_val value)
{
	MDB_cursor *cursor;
	int r = mdb_cursor_open(checking->snapshot->txn, table, &cursor);

	if (r != 0)
		return false;
	r = mdb_cursor_get(cursor, &key, &value, MDB_GET_BOTH);
	mdb_cursor_close(cursor);
	return r == 0;
}

static bool get_entry(struct checking *checking, MDB_val key, struct entry *ret_entry,
		      uint64_t *ret_number)
{
	struct lmdb_snapshot *snapshot = checking->snapshot;
	MDB_val value;

	return mdb_get(snapshot->txn, snapshot->env.entries, &key, &value) == 0 &&
	       lmdb_value_decode(value, ret_entry, ret_number) == RECORD_OK;
}

/* ---- From entries to what leads to them ---- */

static bool leads(struct checking *checking, enum store_index index, struct slice text,
		  MDB_val value)
{
	const struct lmdb_env *env = &checking->snapshot->env;
	unsigned char key[LMDB_INDEX_KEY_BYTES];

	if (!text.data)
		return true;
	lmdb_index_key(env, index, text, key);
	return has_row(checking, env->index, (MDB_val){sizeof(key), key}, value);
}

/* An e-mail and a GUID lead to the key of a user; a GUID's row names the entry, too. */
static bool leads_to_user(struct checking *checking, enum store_index index, struct slice text,
			  const struct entry *entry)
{
	const struct lmdb_env *env = &checking->snapshot->env;
	unsigned char user[2 * LMDB_INDEX_KEY_BYTES];
	size_t len = index == INDEX_GUID ? sizeof(user) : LMDB_INDEX_KEY_BYTES;

	lmdb_index_key(env, INDEX_USER, entry->owner, user);
	lmdb_index_key(env, INDEX_USER, entry->key.id, user + LMDB_INDEX_KEY_BYTES);
	return leads(checking, index, text, (MDB_val){len, user});
}

static void check_hyperty(struct checking *checking, MDB_val key, const struct entry *entry)
{
	if (!leads(checking, INDEX_USER, entry->owner, key))
		fault(checking, "entries", key, "its user does not lead to it");
	if (!leads_to_user(checking, INDEX_EMAIL, user_email(entry->owner), entry))
		fault(checking, "entries", key, "its e-mail does not lead to its user");
	for (uint32_t i = 0; i < entry->guid_count; i++) {
		if (!leads_to_user(checking, INDEX_GUID, entry->guids[i], entry))
			fault(checking, "entries", key, "its GUID does not lead to its user");
	}
}

static void check_data_object(struct checking *checking, MDB_val key, const struct entry *entry)
{
	if (!leads(checking, INDEX_NAME, entry->fields.text[TEXT_NAME], key))
		fault(checking, "entries", key, "its name does not lead to it");
	if (!leads(checking, INDEX_REPORTER, entry->fields.text[TEXT_REPORTER], key))
		fault(checking, "entries", key, "its reporter does not lead to it");
}

static bool is_placed_in_time(struct checking *checking, MDB_val key, const struct entry *entry)
{
	struct lmdb_number due = lmdb_number_of((uint64_t)entry->due_s);

	return entry->due_s == 0 ||
	       has_row(checking, checking->snapshot->env.due, (MDB_val){sizeof(due), &due}, key);
}

static int see_entry(void *ctx, MDB_val key, const struct entry *entry, uint64_t number)
{
	struct checking *checking = ctx;
	struct lmdb_entry_key expected;

	(void)number; /* one that nobody waits for any more may stand there */
	if (!entry) {
		fault(checking, "entries", key, "the record is not what was written");
		return note_row(checking);
	}
	checking->checked.entries[entry->key.kind]++;
	checking->checked.disconnected[entry->key.kind] += entry_is_disconnected(entry);
	lmdb_entry_key(&checking->snapshot->env, entry->key, &expected);
	if (!same(key, (MDB_val){expected.len, expected.bytes}))
		fault(checking, "entries", key, "the record is another entry's");
	else if (entry->key.kind == ENTRY_HYPERTY)
		check_hyperty(checking, key, entry);
	else
		check_data_object(checking, key, entry);
	if (!is_placed_in_time(checking, key, entry))
		fault(checking, "entries", key, "the time index does not have it");
	return note_row(checking);
}

/* ---- From rows to what they lead to ---- */

static int each_row(struct checking *checking, MDB_dbi table, check_row *check)
{
	MDB_cursor *cursor;
	MDB_val key;
	MDB_val value;
	int failed = 0;
	int r = mdb_cursor_open(checking->snapshot->txn, table, &cursor);

	if (r != 0)
		return lmdb_errno(r);
	r = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
	while (r == 0 && failed == 0) {
		check(checking, key, value);
		failed = note_row(checking);
		r = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	if (failed < 0)
		return failed;
	return r == MDB_NOTFOUND ? 0 : lmdb_errno(r);
}

/* Whether an entry's own text makes this key of the index. */
static bool makes_key(struct checking *checking, const struct entry *entry, MDB_val key)
{
	enum store_index index = index_of(key);
	struct slice text =
		index == INDEX_EMAIL ? user_email(entry->owner) : entry_index_key(entry, index);
	unsigned char expected[LMDB_INDEX_KEY_BYTES];

	if (!text.data)
		return false;
	lmdb_index_key(&checking->snapshot->env, index, text, expected);
	return same(key, (MDB_val){sizeof(expected), expected});
}

static bool carries(struct checking *checking, const struct entry *entry, MDB_val key,
		    MDB_val value)
{
	const struct lmdb_env *env = &checking->snapshot->env;
	unsigned char expected[LMDB_INDEX_KEY_BYTES];
	bool carried = false;

	lmdb_index_key(env, INDEX_USER, entry->key.id, expected);
	if (memcmp((const char *)value.mv_data + LMDB_INDEX_KEY_BYTES, expected,
		   sizeof(expected)) != 0)
		return false;
	for (uint32_t i = 0; i < entry->guid_count && !carried; i++) {
		lmdb_index_key(env, INDEX_GUID, entry->guids[i], expected);
		carried = same(key, (MDB_val){sizeof(expected), expected});
	}
	return carried;
}

/* Whether one of the user's entries justifies the row. */
static bool leads_somewhere(struct checking *checking, MDB_val key, MDB_val value)
{
	bool is_guid = index_of(key) == INDEX_GUID;
	MDB_val user = {LMDB_INDEX_KEY_BYTES, value.mv_data};
	MDB_cursor *cursor;
	struct entry entry;
	uint64_t number;
	bool found = false;
	MDB_val place;
	int r = mdb_cursor_open(checking->snapshot->txn, checking->snapshot->env.index, &cursor);

	if (r != 0)
		return false;
	r = mdb_cursor_get(cursor, &user, &place, MDB_SET_KEY);
	while (r == 0 && !found) {
		if (get_entry(checking, place, &entry, &number))
			found = is_guid ? carries(checking, &entry, key, value)
					: makes_key(checking, &entry, key);
		r = mdb_cursor_get(cursor, &user, &place, MDB_NEXT_DUP);
	}
	mdb_cursor_close(cursor);
	return found;
}

static bool index_row_is_sound(struct checking *checking, MDB_val key, MDB_val value)
{
	enum store_index index = index_of(key);
	size_t users = index == INDEX_GUID ? 2 * LMDB_INDEX_KEY_BYTES : LMDB_INDEX_KEY_BYTES;
	struct entry entry;
	uint64_t number;

	if (key.mv_size != LMDB_INDEX_KEY_BYTES || index >= INDEX_COUNT)
		return false;
	if (index == INDEX_GUID || index == INDEX_EMAIL)
		return value.mv_size == users && leads_somewhere(checking, key, value);
	return get_entry(checking, value, &entry, &number) && makes_key(checking, &entry, key);
}

static void check_index_row(struct checking *checking, MDB_val key, MDB_val value)
{
	if (!index_row_is_sound(checking, key, value))
		fault(checking, "index", key, ASTRAY);
}

static void check_due_row(struct checking *checking, MDB_val key, MDB_val value)
{
	struct entry entry;
	uint64_t number;

	if (!get_entry(checking, value, &entry, &number) || key.mv_size != sizeof(number) ||
	    (uint64_t)entry.due_s != lmdb_number_value(key))
		fault(checking, "due", key, ASTRAY);
}

static void check_pending_row(struct checking *checking, MDB_val key, MDB_val value)
{
	struct entry entry;
	uint64_t number;

	checking->pending++;
	if (!get_entry(checking, value, &entry, &number) || key.mv_size != sizeof(number) ||
	    number != lmdb_number_value(key))
		fault(checking, "pending", key, ASTRAY);
}

/* ---- All of it ---- */

static uint64_t rows_of(struct checking *checking, MDB_dbi table)
{
	MDB_stat stat;

	return mdb_stat(checking->snapshot->txn, table, &stat) == 0 ? stat.ms_entries : 0;
}

static void check_counts(struct checking *checking)
{
	const struct lmdb_state *state = &checking->snapshot->state;
	MDB_val name = {strlen("state"), (void *)"state"};

	for (int kind = 0; kind < ENTRY_KIND_COUNT; kind++) {
		if (state->entries[kind] != checking->checked.entries[kind])
			fault(checking, "meta", name, "there are not as many entries as it says");
		if (state->disconnected[kind] != checking->checked.disconnected[kind])
			fault(checking, "meta", name, "not as many are disconnected as it says");
	}
	if (state->pending != checking->pending)
		fault(checking, "meta", name, "there is not as much pending as it says");
}

int lmdb_check(struct lmdb_snapshot *snapshot, const struct lmdb_check *check,
	       struct lmdb_checked *ret_checked)
{
	struct checking checking = {.snapshot = snapshot, .check = check};
	const struct lmdb_env *env = &snapshot->env;
	int r;

	checking.all = rows_of(&checking, env->entries) + rows_of(&checking, env->index) +
		       rows_of(&checking, env->due) + rows_of(&checking, env->pending);
	r = lmdb_snapshot_scan(snapshot, SLICE_NONE, see_entry, &checking);
	if (r == 0)
		r = each_row(&checking, env->index, check_index_row);
	if (r == 0)
		r = each_row(&checking, env->due, check_due_row);
	if (r == 0)
		r = each_row(&checking, env->pending, check_pending_row);
	if (r == 0)
		check_counts(&checking);
	*ret_checked = checking.checked;
	return r;
}
