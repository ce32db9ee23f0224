/* Whether everything in an LMDB store agrees: records, what leads to them, counts. */
#pragma once

#include "store/lmdb_snapshot.h"

/* Set by the caller. */
struct lmdb_check {
	/* Told of each fault: the table, the row's key as it is in the file, and what is wrong. */
	void (*fault)(void *ctx, const char *table, MDB_val key, const char *what);
	/* Called after each row, of as many as the snapshot has in all. True: go on. */
	bool (*progress)(void *ctx, uint64_t rows, uint64_t all);
	void *ctx;
};

struct lmdb_checked {
	uint64_t entries[ENTRY_KIND_COUNT];
	uint64_t disconnected[ENTRY_KIND_COUNT]; /* of them */
	uint64_t rows;                           /* of all tables */
	uint64_t faults;
};

/* Goes through every row of every table. 0, -EINTR if progress() ended it, or a negative errno. */
int lmdb_check(struct lmdb_snapshot *snapshot, const struct lmdb_check *check,
	       struct lmdb_checked *ret_checked);
