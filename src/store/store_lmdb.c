/* The embedded durable store: its life, and its verbs for the calling thread. */
#include "store/store_lmdb.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/lmdb_store.h"

/* A new database begins at second 1: 0 means "never" in an entry. */
#define LIFETIME_START_MS 1000

int64_t store_lmdb_lifetime_ms(const struct store_lmdb *lmdb)
{
	return lmdb->lifetime_base_ms + lmdb->clock->steady_ms(lmdb->clock) - lmdb->steady_base_ms;
}

struct moment store_lmdb_now(struct store *store)
{
	struct store_lmdb *lmdb = store_lmdb_of(store);

	return (struct moment){
		.lifetime_s = store_lmdb_lifetime_ms(lmdb) / 1000,
		.wall_s = lmdb->clock->wall_ms(lmdb->clock) / 1000,
	};
}

/* ---- Reading ---- */

static int store_lmdb_get(struct store *store, struct entry_key key, struct store_read *read)
{
	struct store_lmdb *lmdb = store_lmdb_of(store);
	struct moment now = store_lmdb_now(store);
	struct lmdb_entry_key entry_key;
	struct lmdb_reader *reader;
	int r = lmdb_reader_begin(lmdb, &reader);

	if (r != 0)
		return r;
	lmdb_entry_key(&lmdb->env, key, &entry_key);
	r = lmdb_show(lmdb, reader, (MDB_val){entry_key.len, entry_key.bytes}, 0, &now, read);
	lmdb_reader_end(lmdb, reader);
	return r;
}

/* A list that is being shown: filters what a hash led to by chance, and sums up. */
struct listing {
	struct store_lmdb *lmdb;
	struct lmdb_reader *reader;
	struct moment now;
	enum store_index index;
	struct slice key;
	struct store_read filter;
	struct store_read *read;
	uint32_t shown;
	uint32_t damaged;
};

static int see_listed(void *ctx, const struct entry *entry, const struct moment *now)
{
	struct listing *listing = ctx;

	if (!lmdb_index_leads_to(listing->index, listing->key, entry))
		return 0;
	listing->shown++;
	return listing->read->see(listing->read->ctx, entry, now);
}

/* The entries whose keys are the duplicates of one index key. */
static int show_row(struct listing *listing, MDB_cursor *cursor, MDB_val key)
{
	MDB_val value;
	int r = mdb_cursor_get(cursor, &key, &value, MDB_SET_KEY);

	while (r == 0) {
		r = lmdb_show(listing->lmdb, listing->reader, value, 0, &listing->now,
			      &listing->filter);
		if (r < 0)
			return r;
		listing->damaged += r == STORE_DAMAGED;
		r = mdb_cursor_get(cursor, &key, &value, MDB_NEXT_DUP);
	}
	return r == MDB_NOTFOUND ? 0 : lmdb_errno(r);
}

/* The users that a GUID or an e-mail leads to, and each one's entries. A GUID has a row for each
 * entry that carried it, sorted by user: each user once. */
static int show_users(struct listing *listing, MDB_val key)
{
	unsigned char shown[LMDB_INDEX_KEY_BYTES] = {0};
	MDB_cursor *users;
	MDB_val value;
	int failed = 0;
	int r = mdb_cursor_open(listing->reader->txn, listing->lmdb->env.index, &users);

	if (r != 0)
		return lmdb_errno(r);
	r = mdb_cursor_get(users, &key, &value, MDB_SET_KEY);
	for (; r == 0 && value.mv_size >= sizeof(shown);
	     r = mdb_cursor_get(users, &key, &value, MDB_NEXT_DUP)) {
		if (memcmp(shown, value.mv_data, sizeof(shown)) == 0)
			continue;
		memcpy(shown, value.mv_data, sizeof(shown));
		failed = show_row(listing, listing->reader->index, (MDB_val){sizeof(shown), shown});
		if (failed < 0)
			break;
	}
	mdb_cursor_close(users);
	if (failed < 0)
		return failed;
	return r == MDB_NOTFOUND ? 0 : lmdb_errno(r);
}

static int store_lmdb_list(struct store *store, enum store_index index, struct slice key,
			   struct store_read *read)
{
	struct store_lmdb *lmdb = store_lmdb_of(store);
	struct listing listing = {
		.lmdb = lmdb,
		.now = store_lmdb_now(store),
		.index = index,
		.key = key,
		.filter = {.see = see_listed, .ctx = &listing},
		.read = read,
	};
	unsigned char index_key[LMDB_INDEX_KEY_BYTES];
	MDB_val row = {sizeof(index_key), index_key};
	int r = lmdb_reader_begin(lmdb, &listing.reader);

	if (r != 0)
		return r;
	lmdb_index_key(&lmdb->env, index, key, index_key);
	if (index == INDEX_GUID || index == INDEX_EMAIL)
		r = show_users(&listing, row);
	else
		r = show_row(&listing, listing.reader->index, row);
	lmdb_reader_end(lmdb, listing.reader);
	if (r < 0 || listing.shown > 0)
		return r;
	return listing.damaged > 0 ? STORE_DAMAGED : STORE_NOT_FOUND;
}

/* ---- Changing: all of it is the writer's ---- */

static int store_lmdb_change(struct store *store, struct store_change *change)
{
	return lmdb_writer_submit(store_lmdb_of(store), &change->op, LMDB_VERB_CHANGE);
}

static int store_lmdb_sweep(struct store *store, struct store_sweep *sweep)
{
	return lmdb_writer_submit(store_lmdb_of(store), &sweep->op, LMDB_VERB_SWEEP);
}

/* ---- The store itself ---- */

static void store_lmdb_health(struct store *store, struct store_health *ret_health)
{
	struct store_lmdb *lmdb = store_lmdb_of(store);

	*ret_health = (struct store_health){.readable = true};
	ret_health->writable = atomic_load(&lmdb->writable);
	if (ret_health->writable)
		return;
	pthread_mutex_lock(&lmdb->reason_lock);
	snprintf(ret_health->reason, sizeof(ret_health->reason), "%s", lmdb->reason);
	pthread_mutex_unlock(&lmdb->reason_lock);
}

static void store_lmdb_count(struct store *store, struct store_count *ret_count)
{
	struct store_lmdb *lmdb = store_lmdb_of(store);

	for (int i = 0; i < ENTRY_KIND_COUNT; i++) {
		ret_count->entries[i] = atomic_load(&lmdb->entries[i]);
		ret_count->disconnected[i] = atomic_load(&lmdb->disconnected[i]);
	}
	ret_count->disconnected_known = true;
	ret_count->pending_updates = atomic_load(&lmdb->pending);
}

static void lmdb_deinit(struct store_lmdb *lmdb)
{
	lmdb_readers_free(lmdb);
	lmdb_env_close(&lmdb->env);
	lmdb_leases_deinit(&lmdb->leases);
	if (lmdb->data_dir_fd >= 0)
		close(lmdb->data_dir_fd);
	pthread_rwlock_destroy(&lmdb->env_lock);
	pthread_mutex_destroy(&lmdb->readers_lock);
	pthread_cond_destroy(&lmdb->reopened);
	pthread_mutex_destroy(&lmdb->leases_lock);
	pthread_mutex_destroy(&lmdb->queue_lock);
	pthread_cond_destroy(&lmdb->queue_filled);
	pthread_mutex_destroy(&lmdb->reason_lock);
	free(lmdb->data_dir);
	free(lmdb);
}

static void store_lmdb_stop(struct store *store)
{
	lmdb_writer_stop(store_lmdb_of(store));
}

static void store_lmdb_free(struct store *store)
{
	struct store_lmdb *lmdb = store_lmdb_of(store);

	lmdb_writer_free(lmdb);
	lmdb_deinit(lmdb);
}

static const struct store_verbs verbs = {
	.type = "Lmdb",
	.get = store_lmdb_get,
	.list = store_lmdb_list,
	.scan = store_lmdb_scan,
	.change = store_lmdb_change,
	.sweep = store_lmdb_sweep,
	.take_updates = store_lmdb_take_updates,
	.peek_updates = store_lmdb_peek_updates,
	.settle_updates = store_lmdb_settle_updates,
	.health = store_lmdb_health,
	.count = store_lmdb_count,
	.now = store_lmdb_now,
	.stop = store_lmdb_stop,
	.free = store_lmdb_free,
};

/* Readers come without a gap: whoever wants to open the file anew goes first. */
static void init_env_lock(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t writer_first;

	pthread_rwlockattr_init(&writer_first);
	pthread_rwlockattr_setkind_np(&writer_first, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(lock, &writer_first);
	pthread_rwlockattr_destroy(&writer_first);
}

static struct store_lmdb *lmdb_alloc(const struct store_lmdb_options *options, struct clock *clock,
				     struct counters *counters)
{
	struct store_lmdb *lmdb = calloc(1, sizeof(*lmdb));

	if (!lmdb)
		return NULL;
	lmdb->store.verbs = &verbs;
	lmdb->data_dir = strdup(options->data_dir);
	lmdb->data_dir_fd = -1;
	lmdb->map_bytes = options->map_bytes;
	lmdb->clock = clock;
	lmdb->counters = counters;
	lmdb->queue_end = &lmdb->queue;
	init_env_lock(&lmdb->env_lock);
	pthread_mutex_init(&lmdb->readers_lock, NULL);
	pthread_cond_init(&lmdb->reopened, NULL);
	pthread_mutex_init(&lmdb->leases_lock, NULL);
	pthread_mutex_init(&lmdb->queue_lock, NULL);
	pthread_cond_init(&lmdb->queue_filled, NULL);
	pthread_mutex_init(&lmdb->reason_lock, NULL);
	return lmdb;
}

/* Two servers on one file would each believe to be the only writer. */
static int lock_directory(struct store_lmdb *lmdb, char *ret_reason, size_t reason_size)
{
	int error;

	lmdb->data_dir_fd = open(lmdb->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lmdb->data_dir_fd >= 0 && flock(lmdb->data_dir_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	error = errno;
	snprintf(ret_reason, reason_size, "%s: %s", lmdb->data_dir,
		 error == EWOULDBLOCK ? "another server is using it" : strerror(error));
	return -error;
}

static int read_state(struct store_lmdb *lmdb)
{
	struct lmdb_state state = {.lifetime_ms = LIFETIME_START_MS};
	struct lmdb_reader *reader;
	int r = lmdb_reader_begin(lmdb, &reader);

	if (r != 0)
		return -EIO;
	r = lmdb_state_get(&lmdb->env, reader->txn, &state);
	lmdb_reader_end(lmdb, reader);
	if (r != 0 && r != MDB_NOTFOUND)
		return lmdb_errno(r);
	lmdb->lifetime_base_ms = state.lifetime_ms;
	lmdb->steady_base_ms = lmdb->clock->steady_ms(lmdb->clock);
	store_lmdb_publish(lmdb, &state);
	atomic_store(&lmdb->writable, true);
	if (lmdb->env.read_only)
		lmdb_note_unwritable(lmdb, strerror(EROFS));
	return 0;
}

static int lmdb_open(struct store_lmdb *lmdb, char *ret_reason, size_t reason_size)
{
	int r = lmdb_env_make_directory(lmdb->data_dir, ret_reason, reason_size);

	if (r == 0)
		r = lock_directory(lmdb, ret_reason, reason_size);
	if (r == 0)
		r = lmdb_env_open(lmdb->data_dir, lmdb->map_bytes, LMDB_MAKE, &lmdb->env,
				  ret_reason, reason_size);
	if (r < 0)
		return r;
	r = read_state(lmdb);
	if (r == 0)
		r = lmdb_writer_start(lmdb);
	if (r < 0)
		snprintf(ret_reason, reason_size, "%s: %s", lmdb->data_dir, strerror(-r));
	return r;
}

int store_lmdb_new(const struct store_lmdb_options *options, struct clock *clock,
		   struct counters *counters, struct store **ret_store, char *ret_reason,
		   size_t reason_size)
{
	struct store_lmdb *lmdb;
	int r;

	if (sodium_init() < 0)
		return -EIO;
	lmdb = lmdb_alloc(options, clock, counters);
	if (!lmdb || !lmdb->data_dir) {
		snprintf(ret_reason, reason_size, "out of memory");
		free(lmdb);
		return -ENOMEM;
	}
	r = lmdb_open(lmdb, ret_reason, reason_size);
	if (r < 0) {
		lmdb_deinit(lmdb);
		return r;
	}
	*ret_store = &lmdb->store;
	return 0;
}
