/*
 * What a change writes: the entry, what leads to it, the time index and the pending updates, all
 * inside one write transaction. Also how keys look, for those who read.
 */
#pragma once

#include "base/buffer.h"
#include "store/lmdb_env.h"
#include "store/store.h"

#define LMDB_HASH_BYTES 16
#define LMDB_ENTRY_KEY_MAX 511 /* LMDB's own limit */
#define LMDB_INDEX_KEY_BYTES (1 + LMDB_HASH_BYTES)

/* An entry's key in the file: its kind and its id; or, for a long id, its kind and a hash. */
struct lmdb_entry_key {
	unsigned char bytes[LMDB_ENTRY_KEY_MAX];
	size_t len;
};
void lmdb_entry_key(const struct lmdb_env *env, struct entry_key key, struct lmdb_entry_key *ret);
/* Not of an empty one. ENTRY_KIND_COUNT or more: it is none of ours. */
unsigned lmdb_entry_kind(MDB_val entry_key);

/* The key under which an index keeps what a user, name, GUID … leads to. */
void lmdb_index_key(const struct lmdb_env *env, enum store_index index, struct slice key,
		    unsigned char ret_key[LMDB_INDEX_KEY_BYTES]);

/* Whether the entry is one that the key leads to (a hash may lead to another one). */
bool lmdb_index_leads_to(enum store_index index, struct slice key, const struct entry *entry);

/* A stored value: the number of the pending update, if any, before the record. */
#define LMDB_VALUE_PREFIX sizeof(uint64_t)
/* RECORD_* results. Texts point into value. */
int lmdb_value_decode(MDB_val value, struct entry *ret_entry, uint64_t *ret_pending);

/* Numbers as keys: eight bytes, the most significant first, so that they sort. */
struct lmdb_number {
	unsigned char bytes[8];
};
struct lmdb_number lmdb_number_of(uint64_t value);
uint64_t lmdb_number_value(MDB_val value);

/* What the server remembers beside the tables; a row of its own, written with each commit. */
struct lmdb_state {
	int64_t lifetime_ms;
	uint64_t entries[ENTRY_KIND_COUNT];
	uint64_t disconnected[ENTRY_KIND_COUNT]; /* of them */
	uint64_t pending;                        /* rows in the table */
	uint64_t next_pending;                   /* number of the next one; never used twice */
};
/* MDB_NOTFOUND in a new database. LMDB error codes. */
int lmdb_state_get(struct lmdb_env *env, MDB_txn *txn, struct lmdb_state *ret_state);
int lmdb_state_put(struct lmdb_env *env, MDB_txn *txn, const struct lmdb_state *state);

/* One write transaction. scratch buffers are kept from one to the next. */
struct lmdb_write {
	struct lmdb_env *env;
	MDB_txn *txn;
	struct lmdb_state state;
	struct moment now;
	bool dirty;   /* something was written */
	size_t bytes; /* of records */
	struct buffer old_value;
	struct buffer new_value;
};

struct lmdb_applied {
	int outcome; /* of the rule */
	enum change_action action;
	enum change_news news;
};

/* Shows the rule the entry and does what it wants. STORE_DONE, STORE_DAMAGED (nothing is done), or
 * a negative errno, after which the transaction must be given up. */
int lmdb_apply(struct lmdb_write *write, struct entry_key key, store_rule *rule, const void *ctx,
	       struct lmdb_applied *ret_applied);

/*
 * Takes the earliest row off the time index if it is due, and applies the rule to its entry.
 * STORE_NOT_FOUND: nothing is due. Otherwise as lmdb_apply(); a row that no longer holds shows the
 * rule nothing.
 */
int lmdb_apply_due(struct lmdb_write *write, store_rule *rule, const void *ctx,
		   struct lmdb_entry_key *ret_entry_key, struct lmdb_applied *ret_applied);

/* Removes the pending updates from first to last. 0, or a negative errno as above. */
int lmdb_remove_pending(struct lmdb_write *write, uint64_t first, uint64_t last);
