/* A keyspace of one test program's own on a running cluster, which the environment names. */
#pragma once

#include "cql/cql.h"
#include "store/store_cassandra.h"

struct cassandra_fixture {
	char contact_points[256];
	char keyspace[48];
	struct cql *cql; /* to look behind the stores */
	struct store_cassandra_options
		options; /* what stores are opened with; tests may change it */
};

/* CASSANDRA: contact points, as 127.0.0.1:9042. Loud, and -1, if it is not set or nobody is there.
 */
int cassandra_fixture_init(struct cassandra_fixture *fixture);
/* Drops the keyspace. */
void cassandra_fixture_deinit(struct cassandra_fixture *fixture);

/* Opens a store, and waits until it is ready. As store_open(). */
int cassandra_fixture_open(struct cassandra_fixture *fixture, struct clock *clock,
			   struct counters *counters, struct store **ret_store);
/* Empties all tables; no store is open. */
void cassandra_fixture_wipe(struct cassandra_fixture *fixture);

/* Runs a statement without values; asserts that it is done. {keyspace} is replaced. The caller
 * frees the rows, if there are any. */
struct cql_rows *cassandra_fixture_run(struct cassandra_fixture *fixture, const char *text);
