/* Taking and settling pending updates. */
#include "store/lmdb_store.h"

#include <errno.h>
#include <stddef.h>

/* Readers that poll and never read their answer each hold one, for STORE_LEASE_S. */
#define LEASES_MAX 256

/* The first number at or above start that nobody holds; its row is the cursor's. */
static int next_free(struct lmdb_leases *leases, MDB_cursor *cursor, uint64_t start,
		     uint64_t *ret_number)
{
	for (;;) {
		struct lmdb_number bytes = lmdb_number_of(start);
		MDB_val key = {sizeof(bytes), &bytes};
		MDB_val value;
		const struct lmdb_lease *holder;
		int r = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);

		if (r != 0)
			return r;
		*ret_number = lmdb_number_value(key);
		holder = lmdb_leases_holding(leases, *ret_number);
		if (!holder)
			return 0;
		start = holder->last + 1;
	}
}

/* At most limit numbers, not into the next lease, and not beyond the newest one: what joins later
 * must not fall into the lease. */
static uint64_t last_of_run(struct lmdb_leases *leases, MDB_cursor *cursor, uint64_t first,
			    uint32_t limit)
{
	uint64_t last = lmdb_leases_next_after(leases, first) - 1;
	MDB_val key;
	MDB_val value;

	if (last - first >= limit)
		last = first + limit - 1;
	if (mdb_cursor_get(cursor, &key, &value, MDB_LAST) == 0 && lmdb_number_value(key) < last)
		last = lmdb_number_value(key);
	return last;
}

/* 0 with *ret_lease, MDB_NOTFOUND if nothing is free, or another LMDB error. Under leases_lock. */
static int lease_run(struct store_lmdb *lmdb, struct lmdb_reader *reader, int64_t now_s,
		     uint32_t limit, struct lmdb_lease **ret_lease)
{
	MDB_cursor *cursor;
	uint64_t first;
	int r = mdb_cursor_open(reader->txn, lmdb->env.pending, &cursor);

	if (r != 0)
		return r;
	lmdb_leases_lapse(&lmdb->leases, now_s);
	if (lmdb->leases.count >= LEASES_MAX) {
		mdb_cursor_close(cursor);
		return EAGAIN;
	}
	r = next_free(&lmdb->leases, cursor, 0, &first);
	if (r == 0) {
		uint64_t last = last_of_run(&lmdb->leases, cursor, first, limit);

		*ret_lease = lmdb_leases_add(&lmdb->leases, first, last, now_s + STORE_LEASE_S);
		r = *ret_lease ? 0 : ENOMEM;
	}
	mdb_cursor_close(cursor);
	return r;
}

static int show_run(struct store_lmdb *lmdb, struct lmdb_reader *reader, uint64_t first,
		    uint64_t last, const struct moment *now, struct store_take *take)
{
	struct lmdb_number bytes = lmdb_number_of(first);
	MDB_val key = {sizeof(bytes), &bytes};
	MDB_val value;
	MDB_cursor *cursor;
	int r = mdb_cursor_open(reader->txn, lmdb->env.pending, &cursor);

	if (r != 0)
		return lmdb_errno(r);
	r = lmdb_errno(mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE));
	while (r == 0 && lmdb_number_value(key) <= last) {
		r = lmdb_show(lmdb, reader, value, lmdb_number_value(key), now, &take->read);
		if (r < 0)
			break;
		take->ret_count += r == STORE_DONE;
		r = mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0 ? 0 : STORE_NOT_FOUND;
	}
	mdb_cursor_close(cursor);
	return r < 0 ? r : STORE_DONE;
}

static void give_up(struct store_lmdb *lmdb, struct store_take *take)
{
	struct lmdb_lease *lease;

	pthread_mutex_lock(&lmdb->leases_lock);
	lease = lmdb_leases_find(&lmdb->leases, take->ret_token);
	if (lease)
		lmdb_leases_remove(&lmdb->leases, lease);
	pthread_mutex_unlock(&lmdb->leases_lock);
	take->ret_token = 0;
	take->ret_count = 0;
}

/* The snapshot begins under the lock: no lease that it still sees rows of has been settled. */
static int lease_and_show(struct store_lmdb *lmdb, struct store_take *take)
{
	struct moment now = store_lmdb_now(&lmdb->store);
	struct lmdb_lease *lease;
	struct lmdb_reader *reader;
	uint64_t first = 0;
	uint64_t last = 0;
	int r;

	pthread_mutex_lock(&lmdb->leases_lock);
	r = lmdb_reader_begin(lmdb, &reader);
	if (r != 0) {
		pthread_mutex_unlock(&lmdb->leases_lock);
		return r;
	}
	r = lease_run(lmdb, reader, now.lifetime_s, take->limit, &lease);
	if (r == 0) {
		take->ret_token = lease->token;
		first = lease->first;
		last = lease->last;
	}
	pthread_mutex_unlock(&lmdb->leases_lock);

	if (r == 0)
		r = show_run(lmdb, reader, first, last, &now, take);
	else
		r = r == MDB_NOTFOUND ? STORE_DONE
		    : r == EAGAIN     ? STORE_UNAVAILABLE
				      : lmdb_errno(r);
	lmdb_reader_end(lmdb, reader);
	return r;
}

int store_lmdb_take_updates(struct store *store, struct store_take *take)
{
	struct store_lmdb *lmdb = store_lmdb_of(store);
	int r;

	take->ret_token = 0;
	take->ret_count = 0;
	if (take->limit == 0 || atomic_load(&lmdb->pending) == 0)
		return STORE_DONE;
	r = lease_and_show(lmdb, take);
	if (r != STORE_DONE) {
		give_up(lmdb, take);
		return r;
	}
	if (take->ret_token == 0)
		return STORE_DONE;
	r = lmdb_writer_submit(lmdb, &take->read.op, LMDB_VERB_TAKE);
	if (r != STORE_PENDING)
		give_up(lmdb, take);
	return r;
}

void lmdb_take_concluded(struct store_lmdb *lmdb, struct store_take *take)
{
	struct lmdb_lease *lease;

	if (take->read.op.result != STORE_DONE) {
		give_up(lmdb, take);
		return;
	}
	pthread_mutex_lock(&lmdb->leases_lock);
	lease = lmdb_leases_find(&lmdb->leases, take->ret_token);
	if (lease)
		lease->count = take->ret_count;
	pthread_mutex_unlock(&lmdb->leases_lock);
	counter_add(lmdb->counters, COUNTER_UPDATES_TAKEN, take->ret_count);
}

void store_lmdb_settle_updates(struct store *store, uint64_t token, enum store_settle how)
{
	struct store_lmdb *lmdb = store_lmdb_of(store);
	struct lmdb_lease *lease;

	pthread_mutex_lock(&lmdb->leases_lock);
	lease = lmdb_leases_find(&lmdb->leases, token);
	if (lease && how == SETTLE_SENT) {
		lease->sent = true;
	} else if (lease) {
		counter_add(lmdb->counters, COUNTER_UPDATES_RETURNED, lease->count);
		lmdb_leases_remove(&lmdb->leases, lease);
	}
	pthread_mutex_unlock(&lmdb->leases_lock);
	if (lease && how == SETTLE_SENT)
		lmdb_writer_settle(lmdb);
}

/* ---- Looking without taking ---- */

static int peek_rows(struct store_lmdb *lmdb, struct lmdb_reader *reader, MDB_cursor *cursor,
		     struct store_peek *peek)
{
	struct moment now = store_lmdb_now(&lmdb->store);
	MDB_val key;
	MDB_val value;
	int r = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);

	for (uint32_t n = 0; r == 0 && n < peek->limit; n++) {
		r = lmdb_show(lmdb, reader, value, lmdb_number_value(key), &now, &peek->read);
		if (r < 0)
			return r;
		r = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	return r == MDB_NOTFOUND ? STORE_DONE : lmdb_errno(r);
}

int store_lmdb_peek_updates(struct store *store, struct store_peek *peek)
{
	struct store_lmdb *lmdb = store_lmdb_of(store);
	struct lmdb_reader *reader;
	MDB_cursor *cursor;
	int r = lmdb_reader_begin(lmdb, &reader);

	if (r != 0)
		return r;
	r = lmdb_errno(mdb_cursor_open(reader->txn, lmdb->env.pending, &cursor));
	if (r == 0) {
		r = peek_rows(lmdb, reader, cursor, peek);
		mdb_cursor_close(cursor);
	}
	lmdb_reader_end(lmdb, reader);
	return r;
}
