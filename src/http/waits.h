/*
 * Requests that wait to be woken, the thread that ends long waits, and the end of all waiting.
 *
 * One lock decides every race, so that exactly one of "go on" and "give up" runs for a wait:
 *
 *   running ── waits_park ──→ parked ── waits_wake ──→ woken ── waits_take ──→ running
 *      └── waits_wake ──→ woken   └── time-out ──→ expired ── waits_take ──→ giving up → given up
 *
 * A wake that finds the wait expired, but not yet taken, still wins. One that comes later is late.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum wait_state {
	WAIT_RUNNING, /* the handler runs, or may; a wake may come already */
	WAIT_PARKED,
	WAIT_WOKEN,
	WAIT_EXPIRED,
	WAIT_GIVING_UP, /* the handler is being told */
	WAIT_GIVEN_UP,
	WAIT_ENDED, /* the late wake has come */
};

/* Embedded in what waits. Zero-initialised is ready. All fields are under the lock of waits. */
struct wait {
	enum wait_state state;
	int64_t deadline_ms;
	struct wait *previous, *next;
};

struct waits {
	pthread_mutex_t lock;
	pthread_cond_t changed;    /* the thread is to end, or nothing runs any more */
	struct wait *first, *last; /* parked; oldest first, as all have the same time-out */
	_Atomic unsigned count;    /* parked, woken or expired, and not taken; written under lock */
	_Atomic int64_t oldest_ms; /* since when the first one is parked; 0: nothing is */
	_Atomic unsigned running;  /* threads between waits_enter and waits_leave */
	_Atomic bool abandoned;
	bool ending;
	unsigned timeout_ms;
	void (*expired)(struct wait *wait);
	pthread_t thread;
};

/* expired is called once for each wait that ends without a wake, on any thread, without the lock:
 * the owner sees to it that waits_take() follows. 0 or a negative errno. */
int waits_init(struct waits *waits, unsigned timeout_ms, void (*expired)(struct wait *wait));
/* Ends the thread; nothing expires any more. */
void waits_stop(struct waits *waits);
/* After waits_stop. */
void waits_deinit(struct waits *waits);

/* Around everything that runs for a request, parking included. False once all waits were abandoned:
 * nothing may begin; waits_leave() is due all the same. */
bool waits_enter(struct waits *waits);
void waits_leave(struct waits *waits);

/* False if it need not wait: it was woken, or all waits are abandoned. waits_take() tells which. */
bool waits_park(struct waits *waits, struct wait *wait);
/* In the place of waits_park() where waiting is pointless: only waits_take() follows. */
void waits_pass(struct waits *waits, struct wait *wait);
/* Ends the wait. True if it timed out: then waits_gave_up() follows. */
bool waits_take(struct waits *waits, struct wait *wait);
/* True if the wake came meanwhile, and so was late. */
bool waits_gave_up(struct waits *waits, struct wait *wait);

enum wake_effect {
	WAKE_NOTED,  /* somebody will see it */
	WAKE_RESUME, /* the caller sees to it that waits_take() follows */
	WAKE_LATE,   /* it was given up */
};
enum wake_effect waits_wake(struct waits *waits, struct wait *wait);

/* How long the one that waits longest has waited. Any thread. */
int64_t waits_oldest_ms(const struct waits *waits);

/* Ends all waits as timed out, now and from now on. Returns when nothing waits or runs. */
void waits_abandon(struct waits *waits);
