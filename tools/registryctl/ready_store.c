/* Opens a store, and waits. */
#include "registryctl/ready_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/steady.h"
#include "registryctl/stop.h"

#define READ_LIMIT_MS 20000
#define WRITE_LIMIT_MS 60000 /* servers may be making the tables */
#define LOOK_MS 50

const char *ready_store_objection(const struct verb_settings *settings)
{
	if (strcmp(settings->store.store, "memory") == 0)
		return "store memory is in its server's memory: export asks for it, load_file is "
		       "what it begins with; name another one with --store";
	return NULL;
}

static int wait_until_ready(struct store *store, enum ready_for what, char *ret_reason,
			    size_t reason_size)
{
	const struct timespec look = {0, LOOK_MS * 1000000L};
	int64_t until_ms = steady_ms() + (what == READY_TO_READ ? READ_LIMIT_MS : WRITE_LIMIT_MS);
	struct store_health health;

	for (;;) {
		store_health(store, &health);
		if (what == READY_TO_READ ? health.readable : health.writable)
			return 0;
		if (stop_is_asked() || steady_ms() > until_ms)
			break;
		nanosleep(&look, NULL);
	}
	snprintf(ret_reason, reason_size, "the store cannot be %s: %s",
		 what == READY_TO_READ ? "read" : "written", health.reason);
	return -EAGAIN;
}

int ready_store_open(const struct settings *settings, enum ready_for what,
		     struct counters *counters, struct store **ret_store, char *ret_reason,
		     size_t reason_size)
{
	static char no[] = "no";
	struct settings own = *settings;
	char why[256] = "";
	int r;

	if (what == READY_TO_READ)
		own.cassandra_migrate = no;
	r = store_open(&own, clock_system(), counters, ret_store, why, sizeof(why));
	if (r < 0) {
		*ret_store = NULL;
		snprintf(ret_reason, reason_size, "the store cannot be opened: %s", why);
		return r;
	}
	return wait_until_ready(*ret_store, what, ret_reason, reason_size);
}
