/* Puts many hyperties into a new database of LMDB: for tests only. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "filling.h"
#include "monitor/counters.h"
#include "store/store_lmdb.h"

#define MAP_BYTES ((size_t)64 << 30)

int main(int argc, char **argv)
{
	static struct counters counters;
	struct store_lmdb_options options = {.map_bytes = MAP_BYTES};
	struct filling filling = {.prefix = "filled", .at_once = FILLING_AT_ONCE_MAX};
	struct store *store;
	char reason[256];

	if (argc != 3) {
		fprintf(stderr, "usage: fill DATA_DIR COUNT\n");
		return 2;
	}
	options.data_dir = argv[1];
	filling.count = strtoull(argv[2], NULL, 10);
	if (store_lmdb_new(&options, clock_system(), &counters, &store, reason, sizeof(reason)) <
	    0) {
		fprintf(stderr, "fill: %s\n", reason);
		return 1;
	}
	filling_run(store, &filling);
	store_free(store);
	return 0;
}
