/* The store that keeps nothing on disk, and the model that the others are tested against. */
#pragma once

#include "store/store.h"

/*
 * Every operation is over when its submission returns. What see() is shown is shown under a lock:
 * it must not call the store. Lifetime time starts at 1. clock and counters must outlive it.
 * 0 or -ENOMEM.
 */
int store_memory_new(struct clock *clock, struct counters *counters, struct store **ret_store);
