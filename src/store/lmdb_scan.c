/* Scans: everything in slices, as it lies in the file, or by the users' index. */
#include "store/lmdb_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Two parts, of which one may be empty. */
static int keep_cursor(struct store_scan *scan, MDB_val first, MDB_val second)
{
	scan->ret_cursor = malloc(first.mv_size + second.mv_size);
	if (!scan->ret_cursor)
		return -ENOMEM;
	memcpy(scan->ret_cursor, first.mv_data, first.mv_size);
	if (second.mv_size > 0)
		memcpy(scan->ret_cursor + first.mv_size, second.mv_data, second.mv_size);
	scan->ret_cursor_len = first.mv_size + second.mv_size;
	return 0;
}

/* ---- By the keys of entries ---- */

static bool is_skipped(MDB_val key, unsigned skip_kinds)
{
	unsigned kind = lmdb_entry_kind(key);

	return kind < ENTRY_KIND_COUNT && (skip_kinds & 1u << kind);
}

/* Moves the cursor, and over what is skipped: keys of a kind stand together. */
static int seek(MDB_cursor *cursor, MDB_cursor_op op, unsigned skip_kinds, MDB_val *key)
{
	unsigned char beyond;
	MDB_val value;
	int r = mdb_cursor_get(cursor, key, &value, op);

	while (r == 0 && is_skipped(*key, skip_kinds)) {
		beyond = *(const unsigned char *)key->mv_data + 1;
		*key = (MDB_val){1, &beyond};
		r = mdb_cursor_get(cursor, key, &value, MDB_SET_RANGE);
	}
	return r;
}

/* The cursor is the key of the next entry to be shown. */
static int show_slice(struct store_lmdb *lmdb, struct lmdb_reader *reader, MDB_cursor *cursor,
		      const struct moment *now, struct store_scan *scan)
{
	MDB_val key = {scan->cursor.len, (void *)scan->cursor.data};
	int r = seek(cursor, scan->cursor.data ? MDB_SET_RANGE : MDB_FIRST, scan->skip_kinds, &key);

	for (uint32_t n = 0; r == 0; n++) {
		if (n >= store_scan_limit(scan))
			return keep_cursor(scan, key, (MDB_val){0});
		r = lmdb_show(lmdb, reader, key, 0, now, &scan->read);
		if (r < 0)
			return r;
		r = seek(cursor, MDB_NEXT, scan->skip_kinds, &key);
	}
	return r == MDB_NOTFOUND ? 0 : lmdb_errno(r);
}

static int scan_entries(struct store_lmdb *lmdb, struct lmdb_reader *reader,
			const struct moment *now, struct store_scan *scan)
{
	MDB_cursor *cursor;
	int r = mdb_cursor_open(reader->txn, lmdb->env.entries, &cursor);

	if (r != 0)
		return lmdb_errno(r);
	r = show_slice(lmdb, reader, cursor, now, scan);
	mdb_cursor_close(cursor);
	return r;
}

/* ---- By user: rows of the index, each a user's key and an entry's ---- */

/* The row that the cursor of the scan names, or the next one behind it. */
static int seek_row(MDB_cursor *index, struct slice place, MDB_val *key, MDB_val *value)
{
	static const unsigned char first = INDEX_USER;
	int r;

	if (!place.data) {
		*key = (MDB_val){sizeof(first), (void *)&first};
		return mdb_cursor_get(index, key, value, MDB_SET_RANGE);
	}
	*key = (MDB_val){LMDB_INDEX_KEY_BYTES, (void *)place.data};
	*value = (MDB_val){place.len - LMDB_INDEX_KEY_BYTES,
			   (void *)(place.data + LMDB_INDEX_KEY_BYTES)};
	r = mdb_cursor_get(index, key, value, MDB_GET_BOTH_RANGE);
	if (r != MDB_NOTFOUND)
		return r;
	/* None of this user's are left. */
	r = mdb_cursor_get(index, key, value, MDB_SET_RANGE);
	if (r == 0 && key->mv_size == LMDB_INDEX_KEY_BYTES &&
	    memcmp(key->mv_data, place.data, LMDB_INDEX_KEY_BYTES) == 0)
		r = mdb_cursor_get(index, key, value, MDB_NEXT_NODUP);
	return r;
}

static bool is_of_user(MDB_val key)
{
	return *(const unsigned char *)key.mv_data == INDEX_USER;
}

static int scan_users(struct store_lmdb *lmdb, struct lmdb_reader *reader, const struct moment *now,
		      struct store_scan *scan)
{
	MDB_val key;
	MDB_val value;
	int r = seek_row(reader->index, scan->cursor, &key, &value);

	for (uint32_t n = 0; r == 0 && is_of_user(key); n++) {
		if (n >= store_scan_limit(scan))
			return keep_cursor(scan, key, value);
		r = lmdb_show(lmdb, reader, value, 0, now, &scan->read);
		if (r < 0)
			return r;
		r = mdb_cursor_get(reader->index, &key, &value, MDB_NEXT);
	}
	return r == MDB_NOTFOUND ? 0 : lmdb_errno(r);
}

/* ---- Both ---- */

static bool may_be_cursor(const struct store_scan *scan)
{
	size_t first = scan->by_user ? LMDB_INDEX_KEY_BYTES : 0;

	return !scan->cursor.data ||
	       (scan->cursor.len > first && scan->cursor.len <= first + LMDB_ENTRY_KEY_MAX);
}

int store_lmdb_scan(struct store *store, struct store_scan *scan)
{
	struct store_lmdb *lmdb = store_lmdb_of(store);
	struct moment now = store_lmdb_now(store);
	struct lmdb_reader *reader;
	int r;

	if (!may_be_cursor(scan))
		return -EINVAL;
	r = lmdb_reader_begin(lmdb, &reader);
	if (r != 0)
		return r;
	r = scan->by_user ? scan_users(lmdb, reader, &now, scan)
			  : scan_entries(lmdb, reader, &now, scan);
	lmdb_reader_end(lmdb, reader);
	return r;
}
