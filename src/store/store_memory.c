/*
 * Keeps entries in memory, behind one lock.
 *
 * Reads share the lock, changes have it alone; writers go first, so that readers cannot starve them
 * (docs/decisions/0003-memory-store-one-lock.md).
 */
#include "store/store_memory.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "monitor/counters.h"
#include "store/memory_entries.h"

struct store_memory {
	struct store store;
	struct clock *clock;       /* not owned */
	struct counters *counters; /* not owned */
	int64_t base_ms;           /* steady time of lifetime second 0 */
	uint64_t tag;              /* random, in each cursor: numbers begin anew with the store */

	pthread_rwlock_t lock;
	/* Under the lock, but for what says otherwise. */
	struct memory_entries entries;
};

static struct store_memory *of(struct store *store)
{
	return (struct store_memory *)store;
}

static void lock_shared(struct store_memory *memory)
{
	int r = pthread_rwlock_rdlock(&memory->lock);

	assert(r == 0);
	(void)r;
}

static void lock_alone(struct store_memory *memory)
{
	int r = pthread_rwlock_wrlock(&memory->lock);

	assert(r == 0);
	(void)r;
}

static void unlock(struct store_memory *memory)
{
	pthread_rwlock_unlock(&memory->lock);
}

static struct moment store_memory_now(struct store *store)
{
	struct store_memory *memory = of(store);
	struct clock *clock = memory->clock;

	return (struct moment){
		.lifetime_s = (clock->steady_ms(clock) - memory->base_ms) / 1000,
		.wall_s = clock->wall_ms(clock) / 1000,
	};
}

/* ---- Reading ---- */

struct showing {
	const struct memory_entries *entries;
	struct store_read *read;
	struct moment now;
	uint32_t shown;
	uint32_t damaged;
};

static int show_node(void *ctx, const struct memory_node *node)
{
	struct showing *showing = ctx;
	struct entry entry;

	if (memory_entries_read(showing->entries, node, &entry) != 0) {
		showing->damaged++;
		return 0;
	}
	showing->shown++;
	return showing->read->see(showing->read->ctx, &entry, &showing->now);
}

/* The result of a read that has shown what there was; r is see()'s last word. */
static int result_of(const struct showing *showing, int r)
{
	if (r < 0)
		return r;
	if (showing->shown > 0)
		return STORE_DONE;
	return showing->damaged > 0 ? STORE_DAMAGED : STORE_NOT_FOUND;
}

static int store_memory_get(struct store *store, struct entry_key key, struct store_read *read)
{
	struct store_memory *memory = of(store);
	unsigned hash = memory_entries_hash(&memory->entries, key);
	struct showing showing = {.entries = &memory->entries, .read = read};
	struct memory_node *node;
	int r;

	lock_shared(memory);
	showing.now = store_memory_now(store);
	node = memory_entries_find(&memory->entries, key, hash);
	r = node ? show_node(&showing, node) : 0;
	unlock(memory);
	return result_of(&showing, r);
}

static int store_memory_list(struct store *store, enum store_index index, struct slice key,
			     struct store_read *read)
{
	struct store_memory *memory = of(store);
	struct showing showing = {.entries = &memory->entries, .read = read};
	int r;

	lock_shared(memory);
	showing.now = store_memory_now(store);
	r = memory_index_each(&memory->entries.index, index, key, show_node, &showing);
	unlock(memory);
	return result_of(&showing, r);
}

/* ---- Scan ---- */

#define KIND_SHIFT 63

_Static_assert(ENTRY_KIND_COUNT <= 2, "a kind fits above a number");

struct cursor {
	uint64_t tag;
	uint64_t place; /* of the last one shown: its number, and above it its kind */
	/* The last numbers when the scan began. An id that goes and comes back has a new one: it
	 * must not be shown again. */
	uint64_t ends[ENTRY_KIND_COUNT];
};

static uint64_t place_of(const struct memory_node *node)
{
	return node->number | (uint64_t)node->kind << KIND_SHIFT;
}

static struct memory_node *node_behind(const struct memory_entries *entries,
				       const struct cursor *cursor, unsigned skip_kinds)
{
	uint64_t number = cursor->place & ~(UINT64_C(1) << KIND_SHIFT);

	for (unsigned kind = cursor->place >> KIND_SHIFT; kind < ENTRY_KIND_COUNT; kind++) {
		struct memory_node *node = NULL;

		if (!(skip_kinds & 1u << kind))
			node = memory_roll_behind(&entries->rolls[kind], number);
		if (node && node->number <= cursor->ends[kind])
			return node;
		number = 0;
	}
	return NULL;
}

/* Under the lock, like all that follows. */
static int read_cursor(const struct store_memory *memory, struct slice text,
		       struct cursor *ret_cursor)
{
	*ret_cursor = (struct cursor){.tag = memory->tag};
	for (int kind = 0; kind < ENTRY_KIND_COUNT; kind++)
		ret_cursor->ends[kind] = memory->entries.rolls[kind].last_number;
	if (!text.data)
		return 0;
	if (text.len != sizeof(*ret_cursor))
		return -EINVAL;
	memcpy(ret_cursor, text.data, sizeof(*ret_cursor));
	return ret_cursor->tag == memory->tag ? 0 : -EINVAL;
}

static int write_cursor(const struct cursor *cursor, struct store_scan *scan)
{
	scan->ret_cursor = malloc(sizeof(*cursor));
	if (!scan->ret_cursor)
		return -ENOMEM;
	memcpy(scan->ret_cursor, cursor, sizeof(*cursor));
	scan->ret_cursor_len = sizeof(*cursor);
	return STORE_DONE;
}

static int show_slice(struct store_memory *memory, struct store_scan *scan)
{
	struct showing showing = {.entries = &memory->entries, .read = &scan->read};
	struct memory_node *node;
	struct cursor cursor;
	int r = read_cursor(memory, scan->cursor, &cursor);

	if (r < 0)
		return r;
	showing.now = store_memory_now(&memory->store);
	node = node_behind(&memory->entries, &cursor, scan->skip_kinds);
	for (uint32_t i = 0; r == 0 && node && i < store_scan_limit(scan); i++) {
		cursor.place = place_of(node);
		r = show_node(&showing, node);
		node = node_behind(&memory->entries, &cursor, scan->skip_kinds);
	}
	if (r < 0)
		return r;
	return node ? write_cursor(&cursor, scan) : STORE_DONE;
}

static int store_memory_scan(struct store *store, struct store_scan *scan)
{
	struct store_memory *memory = of(store);
	int r;

	lock_shared(memory);
	r = show_slice(memory, scan);
	unlock(memory);
	return r;
}

/* ---- Changing ---- */

static int store_memory_change(struct store *store, struct store_change *change)
{
	struct store_memory *memory = of(store);
	struct memory_run run = {.key = change->key};
	unsigned hash = memory_entries_hash(&memory->entries, change->key);
	int r;

	lock_alone(memory);
	run.now = store_memory_now(store);
	run.node = memory_entries_find(&memory->entries, change->key, hash);
	r = memory_entries_run(&memory->entries, &run, change->rule, change->ctx);
	unlock(memory);
	change->outcome = run.outcome;
	counter_add(memory->counters, COUNTER_STORE_CHANGES, 1);
	return r;
}

/* ---- Sweep ---- */

/* One that the rule leaves due is looked at again in a second, so that it cannot hold up others. */
static void put_back(struct store_memory *memory, struct memory_node *node, int64_t now_s)
{
	if (node->due_s == 0)
		memory_due_remove(&memory->entries.due, node);
	else
		memory_due_put(&memory->entries.due, node,
			       node->due_s > now_s ? node->due_s : now_s + 1);
}

/* A row whose second has come. 0, or -ENOMEM. */
static int sweep_node(struct store_memory *memory, struct memory_node *node,
		      struct store_sweep *sweep)
{
	struct memory_run run = {.node = node, .now = sweep->ret_now};
	int r;

	if (node->due_s > run.now.lifetime_s) {
		put_back(memory, node, run.now.lifetime_s);
		return 0;
	}
	run.key = (struct entry_key){node->kind, {node->id, node->id_len}};
	r = memory_entries_run(&memory->entries, &run, sweep->rule, sweep->ctx);
	if (r < 0)
		return r;
	if (r == STORE_DAMAGED) {
		memory_due_remove(&memory->entries.due, node);
		return 0;
	}
	sweep->ret_seen++;
	sweep->ret_news += run.joined;
	sweep->ret_removed += run.removed;
	if (run.node)
		put_back(memory, run.node, run.now.lifetime_s);
	return 0;
}

static int store_memory_sweep(struct store *store, struct store_sweep *sweep)
{
	struct store_memory *memory = of(store);
	struct memory_node *node;
	int64_t now_s;
	int r = 0;

	lock_alone(memory);
	sweep->ret_now = store_memory_now(store);
	now_s = sweep->ret_now.lifetime_s;
	node = memory_due_first(&memory->entries.due, now_s);
	for (uint32_t i = 0; r == 0 && node && i < sweep->limit; i++) {
		r = sweep_node(memory, node, sweep);
		node = memory_due_first(&memory->entries.due, now_s);
	}
	sweep->ret_more = node;
	unlock(memory);
	return r;
}

/* ---- Pending updates ---- */

static void store_memory_settle_updates(struct store *store, uint64_t token, enum store_settle how)
{
	struct store_memory *memory = of(store);
	uint64_t count;

	lock_alone(memory);
	count = memory_updates_settle(&memory->entries.updates, token, how);
	unlock(memory);
	if (how == SETTLE_UNSENT)
		counter_add(memory->counters, COUNTER_UPDATES_RETURNED, count);
}

static int lease_updates(struct store_memory *memory, uint32_t limit, uint64_t *ret_token)
{
	uint64_t lapsed;
	int64_t now_s;
	int r;

	lock_alone(memory);
	now_s = store_memory_now(&memory->store).lifetime_s;
	lapsed = memory_updates_lapse(&memory->entries.updates, now_s);
	r = memory_updates_lease(&memory->entries.updates, limit, now_s, ret_token);
	unlock(memory);
	counter_add(memory->counters, COUNTER_UPDATES_RETURNED, lapsed);
	return r;
}

/* Shows what a lease holds. One that revived since it was leased has left it. */
static int show_lease(struct store_memory *memory, uint64_t token, struct showing *showing)
{
	const struct memory_lease *lease;
	const struct memory_node *node;
	int r = 0;

	lock_shared(memory);
	showing->now = store_memory_now(&memory->store);
	lease = memory_updates_find(&memory->entries.updates, token);
	node = lease ? lease->nodes : NULL;
	for (; r == 0 && node; node = node->news.next)
		r = show_node(showing, node);
	unlock(memory);
	return r;
}

static int store_memory_take_updates(struct store *store, struct store_take *take)
{
	struct store_memory *memory = of(store);
	struct showing showing = {.entries = &memory->entries, .read = &take->read};
	uint64_t token;
	int r;

	if (memory->entries.updates.count == 0)
		return STORE_DONE;
	r = lease_updates(memory, take->limit, &token);
	if (r < 0 || token == 0)
		return r;
	r = show_lease(memory, token, &showing);
	if (r < 0) {
		store_memory_settle_updates(store, token, SETTLE_UNSENT);
		return r;
	}
	take->ret_token = token;
	take->ret_count = showing.shown;
	counter_add(memory->counters, COUNTER_UPDATES_TAKEN, showing.shown);
	return STORE_DONE;
}

static int store_memory_peek_updates(struct store *store, struct store_peek *peek)
{
	struct store_memory *memory = of(store);
	struct showing showing = {.entries = &memory->entries, .read = &peek->read};
	const struct memory_node *node;
	int r = 0;

	lock_shared(memory);
	showing.now = store_memory_now(store);
	node = memory->entries.updates.queue;
	for (uint32_t i = 0; r == 0 && node && i < peek->limit; i++, node = node->news.next)
		r = show_node(&showing, node);
	unlock(memory);
	return r;
}

/* ---- The store itself ---- */

static void store_memory_health(struct store *store, struct store_health *ret_health)
{
	(void)store;
	*ret_health = (struct store_health){.readable = true, .writable = true};
}

static void store_memory_count(struct store *store, struct store_count *ret_count)
{
	struct store_memory *memory = of(store);

	for (int i = 0; i < ENTRY_KIND_COUNT; i++) {
		ret_count->entries[i] = memory->entries.count[i];
		ret_count->disconnected[i] = memory->entries.disconnected[i];
	}
	ret_count->disconnected_known = true;
	ret_count->pending_updates = memory->entries.updates.count;
}

static void store_memory_free(struct store *store)
{
	struct store_memory *memory = of(store);

	memory_entries_deinit(&memory->entries);
	pthread_rwlock_destroy(&memory->lock);
	free(memory);
}

static const struct store_verbs store_memory_verbs = {
	.type = "Ram",
	.get = store_memory_get,
	.list = store_memory_list,
	.scan = store_memory_scan,
	.change = store_memory_change,
	.sweep = store_memory_sweep,
	.take_updates = store_memory_take_updates,
	.peek_updates = store_memory_peek_updates,
	.settle_updates = store_memory_settle_updates,
	.health = store_memory_health,
	.count = store_memory_count,
	.now = store_memory_now,
	.free = store_memory_free,
};

static int lock_init(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attr;
	int r;

	r = pthread_rwlockattr_init(&attr);
	if (r != 0)
		return -r;
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	r = pthread_rwlock_init(lock, &attr);
	pthread_rwlockattr_destroy(&attr);
	return -r;
}

int store_memory_new(struct clock *clock, struct counters *counters, struct store **ret_store)
{
	struct store_memory *memory;
	int r;

	if (sodium_init() < 0)
		return -EIO;
	memory = calloc(1, sizeof(*memory));
	if (!memory)
		return -ENOMEM;
	r = lock_init(&memory->lock);
	if (r < 0) {
		free(memory);
		return r;
	}
	memory->store.verbs = &store_memory_verbs;
	memory->clock = clock;
	memory->counters = counters;
	memory->base_ms = clock->steady_ms(clock) - 1000;
	randombytes_buf(&memory->tag, sizeof(memory->tag));
	memory_entries_init(&memory->entries, counters);
	*ret_store = &memory->store;
	return 0;
}
