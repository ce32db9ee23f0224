/*
 * Gives entries that went away before a retention was set (or shortened) their place in the time
 * index. Once at each start with a retention: one pass over everything, in slices.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "registry/registry.h"

/* Returns early when *stop is set. Waits; for a thread that serves nobody. */
void retention_apply(struct registry *registry, struct store *store, const _Atomic bool *stop);
