/* The inside of the LMDB store: what its reading half and its writer share. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "monitor/counters.h"
#include "store/lmdb_env.h"
#include "store/lmdb_leases.h"
#include "store/lmdb_tables.h"
#include "store/store.h"

/* A snapshot that is kept for the next reader. */
struct lmdb_reader {
	struct lmdb_reader *next;
	MDB_txn *txn;
	MDB_cursor *index;
};

struct store_lmdb {
	struct store store;
	char *data_dir;
	int data_dir_fd; /* locked: one server at a time */
	size_t map_bytes;
	struct clock *clock;       /* not owned */
	struct counters *counters; /* not owned */

	/* Lifetime time is where the last server noted it, carried on by the steady clock. */
	int64_t lifetime_base_ms;
	int64_t steady_base_ms;

	/* Held shared while a snapshot is read, exclusively only to open the file anew. */
	pthread_rwlock_t env_lock;
	struct lmdb_env env;

	pthread_mutex_t readers_lock; /* for the next three */
	struct lmdb_reader *readers;  /* idle ones */
	uint64_t reopenings;          /* how often the file was opened anew, or could not be */
	pthread_cond_t reopened;

	pthread_mutex_t leases_lock;
	struct lmdb_leases leases;

	pthread_mutex_t queue_lock; /* for the queue and stop */
	pthread_cond_t queue_filled;
	struct store_op *queue;
	struct store_op **queue_end;
	unsigned queue_len;
	bool settles; /* a lease waits to be removed */
	bool stop;
	pthread_t writer;

	struct lmdb_write write; /* the writer's alone */
	int64_t noted_ms;        /* the writer's: lifetime time of the last commit */
	unsigned changes;        /* the writer's: in the transaction at hand */
	unsigned proofs;         /* the writer's: commits with changes since one failed */
	_Atomic uint64_t entries[ENTRY_KIND_COUNT]; /* as of the last commit */
	_Atomic uint64_t disconnected[ENTRY_KIND_COUNT];
	_Atomic uint64_t pending;
	_Atomic bool writable;
	pthread_mutex_t reason_lock;
	char reason[160];
};

enum lmdb_verb {
	LMDB_VERB_CHANGE,
	LMDB_VERB_SWEEP,
	LMDB_VERB_TAKE, /* nothing but a commit: the proof that news can be taken durably */
};

static inline struct store_lmdb *store_lmdb_of(struct store *store)
{
	return (struct store_lmdb *)store;
}

int64_t store_lmdb_lifetime_ms(const struct store_lmdb *lmdb);
/* What was committed is what store_count() tells. */
void store_lmdb_publish(struct store_lmdb *lmdb, const struct lmdb_state *state);
struct moment store_lmdb_now(struct store *store);

/* Hands an operation to the writer: STORE_PENDING; STORE_UNAVAILABLE if it has stopped, or too
 * many wait already. */
int lmdb_writer_submit(struct store_lmdb *lmdb, struct store_op *op, enum lmdb_verb verb);
/* Tells it that leases wait to be removed. */
void lmdb_writer_settle(struct store_lmdb *lmdb);
int lmdb_writer_start(struct store_lmdb *lmdb);
/* Ends behind the transaction at hand; what is still queued is STORE_UNAVAILABLE. May be called
 * again. */
void lmdb_writer_stop(struct store_lmdb *lmdb);
void lmdb_writer_free(struct store_lmdb *lmdb);

/* From now on writes are refused, as far as operators are told; logged once. */
void lmdb_note_unwritable(struct store_lmdb *lmdb, const char *reason);

/* A snapshot. 0, or a store_result. end is due after 0 only. */
int lmdb_reader_begin(struct store_lmdb *lmdb, struct lmdb_reader **ret_reader);
void lmdb_reader_end(struct store_lmdb *lmdb, struct lmdb_reader *reader);
/* The file was opened anew, or could not be. */
void lmdb_readers_wake(struct store_lmdb *lmdb);
/* Frees the idle ones, before the file is closed. Under env_lock, exclusively. */
void lmdb_readers_free(struct store_lmdb *lmdb);

/* Notes a record that is not what was written: counts and logs. */
void lmdb_note_damage(struct store_lmdb *lmdb, MDB_val entry_key);

/* Scans. */
int store_lmdb_scan(struct store *store, struct store_scan *scan);

/* The pending updates' verbs. */
int store_lmdb_take_updates(struct store *store, struct store_take *take);
int store_lmdb_peek_updates(struct store *store, struct store_peek *peek);
void store_lmdb_settle_updates(struct store *store, uint64_t token, enum store_settle how);
/* After the commit that carried (or failed to carry) the proof: keeps or gives up the lease. */
void lmdb_take_concluded(struct store_lmdb *lmdb, struct store_take *take);

/* Shows one entry, by its key in the file; unless number is 0, only if that is the number of its
 * pending update. STORE_DONE, STORE_NOT_FOUND, STORE_DAMAGED or a negative errno. */
int lmdb_show(struct store_lmdb *lmdb, struct lmdb_reader *reader, MDB_val entry_key,
	      uint64_t number, const struct moment *now, struct store_read *read);
