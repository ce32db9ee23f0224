/* Opens a state of the file, and goes through it. */
#include "store/lmdb_snapshot.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "model/record.h"

static int begin(struct lmdb_snapshot *snapshot, const char *data_dir, char *ret_reason,
		 size_t reason_size)
{
	int r = mdb_txn_begin(snapshot->env.env, NULL, MDB_RDONLY, &snapshot->txn);

	if (r == 0)
		r = lmdb_state_get(&snapshot->env, snapshot->txn, &snapshot->state);
	if (r == 0 || r == MDB_NOTFOUND) /* nothing was ever written */
		return 0;
	snprintf(ret_reason, reason_size, "%s: %s", data_dir, mdb_strerror(r));
	return lmdb_errno(r);
}

int lmdb_snapshot_open(const char *data_dir, size_t map_bytes, struct lmdb_snapshot *ret_snapshot,
		       char *ret_reason, size_t reason_size)
{
	struct lmdb_snapshot snapshot = {0};
	int r = sodium_init() < 0 ? -EIO : 0;

	if (r == 0)
		r = lmdb_env_open_beside(data_dir, map_bytes, &snapshot.env, ret_reason,
					 reason_size);
	if (r == 0)
		r = begin(&snapshot, data_dir, ret_reason, reason_size);
	if (r < 0)
		lmdb_snapshot_close(&snapshot);
	else
		*ret_snapshot = snapshot;
	return r;
}

void lmdb_snapshot_close(struct lmdb_snapshot *snapshot)
{
	if (snapshot->txn)
		mdb_txn_abort(snapshot->txn);
	snapshot->txn = NULL;
	lmdb_env_close(&snapshot->env);
}

static int show(MDB_val key, MDB_val value, lmdb_snapshot_see *see, void *ctx)
{
	struct entry entry;
	uint64_t number = 0;
	bool sound = lmdb_value_decode(value, &entry, &number) == RECORD_OK;

	return see(ctx, key, sound ? &entry : NULL, number);
}

int lmdb_snapshot_scan(struct lmdb_snapshot *snapshot, struct slice from, lmdb_snapshot_see *see,
		       void *ctx)
{
	MDB_val key = {from.len, (void *)from.data};
	MDB_cursor *cursor;
	MDB_val value;
	int r = mdb_cursor_open(snapshot->txn, snapshot->env.entries, &cursor);
	int seen = 0;

	if (r != 0)
		return lmdb_errno(r);
	r = mdb_cursor_get(cursor, &key, &value, from.len > 0 ? MDB_SET_RANGE : MDB_FIRST);
	while (r == 0 && seen == 0) {
		seen = show(key, value, see, ctx);
		r = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	if (seen != 0)
		return seen;
	return r == MDB_NOTFOUND ? 0 : lmdb_errno(r);
}

bool lmdb_snapshot_is_pending(struct lmdb_snapshot *snapshot, uint64_t number, MDB_val key)
{
	struct lmdb_number bytes = lmdb_number_of(number);
	MDB_val row = {sizeof(bytes), &bytes};
	MDB_val value;

	return number != 0 && mdb_get(snapshot->txn, snapshot->env.pending, &row, &value) == 0 &&
	       value.mv_size == key.mv_size && memcmp(value.mv_data, key.mv_data, key.mv_size) == 0;
}
