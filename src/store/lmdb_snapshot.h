/*
 * One state of an LMDB store, for those who look at all of it: taken beside a server that goes on,
 * or of a store at rest. Nothing is written. While it is held, the server's file can only grow.
 */
#pragma once

#include "store/lmdb_tables.h"

struct lmdb_snapshot {
	struct lmdb_env env;
	MDB_txn *txn;
	struct lmdb_state state; /* its lifetime_ms was noted by the last commit */
};

/* Errors as in store_lmdb_new(); -ENOENT: there is no database. */
int lmdb_snapshot_open(const char *data_dir, size_t map_bytes, struct lmdb_snapshot *ret_snapshot,
		       char *ret_reason, size_t reason_size);
void lmdb_snapshot_close(struct lmdb_snapshot *snapshot); /* zero-initialised is fine */

/* Shown each entry: entry is NULL if its record is damaged; key is where it stands in the file, and
 * number that of its pending update, or 0. All of it is valid during the call only. 0 to go on;
 * what else stops, and is the result. */
typedef int lmdb_snapshot_see(void *ctx, MDB_val key, const struct entry *entry, uint64_t number);
/* From the key on, or from the start if it is empty. 0, what see() returned, or a negative errno.
 */
int lmdb_snapshot_scan(struct lmdb_snapshot *snapshot, struct slice from, lmdb_snapshot_see *see,
		       void *ctx);

/* Whether the table of pending updates has that number, of the entry with that key. */
bool lmdb_snapshot_is_pending(struct lmdb_snapshot *snapshot, uint64_t number, MDB_val key);
