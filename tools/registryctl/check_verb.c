/* The verb check: whether everything in a store agrees. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registryctl/arguments.h"
#include "registryctl/check_store.h"
#include "registryctl/progress.h"
#include "registryctl/ready_store.h"
#include "registryctl/show.h"
#include "registryctl/stop.h"
#include "registryctl/verb.h"
#include "store/lmdb_check.h"

#define REASON_ROOM 512

/* Keys are texts behind a byte, or numbers and hashes. */
static void on_fault(void *ctx, const char *table, MDB_val key, const char *what)
{
	bool is_text = strcmp(table, "entries") == 0 || strcmp(table, "meta") == 0;
	size_t skipped = strcmp(table, "entries") == 0 && key.mv_size > 0;
	const unsigned char *bytes = key.mv_data;

	progress_break_line(ctx);
	printf("%s \"", table);
	if (is_text)
		show_text(stdout,
			  (struct slice){(const char *)bytes + skipped, key.mv_size - skipped},
			  SHOW_ALL);
	for (size_t i = 0; i < key.mv_size && !is_text; i++)
		printf("%02x", bytes[i]);
	printf("\": %s\n", what);
}

static bool on_row(void *ctx, uint64_t rows, uint64_t all)
{
	struct progress *progress = ctx;

	progress->all = all;
	progress_at(progress, rows);
	return !stop_is_asked();
}

/* The end of the last line. */
static enum exit_code say_faults(uint64_t faults)
{
	if (faults == 0) {
		puts("sound");
		return EXIT_ALL;
	}
	printf("%" PRIu64 " faults\n", faults);
	return EXIT_SOME_SKIPPED;
}

static enum exit_code say_end(const struct lmdb_checked *checked, const char *data_dir, int r)
{
	if (r < 0) {
		fprintf(stderr, "registryctl: not finished: %s\n",
			r == -EINTR ? "ended by a signal" : strerror(-r));
		return EXIT_FAILED;
	}
	printf("%s: %" PRIu64 " hyperties, %" PRIu64 " data objects, %" PRIu64 " rows: ", data_dir,
	       checked->entries[ENTRY_HYPERTY], checked->entries[ENTRY_DATA_OBJECT], checked->rows);
	return say_faults(checked->faults);
}

static enum exit_code run_lmdb(const struct settings *settings)
{
	struct lmdb_snapshot snapshot = {0};
	struct lmdb_checked checked = {0};
	struct progress progress;
	const struct lmdb_check check = {on_fault, on_row, &progress};
	char reason[REASON_ROOM] = "";
	enum exit_code status = EXIT_FAILED;
	int r = lmdb_snapshot_open(settings->data_dir, (size_t)settings->lmdb_map_bytes, &snapshot,
				   reason, sizeof(reason));

	if (r < 0) {
		fprintf(stderr, "registryctl: the store cannot be read: %s\n", reason);
		return status;
	}
	progress_begin(&progress, "rows", 0);
	r = lmdb_check(&snapshot, &check, &checked);
	progress_break_line(&progress);
	status = say_end(&checked, settings->data_dir, r);
	lmdb_snapshot_close(&snapshot);
	return status;
}

/* ---- Any store ---- */

static void on_entry_fault(void *ctx, struct entry_key key, const char *what)
{
	progress_break_line(ctx);
	printf("%s \"", key.kind == ENTRY_HYPERTY ? "hyperty" : "data object");
	show_text(stdout, key.id, SHOW_ALL);
	printf("\": %s\n", what);
}

static enum exit_code say_store_end(const struct check_store *check, const char *name, int r)
{
	struct store_health health;

	if (r == STORE_DONE) {
		printf("%s: %" PRIu64 " hyperties, %" PRIu64 " data objects: ", name,
		       check->entries[ENTRY_HYPERTY], check->entries[ENTRY_DATA_OBJECT]);
		return say_faults(check->faults);
	}
	store_health(check->store, &health);
	fprintf(stderr, "registryctl: not finished: %s\n",
		r == -EINTR        ? "ended by a signal"
		: health.reason[0] ? health.reason
				   : "the store cannot be read");
	return EXIT_FAILED;
}

static enum exit_code run_store(const struct settings *settings)
{
	struct counters counters = {0};
	struct progress progress;
	struct check_store check = {
		.progress = &progress, .fault = on_entry_fault, .ctx = &progress};
	struct store_count count;
	char reason[REASON_ROOM] = "";
	enum exit_code status = EXIT_FAILED;
	int r = ready_store_open(settings, READY_TO_READ, &counters, &check.store, reason,
				 sizeof(reason));

	if (r < 0) {
		fprintf(stderr, "registryctl: %s\n", reason);
	} else {
		store_count(check.store, &count);
		progress_begin(&progress, "entries",
			       count.entries[ENTRY_HYPERTY] + count.entries[ENTRY_DATA_OBJECT]);
		r = check_store(&check);
		progress_break_line(&progress);
		status = say_store_end(&check, settings->cassandra_keyspace, r);
	}
	store_free(check.store);
	return status;
}

int verb_check(int argc, char **argv)
{
	struct verb_settings settings;
	const struct verb_usage usage = {
		.verb = "check",
		.sentence = "Checks every record of a store and what leads to it; of a store lmdb "
			    "all at one\n"
			    "moment, and every row that leads to one, too. It may be in use.",
		.objection = ready_store_objection,
	};
	enum verb_action action = verb_settings_load(&usage, argc, argv, &settings);
	enum exit_code status;

	if (action != VERB_RUN)
		return action == VERB_SHOWN ? EXIT_ALL : EXIT_WRONG_USE;
	stop_on_signals();
	status = strcmp(settings.store.store, "lmdb") == 0 ? run_lmdb(&settings.store)
							   : run_store(&settings.store);
	verb_settings_deinit(&settings);
	return (int)status;
}
