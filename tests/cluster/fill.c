/* Puts many hyperties that expire in one and the same second into a keyspace of Cassandra, and says
 * how many seconds ahead that is when all are there: for tests only. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "filling.h"
#include "monitor/counters.h"
#include "store/store_cassandra.h"

#define READY_LIMIT_MS 60000
#define LOOK_MS 5
#define AT_ONCE 256

static bool wait_until_ready(struct store *store)
{
	struct timespec look = {.tv_nsec = LOOK_MS * 1000000};
	struct store_health health = {0};

	for (int i = 0; i < READY_LIMIT_MS / LOOK_MS; i++) {
		store_health(store, &health);
		if (health.readable && health.writable)
			return true;
		nanosleep(&look, NULL);
	}
	fprintf(stderr, "fill: not ready: %s\n", health.reason);
	return false;
}

static int open_store(const char *contact_points, const char *keyspace, struct store **ret_store)
{
	static struct counters counters;
	struct store_cassandra_options options = {
		.contact_points = contact_points,
		.port = 9042,
		.keyspace = keyspace,
		.replication = "1",
		.consistency = "local_quorum",
		.connect_timeout_ms = 5000,
		.timeout_ms = 10000,
		.nodes_clock = true,
	};
	char reason[256] = "";
	int r = store_cassandra_new(&options, clock_system(), &counters, ret_store, reason,
				    sizeof(reason));

	if (r < 0)
		fprintf(stderr, "fill: %s\n", reason);
	return r;
}

int main(int argc, char **argv)
{
	struct filling filling = {.at_once = AT_ONCE};
	struct store *store;

	if (argc != 6) {
		fprintf(stderr, "usage: cluster_fill NODES KEYSPACE PREFIX COUNT DUE_IN_S\n");
		return 2;
	}
	if (open_store(argv[1], argv[2], &store) < 0)
		return 1;
	if (!wait_until_ready(store)) {
		store_free(store);
		return 1;
	}
	filling.prefix = argv[3];
	filling.count = strtoull(argv[4], NULL, 10);
	filling.due_s = store_now(store).lifetime_s + strtoll(argv[5], NULL, 10);
	filling_run(store, &filling);
	printf("%" PRId64 "\n", filling.due_s - store_now(store).lifetime_s);
	store_free(store);
	return 0;
}
