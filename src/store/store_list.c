/* Which stores there are, by the name that the settings give. */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>

#include "base/slice.h"
#include "config/settings.h"
#include "store/store_cassandra.h"
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

static int open_cassandra(const struct settings *settings, struct clock *clock,
			  struct counters *counters, struct store **ret_store, char *ret_reason,
			  size_t reason_size)
{
	struct store_cassandra_options options = {
		.contact_points = settings->cassandra_contact_points,
		.port = (uint16_t)settings->cassandra_port,
		.keyspace = settings->cassandra_keyspace,
		.replication = settings->cassandra_replication,
		.data_centre = settings->cassandra_data_centre,
		.user = settings->cassandra_user,
		.password_file = settings->cassandra_password_file,
		.tls_ca = settings->cassandra_tls_ca,
		.tls_certificate = settings->cassandra_tls_certificate,
		.tls_key = settings->cassandra_tls_key,
		.consistency = settings->cassandra_consistency,
		.connect_timeout_ms = (uint32_t)settings->cassandra_connect_timeout_ms,
		.timeout_ms = (uint32_t)settings->cassandra_timeout_ms,
		.speculation_ms = (uint32_t)settings->cassandra_speculation_ms,
		.nodes_clock = strcmp(settings->cassandra_clock, "nodes") == 0,
		.migrate = strcmp(settings->cassandra_migrate, "yes") == 0,
	};

	return store_cassandra_new(&options, clock, counters, ret_store, ret_reason, reason_size);
}

static const struct {
	struct slice name;
	int (*open)(const struct settings *settings, struct clock *clock, struct counters *counters,
		    struct store **ret_store, char *ret_reason, size_t reason_size);
} stores[] = {
	{{"lmdb", 4}, open_lmdb},
	{{"memory", 6}, open_memory},
	{{"cassandra", 9}, open_cassandra},
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
