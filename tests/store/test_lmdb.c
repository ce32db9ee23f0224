/* The store contract over the embedded durable store, in a directory of its own. */
#include "contract.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store_lmdb.h"

#define MAP_BYTES ((size_t)1 << 30)

static int open_lmdb(void *ctx, struct clock *clock, struct counters *counters,
		     struct store **ret_store)
{
	const struct store_lmdb_options options = {.data_dir = ctx, .map_bytes = MAP_BYTES};
	char reason[256] = "";
	int r = store_lmdb_new(&options, clock, counters, ret_store, reason, sizeof(reason));

	if (r < 0)
		fprintf(stderr, "%s: %s\n", options.data_dir, reason);
	return r;
}

static void wipe(void *ctx)
{
	const char *path = ctx;
	struct dirent *file;
	DIR *dir = opendir(path);

	if (!dir)
		return;
	while ((file = readdir(dir))) {
		if (strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0)
			unlinkat(dirfd(dir), file->d_name, 0);
	}
	closedir(dir);
}

int main(void)
{
	const char *parent = getenv("TMPDIR");
	struct contract_factory factory = {.name = "lmdb",
					   .durable = true,
					   .many = CONTRACT_MANY,
					   .open = open_lmdb,
					   .wipe = wipe};
	char path[256];
	int failed;

	snprintf(path, sizeof(path), "%s/contract-XXXXXX", parent ? parent : "/tmp");
	if (!mkdtemp(path)) {
		perror(path);
		return 1;
	}
	factory.ctx = path;
	failed = contract_run(&factory);
	wipe(path);
	rmdir(path);
	return failed;
}
