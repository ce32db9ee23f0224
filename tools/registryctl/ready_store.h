/* A store for somebody who waits until it can be used. */
#pragma once

#include "monitor/counters.h"
#include "registryctl/arguments.h"
#include "store/store.h"

/* Why the settings' store cannot be used from here; NULL if it can. */
const char *ready_store_objection(const struct verb_settings *settings);

enum ready_for {
	READY_TO_READ, /* nothing is made or migrated in it */
	READY_TO_WRITE,
};

/* Opens it, and waits a while for it to be ready. 0, or a negative errno with a sentence. The
 * store is freed by the caller, also after an error: it may be NULL. Blocks. */
int ready_store_open(const struct settings *settings, enum ready_for what,
		     struct counters *counters, struct store **ret_store, char *ret_reason,
		     size_t reason_size);
