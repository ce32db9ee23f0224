/* Holds operations back on a queue; one thread performs what is released, and completes it. */
#include "store_fake.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "model/record.h"

#define PATIENCE_S 30

/* An operation with all that is needed to perform it later. */
struct held {
	struct held *next;
	struct store_op *op;
	enum fake_verb verb;
	enum fake_conduct conduct;
	int result; /* of one that fails */
	struct entry_key key;
	enum store_index index;
	struct slice text;
};

struct manners {
	enum fake_conduct conduct;
	int result;
};

struct store_fake {
	struct store store;
	struct store *inner;
	pthread_t thread;

	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t changed;
	struct manners manners[FAKE_VERB_COUNT];
	struct held *held; /* the first to come first */
	struct held *released;
	bool performing; /* one that was released */
	bool stop;
	unsigned settled[SETTLE_UNSENT + 1];
	unsigned rule_calls;
	struct buffer previous; /* the last state of an entry that a rule was shown: a record */
};

static struct store_fake *of(struct store *store)
{
	return (struct store_fake *)store;
}

static void lock(struct store_fake *fake)
{
	pthread_mutex_lock(&fake->lock);
}

/* Whatever was changed, those who wait look again. */
static void unlock(struct store_fake *fake)
{
	pthread_cond_broadcast(&fake->changed);
	pthread_mutex_unlock(&fake->lock);
}

static void append(struct held **list, struct held *held)
{
	while (*list)
		list = &(*list)->next;
	held->next = NULL;
	*list = held;
}

/* ---- Rules asked twice ---- */

struct twice {
	struct store_fake *fake;
	store_rule *rule;
	const void *ctx;
};

/* A state that is no longer true: the one before, if it is known, or none at all. */
static const struct entry *stale_of(struct buffer *previous, const struct entry *old,
				    struct entry *entry)
{
	struct slice record = {previous->data, previous->len};

	if (!record.len || record_decode(record, entry) != RECORD_OK)
		return NULL;
	return old && slice_equal(old->key.id, entry->key.id) ? entry : NULL;
}

static int ask_twice(const struct entry *old, const struct moment *now, const void *ctx,
		     struct change *ret_change)
{
	const struct twice *twice = ctx;
	struct store_fake *fake = twice->fake;
	struct change unwanted = {0};
	struct entry entry;

	lock(fake);
	fake->rule_calls += 2;
	twice->rule(stale_of(&fake->previous, old, &entry), now, twice->ctx, &unwanted);
	buffer_clear(&fake->previous);
	if (old)
		record_encode(old, &fake->previous);
	unlock(fake);
	return twice->rule(old, now, twice->ctx, ret_change);
}

static int change_twice(struct store_fake *fake, struct store_change *change)
{
	struct twice twice = {fake, change->rule, change->ctx};
	int r;

	change->rule = ask_twice;
	change->ctx = &twice;
	r = store_change(fake->inner, change);
	change->rule = twice.rule;
	change->ctx = twice.ctx;
	return r;
}

static int sweep_twice(struct store_fake *fake, struct store_sweep *sweep)
{
	struct twice twice = {fake, sweep->rule, sweep->ctx};
	int r;

	sweep->rule = ask_twice;
	sweep->ctx = &twice;
	r = store_sweep(fake->inner, sweep);
	sweep->rule = twice.rule;
	sweep->ctx = twice.ctx;
	return r;
}

/* ---- Performing ---- */

static int perform(struct store_fake *fake, const struct held *held)
{
	switch (held->verb) {
	case FAKE_GET:
		return store_get(fake->inner, held->key, (struct store_read *)held->op);
	case FAKE_LIST:
		return store_list(fake->inner, held->index, held->text,
				  (struct store_read *)held->op);
	case FAKE_SCAN:
		return store_scan(fake->inner, (struct store_scan *)held->op);
	case FAKE_CHANGE:
		return held->conduct == FAKE_TWICE
			       ? change_twice(fake, (struct store_change *)held->op)
			       : store_change(fake->inner, (struct store_change *)held->op);
	case FAKE_SWEEP:
		return held->conduct == FAKE_TWICE
			       ? sweep_twice(fake, (struct store_sweep *)held->op)
			       : store_sweep(fake->inner, (struct store_sweep *)held->op);
	case FAKE_TAKE:
		return store_take_updates(fake->inner, (struct store_take *)held->op);
	case FAKE_PEEK:
		return store_peek_updates(fake->inner, (struct store_peek *)held->op);
	case FAKE_VERB_COUNT:
		break;
	}
	return -EINVAL;
}

static bool fails(const struct held *held)
{
	return held->conduct == FAKE_FAILING || held->conduct == FAKE_FAILING_LATE;
}

/* The operation belongs to its owner again as soon as complete() is called. */
static void finish(struct store_fake *fake, struct held *held)
{
	int r = fails(held) ? held->result : perform(fake, held);

	assert(r != STORE_PENDING);
	held->op->result = r;
	held->op->complete(held->op);
	free(held);
}

static void *perform_released(void *ctx)
{
	struct store_fake *fake = ctx;

	pthread_mutex_lock(&fake->lock);
	while (!fake->stop || fake->released) {
		struct held *held = fake->released;

		if (!held) {
			pthread_cond_wait(&fake->changed, &fake->lock);
			continue;
		}
		fake->released = held->next;
		fake->performing = true;
		pthread_mutex_unlock(&fake->lock);
		finish(fake, held);
		pthread_mutex_lock(&fake->lock);
		fake->performing = false;
		pthread_cond_broadcast(&fake->changed);
	}
	pthread_mutex_unlock(&fake->lock);
	return NULL;
}

/* ---- Submitting ---- */

static struct timespec patience(void)
{
	struct timespec limit;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += PATIENCE_S;
	return limit;
}

static bool wait_until(struct store_fake *fake,
		       bool (*is_true)(const struct store_fake *fake, unsigned a, unsigned b),
		       unsigned a, unsigned b)
{
	struct timespec limit = patience();
	bool came;
	int r = 0;

	lock(fake);
	while (!is_true(fake, a, b) && r == 0)
		r = pthread_cond_timedwait(&fake->changed, &fake->lock, &limit);
	came = is_true(fake, a, b);
	unlock(fake);
	return came;
}

static bool all_is_over(const struct store_fake *fake, unsigned a, unsigned b)
{
	(void)a;
	(void)b;
	return !fake->released && !fake->performing;
}

/* Held back, or handed to the thread at once. */
static int keep(struct store_fake *fake, const struct held *held)
{
	struct held *copy = malloc(sizeof(*copy));
	bool stopped;

	if (!copy)
		return -ENOMEM;
	*copy = *held;
	lock(fake);
	stopped = fake->stop;
	if (!stopped)
		append(held->conduct == FAKE_EARLY ? &fake->released : &fake->held, copy);
	unlock(fake);
	if (stopped) {
		free(copy);
		return STORE_UNAVAILABLE;
	}
	if (held->conduct == FAKE_EARLY)
		wait_until(fake, all_is_over, 0, 0);
	return STORE_PENDING;
}

static int submit(struct store_fake *fake, struct held *held)
{
	lock(fake);
	held->conduct = fake->manners[held->verb].conduct;
	held->result = fake->manners[held->verb].result;
	unlock(fake);

	switch (held->conduct) {
	case FAKE_AT_ONCE:
	case FAKE_TWICE:
		return perform(fake, held);
	case FAKE_FAILING:
		return held->result;
	case FAKE_EARLY:
	case FAKE_LATE:
	case FAKE_NEVER:
	case FAKE_FAILING_LATE:
		break;
	}
	return keep(fake, held);
}

static int store_fake_get(struct store *store, struct entry_key key, struct store_read *read)
{
	struct held held = {.op = &read->op, .verb = FAKE_GET, .key = key};

	return submit(of(store), &held);
}

static int store_fake_list(struct store *store, enum store_index index, struct slice key,
			   struct store_read *read)
{
	struct held held = {.op = &read->op, .verb = FAKE_LIST, .index = index, .text = key};

	return submit(of(store), &held);
}

static int store_fake_scan(struct store *store, struct store_scan *scan)
{
	struct held held = {.op = &scan->read.op, .verb = FAKE_SCAN};

	return submit(of(store), &held);
}

static int store_fake_change(struct store *store, struct store_change *change)
{
	struct held held = {.op = &change->op, .verb = FAKE_CHANGE};

	return submit(of(store), &held);
}

static int store_fake_sweep(struct store *store, struct store_sweep *sweep)
{
	struct held held = {.op = &sweep->op, .verb = FAKE_SWEEP};

	return submit(of(store), &held);
}

static int store_fake_take_updates(struct store *store, struct store_take *take)
{
	struct held held = {.op = &take->read.op, .verb = FAKE_TAKE};

	return submit(of(store), &held);
}

static int store_fake_peek_updates(struct store *store, struct store_peek *peek)
{
	struct held held = {.op = &peek->read.op, .verb = FAKE_PEEK};

	return submit(of(store), &held);
}

/* ---- What never waits ---- */

static void store_fake_settle_updates(struct store *store, uint64_t token, enum store_settle how)
{
	struct store_fake *fake = of(store);

	store_settle_updates(fake->inner, token, how);
	lock(fake);
	fake->settled[how]++;
	unlock(fake);
}

static void store_fake_health(struct store *store, struct store_health *ret_health)
{
	store_health(of(store)->inner, ret_health);
}

static void store_fake_count(struct store *store, struct store_count *ret_count)
{
	store_count(of(store)->inner, ret_count);
}

static struct moment store_fake_now(struct store *store)
{
	return store_now(of(store)->inner);
}

/* ---- What the test says ---- */

void store_fake_conduct(struct store *store, enum fake_verb verb, enum fake_conduct conduct,
			int result)
{
	struct store_fake *fake = of(store);

	lock(fake);
	fake->manners[verb] = (struct manners){conduct, result};
	unlock(fake);
}

static bool are_held(const struct store_fake *fake, unsigned count, unsigned unused)
{
	const struct held *held = fake->held;

	(void)unused;
	while (held && count > 0) {
		held = held->next;
		count--;
	}
	return count == 0;
}

bool store_fake_wait_held(struct store *store, unsigned count)
{
	return wait_until(of(store), are_held, count, 0);
}

void store_fake_release(struct store *store)
{
	struct store_fake *fake = of(store);
	struct held **next = &fake->held;
	struct held *held;

	lock(fake);
	while ((held = *next)) {
		if (held->conduct == FAKE_NEVER) {
			next = &held->next;
			continue;
		}
		*next = held->next;
		append(&fake->released, held);
	}
	unlock(fake);
}

bool store_fake_wait_released(struct store *store)
{
	return wait_until(of(store), all_is_over, 0, 0);
}

static bool are_settled(const struct store_fake *fake, unsigned how, unsigned count)
{
	return fake->settled[how] >= count;
}

bool store_fake_wait_settled(struct store *store, enum store_settle how, unsigned count)
{
	return wait_until(of(store), are_settled, how, count);
}

unsigned store_fake_rule_calls(struct store *store)
{
	struct store_fake *fake = of(store);
	unsigned calls;

	lock(fake);
	calls = fake->rule_calls;
	unlock(fake);
	return calls;
}

/* ---- Life ---- */

/* Whatever is held is completed, undone, as if the database were away. */
static void give_back(struct store_fake *fake)
{
	struct held *held;

	while ((held = fake->held)) {
		fake->held = held->next;
		held->op->result = STORE_UNAVAILABLE;
		held->op->complete(held->op);
		free(held);
	}
}

static void store_fake_stop(struct store *store)
{
	struct store_fake *fake = of(store);
	bool stopped;

	lock(fake);
	stopped = fake->stop;
	fake->stop = true;
	unlock(fake);
	if (stopped)
		return;
	pthread_join(fake->thread, NULL);
	give_back(fake);
}

static void store_fake_free(struct store *store)
{
	struct store_fake *fake = of(store);

	store_fake_stop(store);
	store_free(fake->inner);
	buffer_deinit(&fake->previous);
	pthread_cond_destroy(&fake->changed);
	pthread_mutex_destroy(&fake->lock);
	free(fake);
}

static const struct store_verbs store_fake_verbs = {
	.type = "Fake",
	.get = store_fake_get,
	.list = store_fake_list,
	.scan = store_fake_scan,
	.change = store_fake_change,
	.sweep = store_fake_sweep,
	.take_updates = store_fake_take_updates,
	.peek_updates = store_fake_peek_updates,
	.settle_updates = store_fake_settle_updates,
	.health = store_fake_health,
	.count = store_fake_count,
	.now = store_fake_now,
	.stop = store_fake_stop,
	.free = store_fake_free,
};

int store_fake_new(struct store *inner, struct store **ret_store)
{
	struct store_fake *fake = calloc(1, sizeof(*fake));
	int r;

	if (!fake)
		return -ENOMEM;
	fake->store.verbs = &store_fake_verbs;
	fake->inner = inner;
	pthread_mutex_init(&fake->lock, NULL);
	pthread_cond_init(&fake->changed, NULL);
	r = pthread_create(&fake->thread, NULL, perform_released, fake);
	if (r != 0) {
		pthread_cond_destroy(&fake->changed);
		pthread_mutex_destroy(&fake->lock);
		free(fake);
		return -r;
	}
	*ret_store = &fake->store;
	return 0;
}
