/*
 * A store with the manners of a database far away: it answers late, never, with failures, or asks
 * rules twice; verb by verb, as the test says. What it does in the end, a real store does for it.
 *
 * Events are waited for, not slept for: each wait is false if what it waits for has not come within
 * half a minute.
 */
#pragma once

#include "store/store.h"

enum fake_verb {
	FAKE_GET,
	FAKE_LIST,
	FAKE_SCAN,
	FAKE_CHANGE,
	FAKE_SWEEP,
	FAKE_TAKE,
	FAKE_PEEK,
	FAKE_VERB_COUNT,
};

enum fake_conduct {
	FAKE_AT_ONCE, /* does it and answers, as the real store would */
	FAKE_EARLY,   /* pending, but over, from another thread, before the submission returns */
	FAKE_LATE,    /* pending; does it and answers from another thread when released */
	FAKE_NEVER,   /* pending; cannot be released: over, undone, when the store is freed */
	FAKE_FAILING, /* answers at once with the result that the test gave, undone */
	FAKE_FAILING_LATE, /* the same from another thread, when released */
	FAKE_TWICE, /* change, sweep: each rule is asked about a stale entry first, in vain */
};

/* Takes over inner, which must answer at once, also when it fails. 0 or a negative errno. */
int store_fake_new(struct store *inner, struct store **ret_store);

/* From now on. result is for those that fail. Any thread. */
void store_fake_conduct(struct store *store, enum fake_verb verb, enum fake_conduct conduct,
			int result);

/* Until so many operations are held back: late or never. */
bool store_fake_wait_held(struct store *store, unsigned count);
/* Lets go of all that are late, in the order in which they came. */
void store_fake_release(struct store *store);
/* Until everything that was let go is over: its complete() has returned. */
bool store_fake_wait_released(struct store *store);

/* Until so many leases were settled in this way, since the beginning. */
bool store_fake_wait_settled(struct store *store, enum store_settle how, unsigned count);
/* How often rules were asked, stale questions included. */
unsigned store_fake_rule_calls(struct store *store);
