/* Brings keyspace and tables to the version that this release knows. */
#pragma once

#include "store/cassandra_waiter.h"

/*
 * 0: they are as the store needs them. Otherwise a negative errno with waiter->reason, and it is
 * worth another try later: -EBUSY, soon, since another server is changing them; -ENOENT, when
 * somebody has made them; -EPROTO, if they are of a later release, and were left alone.
 *
 * Every statement may be run again, so that a server may stop anywhere; one server at a time runs
 * them, under a lease.
 */
int cass_schema_bring(struct cass_waiter *waiter);

/* What brings the tables to a version, in order; made from deploy/cassandra/schema at build time. A
 * statement of NULL ends them. */
struct cass_migration {
	int32_t version;
	const char *statement;
};
extern const struct cass_migration cass_migrations[];
