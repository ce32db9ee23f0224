/* Has overdue entries swept. */
#include "server/janitor.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/container.h"
#include "base/steady.h"
#include "monitor/counters.h"
#include "server/retention.h"

#define SLICE_ENTRIES 1000

struct janitor {
	struct registry *registry;
	struct store *store;
	struct clock *clock;
	struct counters *counters;
	struct registry_sweep sweep;
	struct retention retention; /* the thread's */
	_Atomic int64_t swept_until_s;
	_Atomic uint64_t turns;
	pthread_t thread;
	_Atomic bool stop;
	pthread_mutex_t lock; /* for swept; stop is set under it, too */
	pthread_cond_t changed;
	bool swept; /* the pending sweep is over */
};

static void on_swept(struct store_op *op)
{
	struct janitor *janitor = container_of(op, struct janitor, sweep.sweep.op);

	pthread_mutex_lock(&janitor->lock);
	janitor->swept = true;
	pthread_cond_signal(&janitor->changed);
	pthread_mutex_unlock(&janitor->lock);
}

static void on_expired(void *ctx, int64_t late_s)
{
	struct janitor *janitor = ctx;

	histogram_add(janitor->counters->histograms, HISTOGRAM_EXPIRY_LATE,
		      late_s > 0 ? (uint64_t)late_s : 0);
}

static int sweep_slice(struct janitor *janitor)
{
	int r;

	janitor->swept = false;
	janitor->sweep.sweep.op.complete = on_swept;
	janitor->sweep.expired = on_expired;
	janitor->sweep.ctx = janitor;
	r = registry_sweep(janitor->registry, &janitor->sweep, SLICE_ENTRIES);
	if (r != STORE_PENDING)
		return r;
	pthread_mutex_lock(&janitor->lock);
	while (!janitor->swept)
		pthread_cond_wait(&janitor->changed, &janitor->lock);
	pthread_mutex_unlock(&janitor->lock);
	return janitor->sweep.sweep.op.result;
}

/* Everything that is due now, slice by slice, so that requests get their turn in between. */
static void sweep_all(struct janitor *janitor)
{
	struct store_sweep *sweep = &janitor->sweep.sweep;

	do {
		if (sweep_slice(janitor) != STORE_DONE)
			return;
		atomic_fetch_add(&janitor->turns, 1); /* many that are due take many */
		counter_add(janitor->counters, COUNTER_EXPIRIES, sweep->ret_news);
		counter_add(janitor->counters, COUNTER_REMOVALS, sweep->ret_removed);
	} while (sweep->ret_more && !atomic_load(&janitor->stop));
	if (!sweep->ret_more)
		atomic_store(&janitor->swept_until_s, sweep->ret_now.lifetime_s);
}

/* False when it is time to stop. */
static bool wait_for_tick(struct janitor *janitor)
{
	bool stop;

	pthread_mutex_lock(&janitor->lock);
	if (!janitor->stop)
		steady_condition_wait_ms(&janitor->changed, &janitor->lock,
					 janitor->clock->tick_ms);
	stop = janitor->stop;
	pthread_mutex_unlock(&janitor->lock);
	return !stop;
}

static bool second_has_passed(struct janitor *janitor)
{
	return store_now(janitor->store).lifetime_s != atomic_load(&janitor->swept_until_s);
}

static void *janitor_main(void *arg)
{
	struct janitor *janitor = arg;
	bool more;

	do {
		if (second_has_passed(janitor))
			sweep_all(janitor);
		more = retention_work(&janitor->retention);
		atomic_fetch_add(&janitor->turns, 1);
	} while (more ? !atomic_load(&janitor->stop) : wait_for_tick(janitor));
	return NULL;
}

static int start(struct janitor *janitor)
{
	int r;

	pthread_mutex_init(&janitor->lock, NULL);
	steady_condition_init(&janitor->changed);
	r = pthread_create(&janitor->thread, NULL, janitor_main, janitor);
	if (r != 0) {
		pthread_cond_destroy(&janitor->changed);
		pthread_mutex_destroy(&janitor->lock);
	}
	return -r;
}

int janitor_new(struct registry *registry, struct store *store, struct clock *clock,
		struct counters *counters, struct janitor **ret_janitor)
{
	struct janitor *janitor = calloc(1, sizeof(*janitor));
	int r;

	if (!janitor)
		return -ENOMEM;
	janitor->registry = registry;
	janitor->store = store;
	janitor->clock = clock;
	janitor->counters = counters;
	retention_init(&janitor->retention, registry, store);
	r = start(janitor);
	if (r < 0) {
		free(janitor);
		return r;
	}
	*ret_janitor = janitor;
	return 0;
}

void janitor_free(struct janitor *janitor)
{
	if (!janitor)
		return;
	pthread_mutex_lock(&janitor->lock);
	janitor->stop = true;
	pthread_cond_broadcast(&janitor->changed);
	pthread_mutex_unlock(&janitor->lock);
	pthread_join(janitor->thread, NULL);
	pthread_cond_destroy(&janitor->changed);
	pthread_mutex_destroy(&janitor->lock);
	retention_deinit(&janitor->retention);
	free(janitor);
}

int64_t janitor_swept_until_s(const struct janitor *janitor)
{
	return atomic_load(&janitor->swept_until_s);
}

uint64_t janitor_turns(const struct janitor *janitor)
{
	return atomic_load(&janitor->turns);
}
