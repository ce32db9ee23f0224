/*
 * Which requests are refused when there is too much to do: searches and registrations first, then
 * reads; signs of life and news never, since entries would be disconnected for want of them.
 */
#pragma once

#include <stdbool.h>

#include "monitor/counters.h"

/* What may wait for the store, and for how long; 0: no limit. */
struct admission_limits {
	unsigned waiting_max;
	int64_t wait_max_ms;
};

struct admission_load {
	unsigned waiting;
	int64_t oldest_ms;   /* how long the one that waits longest has waited */
	bool memory_is_full; /* what needs more of it is refused: searches, registrations, and */
	bool is_large;       /* changes that are more than a sign of life */
};

/* *ret_counter is what a refusal is counted as. Pure. */
bool admission_refuses(enum histogram class, const struct admission_limits *limits,
		       const struct admission_load *load, enum counter *ret_counter);
