/* The two clocks that a server is handed. Wall time is only shown; steady time is only computed
 * with. */
#pragma once

#include <stdint.h>

struct clock {
	/* Milliseconds since 1970 UTC. May be set forward or back at any moment. */
	int64_t (*wall_ms)(struct clock *clock);
	/* Milliseconds since some fixed moment of this boot, suspend included. Never goes back. */
	int64_t (*steady_ms)(struct clock *clock);
	/* Real milliseconds between two looks at the clock by those who wait for a moment on it. */
	int64_t tick_ms;
};

/* CLOCK_REALTIME and CLOCK_BOOTTIME. Static, shared, never freed. */
struct clock *clock_system(void);

/*
 * A moment, as rules are shown it, in whole seconds (spec 5.3).
 * lifetime_s is steady time carried on over restarts of the server by the store: the time
 * during which nobody could refresh does not count.
 */
struct moment {
	int64_t lifetime_s;
	int64_t wall_s;
};
