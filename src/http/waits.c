/* Keeps what waits in the order of its deadlines. */
#include "http/waits.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#include "base/steady.h"

/* The first one has changed. */
static void note_oldest(struct waits *waits)
{
	atomic_store(&waits->oldest_ms,
		     waits->first ? waits->first->deadline_ms - waits->timeout_ms : 0);
}

static void append(struct waits *waits, struct wait *wait)
{
	wait->next = NULL;
	wait->previous = waits->last;
	*(waits->last ? &waits->last->next : &waits->first) = wait;
	waits->last = wait;
	if (!wait->previous)
		note_oldest(waits);
}

static void unlink_wait(struct waits *waits, struct wait *wait)
{
	*(wait->previous ? &wait->previous->next : &waits->first) = wait->next;
	*(wait->next ? &wait->next->previous : &waits->last) = wait->previous;
	if (!wait->previous)
		note_oldest(waits);
}

/* Takes those due off the list, as a chain. */
static struct wait *take_due(struct waits *waits, int64_t now)
{
	struct wait *due = waits->first;
	struct wait *last = NULL;

	while (waits->first && waits->first->deadline_ms <= now) {
		last = waits->first;
		last->state = WAIT_EXPIRED;
		unlink_wait(waits, last);
	}
	if (!last)
		return NULL;
	last->next = NULL;
	return due;
}

/* Each may be gone as soon as its owner knows. */
static void tell_expired(struct waits *waits, struct wait *chain)
{
	while (chain) {
		struct wait *next = chain->next;

		waits->expired(chain);
		chain = next;
	}
}

/*
 * Nobody wakes this thread for a new wait: what is parked while it sleeps is due no earlier than a
 * whole time-out after it fell asleep.
 */
static void sleep_until_due(struct waits *waits)
{
	int64_t until = waits->first ? waits->first->deadline_ms : steady_ms() + waits->timeout_ms;
	struct timespec at = {.tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000};

	pthread_cond_timedwait(&waits->changed, &waits->lock, &at);
}

static void *end_long_waits(void *ctx)
{
	struct waits *waits = ctx;

	pthread_mutex_lock(&waits->lock);
	while (!waits->ending) {
		struct wait *due = take_due(waits, steady_ms());

		if (!due) {
			sleep_until_due(waits);
			continue;
		}
		pthread_mutex_unlock(&waits->lock);
		tell_expired(waits, due);
		pthread_mutex_lock(&waits->lock);
	}
	pthread_mutex_unlock(&waits->lock);
	return NULL;
}

int waits_init(struct waits *waits, unsigned timeout_ms, void (*expired)(struct wait *wait))
{
	int r;

	*waits = (struct waits){.timeout_ms = timeout_ms, .expired = expired};
	pthread_mutex_init(&waits->lock, NULL);
	steady_condition_init(&waits->changed);
	r = pthread_create(&waits->thread, NULL, end_long_waits, waits);
	if (r != 0)
		waits_deinit(waits);
	return -r;
}

void waits_stop(struct waits *waits)
{
	pthread_mutex_lock(&waits->lock);
	waits->ending = true;
	pthread_cond_broadcast(&waits->changed);
	pthread_mutex_unlock(&waits->lock);
	pthread_join(waits->thread, NULL);
}

void waits_deinit(struct waits *waits)
{
	assert(!waits->first && atomic_load(&waits->count) == 0);
	pthread_cond_destroy(&waits->changed);
	pthread_mutex_destroy(&waits->lock);
}

/* Either this thread sees the end of all waits, or waits_abandon() sees this thread. */
bool waits_enter(struct waits *waits)
{
	atomic_fetch_add(&waits->running, 1);
	return !atomic_load(&waits->abandoned);
}

void waits_leave(struct waits *waits)
{
	if (atomic_fetch_sub(&waits->running, 1) > 1 || !atomic_load(&waits->abandoned))
		return;
	pthread_mutex_lock(&waits->lock);
	pthread_cond_broadcast(&waits->changed);
	pthread_mutex_unlock(&waits->lock);
}

bool waits_park(struct waits *waits, struct wait *wait)
{
	bool parked;

	pthread_mutex_lock(&waits->lock);
	waits->count++;
	parked = wait->state == WAIT_RUNNING && !atomic_load(&waits->abandoned);
	if (parked) {
		wait->state = WAIT_PARKED;
		wait->deadline_ms = steady_ms() + waits->timeout_ms;
		append(waits, wait);
	} else if (wait->state == WAIT_RUNNING) {
		wait->state = WAIT_EXPIRED;
	}
	pthread_mutex_unlock(&waits->lock);
	return parked;
}

void waits_pass(struct waits *waits, struct wait *wait)
{
	pthread_mutex_lock(&waits->lock);
	waits->count++;
	if (wait->state == WAIT_RUNNING)
		wait->state = WAIT_EXPIRED;
	pthread_mutex_unlock(&waits->lock);
}

bool waits_take(struct waits *waits, struct wait *wait)
{
	bool timed_out;

	pthread_mutex_lock(&waits->lock);
	assert(wait->state == WAIT_WOKEN || wait->state == WAIT_EXPIRED);
	waits->count--;
	timed_out = wait->state == WAIT_EXPIRED;
	wait->state = timed_out ? WAIT_GIVING_UP : WAIT_RUNNING;
	pthread_mutex_unlock(&waits->lock);
	return timed_out;
}

bool waits_gave_up(struct waits *waits, struct wait *wait)
{
	bool late;

	pthread_mutex_lock(&waits->lock);
	late = wait->state == WAIT_ENDED;
	if (!late)
		wait->state = WAIT_GIVEN_UP;
	pthread_mutex_unlock(&waits->lock);
	return late;
}

static enum wake_effect wake(struct waits *waits, struct wait *wait)
{
	switch (wait->state) {
	case WAIT_RUNNING:
	case WAIT_EXPIRED:
		wait->state = WAIT_WOKEN;
		return WAKE_NOTED;
	case WAIT_PARKED:
		unlink_wait(waits, wait);
		wait->state = WAIT_WOKEN;
		return WAKE_RESUME;
	case WAIT_GIVING_UP:
		wait->state = WAIT_ENDED;
		return WAKE_NOTED;
	case WAIT_GIVEN_UP:
		wait->state = WAIT_ENDED;
		return WAKE_LATE;
	case WAIT_WOKEN:
	case WAIT_ENDED:
		break;
	}
	assert(!"woken twice");
	return WAKE_NOTED;
}

enum wake_effect waits_wake(struct waits *waits, struct wait *wait)
{
	enum wake_effect effect;

	pthread_mutex_lock(&waits->lock);
	effect = wake(waits, wait);
	pthread_mutex_unlock(&waits->lock);
	return effect;
}

int64_t waits_oldest_ms(const struct waits *waits)
{
	int64_t since_ms = atomic_load(&waits->oldest_ms);

	return since_ms != 0 ? steady_ms() - since_ms : 0;
}

void waits_abandon(struct waits *waits)
{
	struct wait *all;

	pthread_mutex_lock(&waits->lock);
	atomic_store(&waits->abandoned, true);
	all = take_due(waits, INT64_MAX);
	pthread_mutex_unlock(&waits->lock);
	tell_expired(waits, all);

	pthread_mutex_lock(&waits->lock);
	while (waits->count > 0 || atomic_load(&waits->running) > 0)
		pthread_cond_wait(&waits->changed, &waits->lock);
	pthread_mutex_unlock(&waits->lock);
}
