/* Which stores there are, by the name that the settings give. */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>

#include "base/slice.h"
#include "config/settings.h"
#include "store/store_lmdb.h"
#include "store/store_memory.h"

static int open_lmdb(const struct settings *settings, struct clock *clock,
		     struct counters *counters, struct store **ret_store, char *ret_reason,
		     size_t reason_size)
{
	struct store_lmdb_options options = {
		.data_dir = settings->data_dir,
		.map_bytes = (size_t)settings->lmdb_map_bytes,
	};

	return store_lmdb_new(&options, clock, counters, ret_store, ret_reason, reason_size);
}

static int open_memory(const struct settings *settings, struct clock *clock,
		       struct counters *counters, struct store **ret_store, char *ret_reason,
		       size_t reason_size)
{
	int r = store_memory_new(clock, counters, ret_store);

	(void)settings;
	if (r < 0)
		snprintf(ret_reason, reason_size, "out of memory");
	return r;
}

static const struct {
	struct slice name;
	int (*open)(const struct settings *settings, struct clock *clock, struct counters *counters,
		    struct store **ret_store, char *ret_reason, size_t reason_size);
} stores[] = {
	{{"lmdb", 4}, open_lmdb},
	{{"memory", 6}, open_memory},
};

int store_open(const struct settings *settings, struct clock *clock, struct counters *counters,
	       struct store **ret_store, char *ret_reason, size_t reason_size)
{
	struct slice name = slice_of(settings->store);

	for (size_t i = 0; i < sizeof(stores) / sizeof(stores[0]); i++) {
		if (slice_equal(stores[i].name, name))
			return stores[i].open(settings, clock, counters, ret_store, ret_reason,
					      reason_size);
	}
	snprintf(ret_reason, reason_size, "there is no store called \"%s\"", settings->store);
	return -EINVAL;
}
