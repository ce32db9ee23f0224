/* What a change writes, inside one write transaction. */
#include "store/lmdb_tables.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "model/record.h"

/* An entry as it stands in the table, copied out: its page may move under the writes that follow.
 */
struct stored {
	bool exists;
	struct entry entry;
	uint64_t pending;
};

static MDB_val val_of(const void *data, size_t len)
{
	return (MDB_val){len, (void *)data};
}

static int put(struct lmdb_write *write, MDB_dbi table, MDB_val key, MDB_val value, unsigned flags)
{
	int r = mdb_put(write->txn, table, &key, &value, flags);

	write->dirty = true;
	return r == MDB_KEYEXIST ? 0 : lmdb_errno(r);
}

/* What is not there is no error. */
static int del(struct lmdb_write *write, MDB_dbi table, MDB_val key, const MDB_val *value)
{
	MDB_val copy = value ? *value : (MDB_val){0, NULL};
	int r = mdb_del(write->txn, table, &key, value ? &copy : NULL);

	write->dirty = true;
	return r == MDB_NOTFOUND ? 0 : lmdb_errno(r);
}

/* ---- What leads to entries ---- */

struct index_row {
	unsigned char key[LMDB_INDEX_KEY_BYTES];
	unsigned char value[LMDB_ENTRY_KEY_MAX];
	size_t value_len;
};

static int put_row(struct lmdb_write *write, const struct index_row *row)
{
	return put(write, write->env->index, val_of(row->key, sizeof(row->key)),
		   val_of(row->value, row->value_len), MDB_NODUPDATA);
}

static int del_row(struct lmdb_write *write, const struct index_row *row)
{
	MDB_val value = val_of(row->value, row->value_len);

	return del(write, write->env->index, val_of(row->key, sizeof(row->key)), &value);
}

static void entry_row(struct lmdb_write *write, enum store_index index, struct slice key,
		      const struct lmdb_entry_key *entry_key, struct index_row *ret_row)
{
	lmdb_index_key(write->env, index, key, ret_row->key);
	memcpy(ret_row->value, entry_key->bytes, entry_key->len);
	ret_row->value_len = entry_key->len;
}

/* An e-mail leads to the keys under which its users stand in the user index. */
static void email_row(struct lmdb_write *write, struct slice user, struct index_row *ret_row)
{
	lmdb_index_key(write->env, INDEX_EMAIL, user_email(user), ret_row->key);
	lmdb_index_key(write->env, INDEX_USER, user, ret_row->value);
	ret_row->value_len = LMDB_INDEX_KEY_BYTES;
}

/* So does a GUID; a row for each entry that carried it, so that the last one takes the user along.
 */
static void guid_row(struct lmdb_write *write, struct slice guid, const struct entry *entry,
		     struct index_row *ret_row)
{
	lmdb_index_key(write->env, INDEX_GUID, guid, ret_row->key);
	lmdb_index_key(write->env, INDEX_USER, entry->owner, ret_row->value);
	lmdb_index_key(write->env, INDEX_USER, entry->key.id,
		       ret_row->value + LMDB_INDEX_KEY_BYTES);
	ret_row->value_len = 2 * LMDB_INDEX_KEY_BYTES;
}

static bool carries_guid(const struct entry *entry, struct slice guid)
{
	for (uint32_t i = 0; i < entry->guid_count; i++) {
		if (slice_equal(entry->guids[i], guid))
			return true;
	}
	return false;
}

/* Rows for the GUIDs that a has and b has not. */
static int each_guid_row(struct lmdb_write *write, const struct entry *a, const struct entry *b,
			 int (*do_row)(struct lmdb_write *, const struct index_row *))
{
	struct index_row row;

	for (uint32_t i = 0; i < a->guid_count; i++) {
		int r;

		if (b && carries_guid(b, a->guids[i]))
			continue;
		guid_row(write, a->guids[i], a, &row);
		r = do_row(write, &row);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Moves the row of one index if the key differs; absent keys have none. */
static int move_row(struct lmdb_write *write, enum store_index index, struct slice old,
		    struct slice key, const struct lmdb_entry_key *entry_key)
{
	struct index_row row;
	int r = 0;

	if (old.data && key.data && slice_equal(old, key))
		return 0;
	if (old.data) {
		entry_row(write, index, old, entry_key, &row);
		r = del_row(write, &row);
	}
	if (r == 0 && key.data) {
		entry_row(write, index, key, entry_key, &row);
		r = put_row(write, &row);
	}
	return r;
}

static int user_has_entries(struct lmdb_write *write, struct slice user, bool *ret_has)
{
	unsigned char index_key[LMDB_INDEX_KEY_BYTES];
	MDB_val key = val_of(index_key, sizeof(index_key));
	MDB_val value;
	int r;

	lmdb_index_key(write->env, INDEX_USER, user, index_key);
	r = mdb_get(write->txn, write->env->index, &key, &value);
	*ret_has = r == 0;
	return r == MDB_NOTFOUND ? 0 : lmdb_errno(r);
}

/* The user comes with its first entry and goes with its last (spec 1). */
static int move_owner(struct lmdb_write *write, struct slice user, bool joins,
		      const struct lmdb_entry_key *entry_key)
{
	struct index_row row;
	bool has = false;
	int r;

	entry_row(write, INDEX_USER, user, entry_key, &row);
	r = joins ? user_has_entries(write, user, &has) : del_row(write, &row);
	if (r == 0)
		r = joins ? put_row(write, &row) : user_has_entries(write, user, &has);
	if (r < 0 || has || !user_email(user).data)
		return r;
	email_row(write, user, &row);
	return joins ? put_row(write, &row) : del_row(write, &row);
}

/* NULL for an entry that is not there, before or after. */
static int move_rows(struct lmdb_write *write, const struct entry *old, const struct entry *entry,
		     const struct lmdb_entry_key *entry_key)
{
	static const struct fields none;
	const struct fields *before = old ? &old->fields : &none;
	const struct fields *after = entry ? &entry->fields : &none;
	const struct entry *any = entry ? entry : old;
	int r = 0;

	if (any->key.kind == ENTRY_DATA_OBJECT) {
		r = move_row(write, INDEX_NAME, before->text[TEXT_NAME], after->text[TEXT_NAME],
			     entry_key);
		if (r < 0)
			return r;
		return move_row(write, INDEX_REPORTER, before->text[TEXT_REPORTER],
				after->text[TEXT_REPORTER], entry_key);
	}
	if (!old || !entry)
		r = move_owner(write, any->owner, entry != NULL, entry_key);
	if (r == 0 && old)
		r = each_guid_row(write, old, entry, del_row);
	if (r == 0 && entry)
		r = each_guid_row(write, entry, old, put_row);
	return r;
}

/* ---- The time index ---- */

static int del_due(struct lmdb_write *write, int64_t due_s, const struct lmdb_entry_key *entry_key)
{
	struct lmdb_number number = lmdb_number_of((uint64_t)due_s);
	MDB_val value = val_of(entry_key->bytes, entry_key->len);

	return del(write, write->env->due, val_of(&number, sizeof(number)), &value);
}

static int put_due(struct lmdb_write *write, int64_t due_s, const struct lmdb_entry_key *entry_key)
{
	struct lmdb_number number = lmdb_number_of((uint64_t)due_s);

	return put(write, write->env->due, val_of(&number, sizeof(number)),
		   val_of(entry_key->bytes, entry_key->len), MDB_NODUPDATA);
}

/* A row that is too early may stay: the sweep puts it back. One that is too late must move. */
static int place_due(struct lmdb_write *write, int64_t row_s, struct entry *entry,
		     const struct lmdb_entry_key *entry_key)
{
	int r = 0;

	if (row_s != 0 && (entry->due_s == 0 || entry->due_s >= row_s)) {
		entry->due_s = row_s;
		return 0;
	}
	if (row_s != 0)
		r = del_due(write, row_s, entry_key);
	if (r == 0 && entry->due_s != 0)
		r = put_due(write, entry->due_s, entry_key);
	return r;
}

/* ---- Pending updates ---- */

/* Only a row that leads here counts: the number is not behind the record's checksum. */
static int find_pending(struct lmdb_write *write, uint64_t number,
			const struct lmdb_entry_key *entry_key, bool *ret_found)
{
	struct lmdb_number bytes = lmdb_number_of(number);
	MDB_val key = val_of(&bytes, sizeof(bytes));
	MDB_val value;
	int r;

	*ret_found = false;
	if (number == 0)
		return 0;
	r = mdb_get(write->txn, write->env->pending, &key, &value);
	*ret_found = r == 0 && value.mv_size == entry_key->len &&
		     memcmp(value.mv_data, entry_key->bytes, entry_key->len) == 0;
	return r == MDB_NOTFOUND ? 0 : lmdb_errno(r);
}

static int add_pending(struct lmdb_write *write, const struct lmdb_entry_key *entry_key,
		       uint64_t *number)
{
	struct lmdb_number bytes;

	*number = ++write->state.next_pending;
	bytes = lmdb_number_of(*number);
	write->state.pending++;
	return put(write, write->env->pending, val_of(&bytes, sizeof(bytes)),
		   val_of(entry_key->bytes, entry_key->len), 0);
}

static int drop_pending(struct lmdb_write *write, uint64_t *number)
{
	struct lmdb_number bytes = lmdb_number_of(*number);

	*number = 0;
	write->state.pending--;
	return del(write, write->env->pending, val_of(&bytes, sizeof(bytes)), NULL);
}

static int move_pending(struct lmdb_write *write, enum change_news news,
			const struct lmdb_entry_key *entry_key, uint64_t *number)
{
	bool is_pending;
	int r;

	if (news == NEWS_KEEP)
		return 0;
	r = find_pending(write, *number, entry_key, &is_pending);
	if (r < 0)
		return r;
	if (news == NEWS_ADD && !is_pending)
		return add_pending(write, entry_key, number);
	if (news == NEWS_DROP && is_pending)
		return drop_pending(write, number);
	return 0;
}

int lmdb_remove_pending(struct lmdb_write *write, uint64_t first, uint64_t last)
{
	struct lmdb_number start = lmdb_number_of(first);
	MDB_val key = val_of(&start, sizeof(start));
	MDB_val value;
	MDB_cursor *cursor;
	int r = mdb_cursor_open(write->txn, write->env->pending, &cursor);

	if (r != 0)
		return lmdb_errno(r);
	r = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
	while (r == 0 && lmdb_number_value(key) <= last) {
		write->dirty = true;
		write->state.pending--;
		r = mdb_cursor_del(cursor, 0);
		if (r == 0)
			r = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	return r == MDB_NOTFOUND ? 0 : lmdb_errno(r);
}

/* ---- Entries ---- */

static int load(struct lmdb_write *write, const struct lmdb_entry_key *entry_key,
		struct stored *ret_stored)
{
	MDB_val key = val_of(entry_key->bytes, entry_key->len);
	MDB_val value;
	struct stored stored = {0};
	int r = mdb_get(write->txn, write->env->entries, &key, &value);

	if (r != 0 && r != MDB_NOTFOUND)
		return lmdb_errno(r);
	if (r == 0) {
		buffer_clear(&write->old_value);
		buffer_append(&write->old_value, value.mv_data, value.mv_size);
		if (write->old_value.failed)
			return -ENOMEM;
		value = val_of(write->old_value.data, write->old_value.len);
		if (lmdb_value_decode(value, &stored.entry, &stored.pending) != RECORD_OK)
			return STORE_DAMAGED;
		stored.exists = true;
	}
	*ret_stored = stored;
	return 0;
}

static int store_value(struct lmdb_write *write, const struct lmdb_entry_key *entry_key,
		       const struct entry *entry, uint64_t pending)
{
	struct buffer *value = &write->new_value;

	buffer_clear(value);
	buffer_append(value, &pending, sizeof(pending));
	record_encode(entry, value);
	if (value->failed)
		return -ENOMEM;
	write->bytes += value->len;
	return put(write, write->env->entries, val_of(entry_key->bytes, entry_key->len),
		   val_of(value->data, value->len), 0);
}

/* old is NULL for a new one, entry for one that goes. */
static void count_entry(struct lmdb_state *state, const struct entry *old,
			const struct entry *entry)
{
	enum entry_kind kind = entry ? entry->key.kind : old->key.kind;

	state->entries[kind] += !!entry - !!old;
	state->disconnected[kind] +=
		(entry && entry_is_disconnected(entry)) - (old && entry_is_disconnected(old));
}

static int write_entry(struct lmdb_write *write, const struct lmdb_entry_key *entry_key,
		       struct stored *old, struct change *change)
{
	struct entry *entry = &change->entry;
	const struct entry *before = old->exists ? &old->entry : NULL;
	int r = place_due(write, before ? before->due_s : 0, entry, entry_key);

	if (r == 0)
		r = move_rows(write, before, entry, entry_key);
	if (r == 0)
		r = move_pending(write, change->news, entry_key, &old->pending);
	if (r == 0)
		r = store_value(write, entry_key, entry, old->pending);
	if (r == 0)
		count_entry(&write->state, before, entry);
	return r;
}

static int remove_entry(struct lmdb_write *write, const struct lmdb_entry_key *entry_key,
			struct stored *old)
{
	int r = old->entry.due_s ? del_due(write, old->entry.due_s, entry_key) : 0;

	if (r == 0)
		r = move_rows(write, &old->entry, NULL, entry_key);
	if (r == 0)
		r = move_pending(write, NEWS_DROP, entry_key, &old->pending);
	if (r == 0)
		r = del(write, write->env->entries, val_of(entry_key->bytes, entry_key->len), NULL);
	if (r == 0)
		count_entry(&write->state, &old->entry, NULL);
	return r;
}

static int count_row(struct lmdb_write *write, enum store_index index, struct slice text,
		     uint64_t *ret_count)
{
	unsigned char index_key[LMDB_INDEX_KEY_BYTES];
	MDB_val key = val_of(index_key, sizeof(index_key));
	MDB_cursor *cursor;
	MDB_val value;
	size_t count = 0;
	int r = mdb_cursor_open(write->txn, write->env->index, &cursor);

	if (r != 0)
		return lmdb_errno(r);
	lmdb_index_key(write->env, index, text, index_key);
	r = mdb_cursor_get(cursor, &key, &value, MDB_SET);
	if (r == 0)
		r = mdb_cursor_count(cursor, &count);
	mdb_cursor_close(cursor);
	*ret_count = count;
	return r == MDB_NOTFOUND ? 0 : lmdb_errno(r);
}

static int is_crowded(struct lmdb_write *write, const struct change *change,
		      const struct entry *old, bool *ret_crowded)
{
	static const enum store_index indexes[] = {INDEX_USER, INDEX_NAME, INDEX_REPORTER};

	*ret_crowded = false;
	for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
		struct slice text = entry_index_key(&change->entry, indexes[i]);
		uint64_t max = change_index_max(change, old, indexes[i]);
		uint64_t count = 0;
		int r = max > 0 ? count_row(write, indexes[i], text, &count) : 0;

		if (r < 0)
			return r;
		*ret_crowded = *ret_crowded || (max > 0 && count >= max);
	}
	return 0;
}

static int apply(struct lmdb_write *write, const struct lmdb_entry_key *entry_key,
		 struct stored *old, store_rule *rule, const void *ctx,
		 struct lmdb_applied *ret_applied)
{
	struct change change = {0};
	bool crowded = false;
	int r = 0;

	ret_applied->outcome = rule(old->exists ? &old->entry : NULL, &write->now, ctx, &change);
	if (change.action == CHANGE_WRITE)
		r = is_crowded(write, &change, old->exists ? &old->entry : NULL, &crowded);
	if (r < 0)
		return r;
	if (crowded) {
		ret_applied->outcome = change.crowded;
		change.action = CHANGE_NOTHING;
	}
	ret_applied->action = change.action;
	ret_applied->news = change.news;
	if (change.action == CHANGE_WRITE)
		r = write_entry(write, entry_key, old, &change);
	else if (change.action == CHANGE_REMOVE && old->exists)
		r = remove_entry(write, entry_key, old);
	return r;
}

int lmdb_apply(struct lmdb_write *write, struct entry_key key, store_rule *rule, const void *ctx,
	       struct lmdb_applied *ret_applied)
{
	struct lmdb_entry_key entry_key;
	struct stored old = {0};
	int r;

	lmdb_entry_key(write->env, key, &entry_key);
	r = load(write, &entry_key, &old);
	if (r != 0)
		return r;
	return apply(write, &entry_key, &old, rule, ctx, ret_applied);
}

/* The earliest row of the time index. STORE_NOT_FOUND if it is not due, or there is none. */
static int take_due_row(struct lmdb_write *write, int64_t *ret_due_s,
			struct lmdb_entry_key *ret_entry_key)
{
	MDB_cursor *cursor;
	MDB_val key;
	MDB_val value;
	int r = mdb_cursor_open(write->txn, write->env->due, &cursor);

	if (r != 0)
		return lmdb_errno(r);
	r = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
	if (r == 0 && (int64_t)lmdb_number_value(key) > write->now.lifetime_s)
		r = MDB_NOTFOUND;
	if (r == 0) {
		assert(value.mv_size <= sizeof(ret_entry_key->bytes));
		*ret_due_s = (int64_t)lmdb_number_value(key);
		memcpy(ret_entry_key->bytes, value.mv_data, value.mv_size);
		ret_entry_key->len = value.mv_size;
		write->dirty = true;
		r = mdb_cursor_del(cursor, 0);
	}
	mdb_cursor_close(cursor);
	return r == MDB_NOTFOUND ? STORE_NOT_FOUND : lmdb_errno(r);
}

int lmdb_apply_due(struct lmdb_write *write, store_rule *rule, const void *ctx,
		   struct lmdb_entry_key *ret_entry_key, struct lmdb_applied *ret_applied)
{
	struct stored old = {0};
	int64_t due_s = 0;
	int r;

	ret_entry_key->len = 0;
	r = take_due_row(write, &due_s, ret_entry_key);
	*ret_applied = (struct lmdb_applied){0};
	if (r != 0)
		return r;
	r = load(write, ret_entry_key, &old);
	if (r != 0 || !old.exists || old.entry.due_s != due_s)
		return r;
	old.entry.due_s = 0;
	return apply(write, ret_entry_key, &old, rule, ctx, ret_applied);
}
