/* The store contract over a real Cassandra, in a keyspace of its own. CASSANDRA names a node. */
#include "contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cassandra_fixture.h"

/* A first creation is a lightweight transaction: a hundred thousand take a minute, and far more
 * with the sanitizer. */
#ifdef __SANITIZE_ADDRESS__
#define MANY (CONTRACT_MANY / 10)
#else
#define MANY CONTRACT_MANY
#endif

static int open_cassandra(void *ctx, struct clock *clock, struct counters *counters,
			  struct store **ret_store)
{
	return cassandra_fixture_open(ctx, clock, counters, ret_store);
}

static void wipe(void *ctx)
{
	cassandra_fixture_wipe(ctx);
}

int main(void)
{
	struct contract_factory factory = {.name = "cassandra",
					   .durable = true,
					   .shared = true,
					   .many = MANY,
					   .open = open_cassandra,
					   .wipe = wipe};
	struct cassandra_fixture fixture;
	int failed;

	if (cassandra_fixture_init(&fixture) < 0)
		return 1;
	factory.ctx = &fixture;
	failed = contract_run(&factory);
	cassandra_fixture_deinit(&fixture);
	return failed;
}
