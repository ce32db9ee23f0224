/* The thread that has overdue entries swept, second by second of lifetime time, in slices. */
#pragma once

#include <stdint.h>

#include "registry/registry.h"

struct janitor;
struct counters;

/* Starts at once. What it is given must outlive it. */
int janitor_new(struct registry *registry, struct store *store, struct clock *clock,
		struct counters *counters, struct janitor **ret_janitor);
/* Waits for the slice at hand. NULL is fine. */
void janitor_free(struct janitor *janitor);

/* Lifetime second up to which everything due was swept. Any thread. */
int64_t janitor_swept_until_s(const struct janitor *janitor);
/* How often it has looked for what is due: each slice counts. Any thread. */
uint64_t janitor_turns(const struct janitor *janitor);
