/*
 * The one thread that writes: everything that waits goes into one transaction, and is completed
 * when that is synced (group commit). While one commit is on its way, the next batch gathers.
 */
#include "store/lmdb_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/steady.h"
#include "log/log.h"

#define BATCH_MAX 2048
/* Of records: LMDB keeps as much in memory, and the file must not outgrow its slack at once. */
#define BATCH_BYTES_MAX (16u << 20)
/* More than that would not be answered in time. */
#define QUEUE_MAX 16384
#define NOTE_INTERVAL_MS 1000
#define PROOFS_WANTED 16

/* ---- The queue ---- */

int lmdb_writer_submit(struct store_lmdb *lmdb, struct store_op *op, enum lmdb_verb verb)
{
	bool taken;

	op->next = NULL;
	op->verb = verb;
	pthread_mutex_lock(&lmdb->queue_lock);
	taken = !lmdb->stop && lmdb->queue_len < QUEUE_MAX;
	if (taken) {
		*lmdb->queue_end = op;
		lmdb->queue_end = &op->next;
		lmdb->queue_len++;
		pthread_cond_signal(&lmdb->queue_filled);
	}
	pthread_mutex_unlock(&lmdb->queue_lock);
	return taken ? STORE_PENDING : STORE_UNAVAILABLE;
}

void lmdb_writer_settle(struct store_lmdb *lmdb)
{
	pthread_mutex_lock(&lmdb->queue_lock);
	lmdb->settles = true;
	pthread_cond_signal(&lmdb->queue_filled);
	pthread_mutex_unlock(&lmdb->queue_lock);
}

/* Cuts a batch off the front. Under queue_lock. */
static struct store_op *cut_batch(struct store_lmdb *lmdb)
{
	struct store_op *batch = lmdb->queue;
	struct store_op **end = &lmdb->queue;
	unsigned n;

	for (n = 0; *end && n < BATCH_MAX; n++)
		end = &(*end)->next;
	lmdb->queue_len -= n;
	lmdb->queue = *end;
	if (!lmdb->queue)
		lmdb->queue_end = &lmdb->queue;
	/* The batch ends where the queue now begins. */
	if (batch)
		*end = NULL;
	return batch;
}

/* Puts what did not go into the transaction back to the front. */
static void put_back(struct store_lmdb *lmdb, struct store_op *rest)
{
	struct store_op *last = rest;
	unsigned n = 1;

	if (!rest)
		return;
	for (; last->next; last = last->next)
		n++;
	pthread_mutex_lock(&lmdb->queue_lock);
	last->next = lmdb->queue;
	if (!lmdb->queue)
		lmdb->queue_end = &last->next;
	lmdb->queue = rest;
	lmdb->queue_len += n;
	pthread_mutex_unlock(&lmdb->queue_lock);
}

/* Waits for work. False when it is time to stop: whatever is queued then is not written any more.
 */
static bool next_batch(struct store_lmdb *lmdb, struct store_op **ret_batch)
{
	bool go_on;

	pthread_mutex_lock(&lmdb->queue_lock);
	while (!lmdb->queue && !lmdb->settles && !lmdb->stop)
		pthread_cond_wait(&lmdb->queue_filled, &lmdb->queue_lock);
	go_on = !lmdb->stop;
	lmdb->settles = false;
	*ret_batch = go_on ? cut_batch(lmdb) : NULL;
	pthread_mutex_unlock(&lmdb->queue_lock);
	return go_on;
}

/* ---- Writable or not ---- */

void lmdb_note_unwritable(struct store_lmdb *lmdb, const char *reason)
{
	pthread_mutex_lock(&lmdb->reason_lock);
	snprintf(lmdb->reason, sizeof(lmdb->reason), "%s", reason);
	pthread_mutex_unlock(&lmdb->reason_lock);
	if (atomic_exchange(&lmdb->writable, false))
		log_error("store.unwritable", LOG_TEXT("path", lmdb->data_dir),
			  LOG_TEXT("reason", reason));
}

static void note_failure(struct store_lmdb *lmdb, const char *reason)
{
	counter_add(lmdb->counters, COUNTER_STORE_FAILED_COMMITS, 1);
	lmdb->proofs = 0;
	lmdb_note_unwritable(lmdb, reason);
}

/* On a full disk small commits still fit, now and then, into pages that are used again: that is no
 * sign that all is well, unless clients' changes keep fitting. */
static void note_success(struct store_lmdb *lmdb)
{
	if (atomic_load(&lmdb->writable))
		return;
	lmdb->proofs += lmdb->changes > 0;
	if (lmdb->proofs < PROOFS_WANTED && !lmdb_env_has_room(&lmdb->env, lmdb->data_dir))
		return;
	atomic_store(&lmdb->writable, true);
	log_info("store.writable", LOG_TEXT("path", lmdb->data_dir));
}

/* ---- One transaction ---- */

/* Opens the file anew: after an error that LMDB calls fatal, or when a read-only directory was
 * opened up. Reads find nothing to read from meanwhile. */
static int reopen(struct store_lmdb *lmdb)
{
	char reason[sizeof(lmdb->reason)];
	int r;

	pthread_rwlock_wrlock(&lmdb->env_lock);
	lmdb_readers_free(lmdb);
	r = lmdb_env_reopen(lmdb->data_dir, lmdb->map_bytes, &lmdb->env, reason, sizeof(reason));
	pthread_rwlock_unlock(&lmdb->env_lock);
	lmdb_readers_wake(lmdb);
	if (r < 0)
		note_failure(lmdb, reason);
	else
		log_info("store.reopened", LOG_TEXT("path", lmdb->data_dir));
	return r;
}

static int begin_transaction(struct store_lmdb *lmdb)
{
	int r;

	if (!lmdb->env.env || (lmdb->env.read_only && lmdb_env_may_write(lmdb->data_dir))) {
		r = reopen(lmdb);
		if (r < 0)
			return r;
	}
	if (lmdb->env.read_only)
		return -EROFS;
	r = mdb_txn_begin(lmdb->env.env, NULL, 0, &lmdb->write.txn);
	if (r == MDB_PANIC) {
		r = reopen(lmdb);
		if (r < 0)
			return r;
		r = mdb_txn_begin(lmdb->env.env, NULL, 0, &lmdb->write.txn);
	}
	return lmdb_errno(r);
}

static int begin(struct store_lmdb *lmdb)
{
	struct lmdb_write *write = &lmdb->write;
	int r = begin_transaction(lmdb);

	if (r < 0)
		return r;
	write->dirty = false;
	write->bytes = 0;
	lmdb->changes = 0;
	write->now = store_lmdb_now(&lmdb->store);
	memset(&write->state, 0, sizeof(write->state));
	r = lmdb_state_get(write->env, write->txn, &write->state);
	if (r != 0 && r != MDB_NOTFOUND) {
		mdb_txn_abort(write->txn);
		return lmdb_errno(r);
	}
	return 0;
}

void store_lmdb_publish(struct store_lmdb *lmdb, const struct lmdb_state *state)
{
	for (int i = 0; i < ENTRY_KIND_COUNT; i++) {
		atomic_store(&lmdb->entries[i], state->entries[i]);
		atomic_store(&lmdb->disconnected[i], state->disconnected[i]);
	}
	atomic_store(&lmdb->pending, state->pending);
	lmdb->noted_ms = state->lifetime_ms;
}

/* LMDB gives up an environment whose header it could not write: reads need a new one at once. */
static int after_failed_commit(struct store_lmdb *lmdb, int error)
{
	MDB_txn *txn;
	int r = mdb_txn_begin(lmdb->env.env, NULL, MDB_RDONLY, &txn);

	if (r == MDB_PANIC)
		reopen(lmdb);
	else if (r == 0)
		mdb_txn_abort(txn);
	return lmdb_errno(error);
}

/* Commits what was written; every commit notes the lifetime clock. */
static int commit(struct store_lmdb *lmdb)
{
	struct lmdb_write *write = &lmdb->write;
	int64_t began_ns;
	int r;

	if (!write->dirty) {
		mdb_txn_abort(write->txn);
		return 0;
	}
	write->state.lifetime_ms = store_lmdb_lifetime_ms(lmdb);
	r = lmdb_state_put(write->env, write->txn, &write->state);
	if (r != 0) {
		mdb_txn_abort(write->txn);
		return lmdb_errno(r);
	}
	began_ns = steady_ns();
	r = mdb_txn_commit(write->txn);
	if (r != 0)
		return after_failed_commit(lmdb, r);
	lmdb_env_keep_length(write->env);
	store_lmdb_publish(lmdb, &lmdb->write.state);
	counter_add(lmdb->counters, COUNTER_STORE_BATCHES, lmdb->changes > 0);
	histogram_add(lmdb->counters->histograms, HISTOGRAM_COMMIT,
		      (uint64_t)(steady_ns() - began_ns));
	if (lmdb->changes > 0)
		histogram_add(lmdb->counters->histograms, HISTOGRAM_BATCH_CHANGES, lmdb->changes);
	note_success(lmdb);
	return 0;
}

/* ---- The operations ---- */

static int do_change(struct store_lmdb *lmdb, struct store_change *change)
{
	struct lmdb_applied applied = {0};
	int r = lmdb_apply(&lmdb->write, change->key, change->rule, change->ctx, &applied);

	lmdb->changes += applied.action != CHANGE_NOTHING;
	change->outcome = applied.outcome;
	change->op.result = r;
	counter_add(lmdb->counters, COUNTER_STORE_CHANGES, 1);
	if (r == STORE_DAMAGED) {
		struct lmdb_entry_key key;

		lmdb_entry_key(&lmdb->env, change->key, &key);
		lmdb_note_damage(lmdb, (MDB_val){key.len, key.bytes});
	}
	return r < 0 ? r : 0;
}

/* The clock is noted about every second while anything can expire; and a store that could not
 * write tries again. */
static int note_clock(struct store_lmdb *lmdb)
{
	struct lmdb_write *write = &lmdb->write;
	MDB_stat due;
	int r = mdb_stat(write->txn, lmdb->env.due, &due);

	if (r != 0)
		return lmdb_errno(r);
	if (!atomic_load(&lmdb->writable) ||
	    (due.ms_entries > 0 &&
	     store_lmdb_lifetime_ms(lmdb) - lmdb->noted_ms >= NOTE_INTERVAL_MS))
		write->dirty = true;
	return 0;
}

static int do_sweep(struct store_lmdb *lmdb, struct store_sweep *sweep)
{
	struct lmdb_entry_key key;
	struct lmdb_applied applied;
	int r = 0;

	sweep->ret_seen = sweep->ret_news = sweep->ret_removed = 0;
	sweep->ret_now = lmdb->write.now;
	while (sweep->ret_seen < sweep->limit && lmdb->write.bytes < BATCH_BYTES_MAX) {
		r = lmdb_apply_due(&lmdb->write, sweep->rule, sweep->ctx, &key, &applied);
		if (r == STORE_NOT_FOUND || r < 0)
			break;
		if (r == STORE_DAMAGED)
			lmdb_note_damage(lmdb, (MDB_val){key.len, key.bytes});
		sweep->ret_seen++;
		sweep->ret_news += applied.action == CHANGE_WRITE && applied.news == NEWS_ADD;
		sweep->ret_removed += applied.action == CHANGE_REMOVE;
	}
	sweep->ret_more = r != STORE_NOT_FOUND;
	sweep->op.result = STORE_DONE;
	return r < 0 ? r : note_clock(lmdb);
}

static int do_op(struct store_lmdb *lmdb, struct store_op *op)
{
	switch ((enum lmdb_verb)op->verb) {
	case LMDB_VERB_CHANGE:
		return do_change(lmdb, (struct store_change *)op);
	case LMDB_VERB_SWEEP:
		return do_sweep(lmdb, (struct store_sweep *)op);
	case LMDB_VERB_TAKE:
		lmdb->write.dirty = true;
		op->result = STORE_DONE;
		return 0;
	}
	return -EINVAL;
}

/* The next lease that was settled as sent and is not dealt with yet. */
static bool next_sent(struct store_lmdb *lmdb, uint64_t *ret_first, uint64_t *ret_last)
{
	struct lmdb_lease *lease;

	pthread_mutex_lock(&lmdb->leases_lock);
	lease = lmdb->leases.first;
	while (lease && (!lease->sent || lease->removing))
		lease = lease->next;
	if (lease) {
		lease->removing = true;
		*ret_first = lease->first;
		*ret_last = lease->last;
	}
	pthread_mutex_unlock(&lmdb->leases_lock);
	return lease != NULL;
}

static int remove_sent(struct store_lmdb *lmdb)
{
	uint64_t first;
	uint64_t last;
	int r = 0;

	while (r == 0 && next_sent(lmdb, &first, &last))
		r = lmdb_remove_pending(&lmdb->write, first, last);
	return r;
}

/* Once their rows are gone for good nothing is left to hold. Otherwise the next batch tries again.
 */
static void forget_removed(struct store_lmdb *lmdb, bool committed)
{
	struct lmdb_lease *lease;
	struct lmdb_lease *next;

	pthread_mutex_lock(&lmdb->leases_lock);
	for (lease = lmdb->leases.first; lease; lease = next) {
		next = lease->next;
		if (lease->removing && committed)
			lmdb_leases_remove(&lmdb->leases, lease);
		else
			lease->removing = false;
	}
	pthread_mutex_unlock(&lmdb->leases_lock);
}

/* As much of the batch as goes into one transaction; the rest is cut off. */
static int write_batch(struct store_lmdb *lmdb, struct store_op *batch, struct store_op **ret_rest)
{
	struct store_op *last = NULL;
	int r = begin(lmdb);

	if (r < 0)
		return r;
	r = remove_sent(lmdb);
	for (struct store_op *op = batch; op && r == 0; op = op->next) {
		if (last && lmdb->write.bytes > BATCH_BYTES_MAX)
			break;
		r = do_op(lmdb, op);
		last = op;
	}
	if (r < 0) {
		mdb_txn_abort(lmdb->write.txn);
		return r;
	}
	if (last) {
		*ret_rest = last->next;
		last->next = NULL;
	}
	return commit(lmdb);
}

static void complete_all(struct store_lmdb *lmdb, struct store_op *batch, bool failed)
{
	while (batch) {
		struct store_op *op = batch;

		batch = op->next;
		if (failed)
			op->result = STORE_UNAVAILABLE;
		if (op->verb == LMDB_VERB_TAKE)
			lmdb_take_concluded(lmdb, (struct store_take *)op);
		op->complete(op);
	}
}

static void *writer_main(void *arg)
{
	struct store_lmdb *lmdb = arg;
	struct store_op *batch;

	while (next_batch(lmdb, &batch)) {
		struct store_op *rest = NULL;
		int r = write_batch(lmdb, batch, &rest);

		put_back(lmdb, rest);
		/* Without a file, reopen() has said why. */
		if (r < 0 && lmdb->env.env)
			note_failure(lmdb, strerror(-r));
		forget_removed(lmdb, r == 0);
		complete_all(lmdb, batch, r < 0);
	}
	return NULL;
}

int lmdb_writer_start(struct store_lmdb *lmdb)
{
	lmdb->write.env = &lmdb->env;
	return -pthread_create(&lmdb->writer, NULL, writer_main, lmdb);
}

void lmdb_writer_stop(struct store_lmdb *lmdb)
{
	bool stopped;

	pthread_mutex_lock(&lmdb->queue_lock);
	stopped = lmdb->stop;
	lmdb->stop = true;
	pthread_cond_signal(&lmdb->queue_filled);
	pthread_mutex_unlock(&lmdb->queue_lock);
	if (stopped)
		return;
	pthread_join(lmdb->writer, NULL);
	/* Nobody waits for these any more: who is let finish was waited for before. */
	complete_all(lmdb, lmdb->queue, true);
	lmdb->queue = NULL;
}

/* The last commit: what was settled since, and where the clock stands when nobody can refresh. */
void lmdb_writer_free(struct store_lmdb *lmdb)
{
	lmdb_writer_stop(lmdb);
	if (begin(lmdb) == 0) {
		lmdb->write.dirty = true;
		if (remove_sent(lmdb) < 0)
			mdb_txn_abort(lmdb->write.txn);
		else
			commit(lmdb);
	}
	buffer_deinit(&lmdb->write.old_value);
	buffer_deinit(&lmdb->write.new_value);
}
