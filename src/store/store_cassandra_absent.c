/* Stands in for the Cassandra store in a build without it. */
#include "store/store_cassandra.h"

#include <errno.h>
#include <stdio.h>

int store_cassandra_new(const struct store_cassandra_options *options, struct clock *clock,
			struct counters *counters, struct store **ret_store, char *ret_reason,
			size_t reason_size)
{
	(void)options;
	(void)clock;
	(void)counters;
	(void)ret_store;
	snprintf(ret_reason, reason_size, "this registryd was built without the cassandra store");
	return -ENOTSUP;
}
