/* Reading: snapshots that are kept for the next reader, and entries shown where they lie. */
#include "store/lmdb_store.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "log/log.h"
#include "model/record.h"

#define REOPEN_LIMIT_S 1

static void reader_free(struct lmdb_reader *reader)
{
	if (!reader)
		return;
	if (reader->index)
		mdb_cursor_close(reader->index);
	if (reader->txn)
		mdb_txn_abort(reader->txn);
	free(reader);
}

static int reader_new(struct store_lmdb *lmdb, struct lmdb_reader **ret_reader)
{
	struct lmdb_reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (!reader)
		return ENOMEM;
	r = mdb_txn_begin(lmdb->env.env, NULL, MDB_RDONLY, &reader->txn);
	if (r == 0)
		r = mdb_cursor_open(reader->txn, lmdb->env.index, &reader->index);
	if (r != 0) {
		reader_free(reader);
		return r;
	}
	*ret_reader = reader;
	return 0;
}

static struct lmdb_reader *take_idle(struct store_lmdb *lmdb)
{
	struct lmdb_reader *reader;

	pthread_mutex_lock(&lmdb->readers_lock);
	reader = lmdb->readers;
	if (reader)
		lmdb->readers = reader->next;
	pthread_mutex_unlock(&lmdb->readers_lock);
	return reader;
}

static int begin(struct store_lmdb *lmdb, struct lmdb_reader **ret_reader)
{
	struct lmdb_reader *reader;
	int r;

	if (!lmdb->env.env)
		return EIO;
	reader = take_idle(lmdb);
	if (!reader)
		return reader_new(lmdb, ret_reader);
	r = mdb_txn_renew(reader->txn);
	if (r == 0)
		r = mdb_cursor_renew(reader->txn, reader->index);
	if (r != 0) {
		reader_free(reader);
		return r;
	}
	*ret_reader = reader;
	return 0;
}

static int try_begin(struct store_lmdb *lmdb, struct lmdb_reader **ret_reader)
{
	int r;

	pthread_rwlock_rdlock(&lmdb->env_lock);
	r = begin(lmdb, ret_reader);
	if (r != 0)
		pthread_rwlock_unlock(&lmdb->env_lock);
	return r;
}

static uint64_t reopenings(struct store_lmdb *lmdb)
{
	uint64_t count;

	pthread_mutex_lock(&lmdb->readers_lock);
	count = lmdb->reopenings;
	pthread_mutex_unlock(&lmdb->readers_lock);
	return count;
}

static void wait_for_reopening(struct store_lmdb *lmdb, uint64_t seen)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += REOPEN_LIMIT_S;
	pthread_mutex_lock(&lmdb->readers_lock);
	while (lmdb->reopenings == seen) {
		if (pthread_cond_timedwait(&lmdb->reopened, &lmdb->readers_lock, &until) != 0)
			break;
	}
	pthread_mutex_unlock(&lmdb->readers_lock);
}

void lmdb_readers_wake(struct store_lmdb *lmdb)
{
	pthread_mutex_lock(&lmdb->readers_lock);
	lmdb->reopenings++;
	pthread_cond_broadcast(&lmdb->reopened);
	pthread_mutex_unlock(&lmdb->readers_lock);
}

/* After an error that LMDB calls fatal the writer opens the file anew, at once. */
int lmdb_reader_begin(struct store_lmdb *lmdb, struct lmdb_reader **ret_reader)
{
	uint64_t seen = reopenings(lmdb);
	int r = try_begin(lmdb, ret_reader);

	if (r == MDB_PANIC) {
		wait_for_reopening(lmdb, seen);
		r = try_begin(lmdb, ret_reader);
	}
	return r == 0 ? 0 : STORE_UNAVAILABLE;
}

void lmdb_reader_end(struct store_lmdb *lmdb, struct lmdb_reader *reader)
{
	mdb_txn_reset(reader->txn);
	pthread_mutex_lock(&lmdb->readers_lock);
	reader->next = lmdb->readers;
	lmdb->readers = reader;
	pthread_mutex_unlock(&lmdb->readers_lock);
	pthread_rwlock_unlock(&lmdb->env_lock);
}

void lmdb_readers_free(struct store_lmdb *lmdb)
{
	struct lmdb_reader *reader;

	while ((reader = take_idle(lmdb)))
		reader_free(reader);
}

void lmdb_note_damage(struct store_lmdb *lmdb, MDB_val entry_key)
{
	struct slice key = {entry_key.mv_data, entry_key.mv_size};

	counter_add(lmdb->counters, COUNTER_STORE_DAMAGED, 1);
	if (key.len > 0)
		key = (struct slice){key.data + 1, key.len - 1};
	log_error("store.record_damaged", LOG_SLICE("id", key), LOG_TEXT("path", lmdb->data_dir));
}

int lmdb_show(struct store_lmdb *lmdb, struct lmdb_reader *reader, MDB_val entry_key,
	      uint64_t number, const struct moment *now, struct store_read *read)
{
	struct entry entry;
	uint64_t pending;
	MDB_val value;
	int r = mdb_get(reader->txn, lmdb->env.entries, &entry_key, &value);

	if (r == MDB_NOTFOUND)
		return STORE_NOT_FOUND;
	if (r != 0)
		return lmdb_errno(r);
	if (lmdb_value_decode(value, &entry, &pending) != RECORD_OK) {
		lmdb_note_damage(lmdb, entry_key);
		return STORE_DAMAGED;
	}
	if (number != 0 && number != pending)
		return STORE_NOT_FOUND;
	return read->see(read->ctx, &entry, now);
}
