/* The verb import-original: what is where, and how it ended. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "monitor/counters.h"
#include "registryctl/arguments.h"
#include "registryctl/import.h"
#include "registryctl/stop.h"
#include "registryctl/verb.h"

#define ORIGINAL_KEYSPACE "rethinkeyspace"
#define READY_LIMIT_MS 60000
#define LOOK_MS 50
#define REASON_ROOM 512

/* Opened one after the other, closed in reverse. */
struct parts {
	struct verb_settings settings;
	struct original original;
	struct store *store;
	struct counters counters;
	const char *state_path;
	char *journey;
	char reason[REASON_ROOM];
};

/* ---- What cannot be ---- */

/* Opening the store writes into its keyspace: it must not be the original's. */
static bool is_same_keyspace(const struct verb_settings *settings)
{
	return strcmp(settings->store.store, "cassandra") == 0 &&
	       strcmp(settings->store.cassandra_keyspace, settings->original.cassandra_keyspace) ==
		       0;
}

static const char *find_objection(const struct verb_settings *settings)
{
	if (strcmp(settings->store.store, "memory") == 0)
		return "store memory would be empty again when this ends; name another one with "
		       "--store";
	if (is_same_keyspace(settings))
		return "the store's keyspace has the name of the original's, which is not written "
		       "to; name another one with --cassandra-keyspace";
	return NULL;
}

/* ---- Opening ---- */

static bool wait_until_writable(struct parts *parts)
{
	const struct timespec look = {0, LOOK_MS * 1000000L};
	struct clock *clock = clock_system();
	int64_t until_ms = clock->steady_ms(clock) + READY_LIMIT_MS;
	struct store_health health;

	for (;;) {
		store_health(parts->store, &health);
		if (health.writable)
			return true;
		if (stop_is_asked() || clock->steady_ms(clock) > until_ms)
			break;
		nanosleep(&look, NULL);
	}
	snprintf(parts->reason, sizeof(parts->reason), "%s", health.reason);
	return false;
}

/* NULL, or what could not be done; the reason has the rest. */
static const char *open_all(struct parts *parts)
{
	const struct settings *store = &parts->settings.store;

	if (original_open(&parts->settings.original, &parts->original, parts->reason,
			  sizeof(parts->reason)) < 0)
		return "the original cannot be read";
	if (store_open(store, clock_system(), &parts->counters, &parts->store, parts->reason,
		       sizeof(parts->reason)) < 0)
		return "the store cannot be opened";
	return wait_until_writable(parts) ? NULL : "the store cannot be written";
}

static bool write_journey(struct parts *parts)
{
	const struct settings *store = &parts->settings.store;
	bool is_cassandra = strcmp(store->store, "cassandra") == 0;

	return asprintf(&parts->journey, "from %s to %s %s",
			parts->settings.original.cassandra_keyspace, store->store,
			is_cassandra ? store->cassandra_keyspace : store->data_dir) >= 0;
}

/* ---- Running ---- */

static enum exit_code say_end(struct parts *parts, struct tally *tally, int r)
{
	tally_show(tally);
	if (r < 0) {
		fprintf(stderr, "registryctl: not finished, run it again to go on: %s\n",
			parts->reason);
		return EXIT_FAILED;
	}
	return tally_total(tally, TALLY_SKIPPED) > 0 ? EXIT_SOME_SKIPPED : EXIT_ALL;
}

static enum exit_code run(struct parts *parts)
{
	const struct import_options options = {
		.expires_max_s = parts->settings.store.expires_max_s,
		.retention_s = parts->settings.store.retention_s,
		.state_path = parts->state_path,
		.journey = parts->journey,
	};
	struct tally tally;
	const char *what = open_all(parts);

	if (what) {
		fprintf(stderr, "registryctl: %s: %s\n", what, parts->reason);
		return EXIT_FAILED;
	}
	tally_init(&tally);
	return say_end(parts, &tally,
		       import_run(&parts->original, parts->store, &options, &tally, parts->reason,
				  sizeof(parts->reason)));
}

int verb_import_original(int argc, char **argv)
{
	struct parts parts = {0};
	const struct verb_option options[] = {
		{"from-keyspace", "NAME",
		 "Keyspace of the original. Default: " ORIGINAL_KEYSPACE ".", NULL},
		{"from-contact-points", "NODE[,NODE]",
		 "Nodes of the original's cluster. Default: the store's.", NULL},
		{"from-OPTION", "VALUE", "Of the original's cluster, as --cassandra-OPTION.", NULL},
		{"state", "FILE", "Note there how far it is, and go on from there.",
		 &parts.state_path},
	};
	const struct verb_usage usage = {
		.verb = "import-original",
		.sentence = "Writes what the original registry has in Cassandra into a store, "
			    "unless it\n"
			    "is there already. The original's keyspace is only read.",
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.from_keyspace = ORIGINAL_KEYSPACE,
	};
	enum verb_action action = verb_settings_load(&usage, argc, argv, &parts.settings);
	enum exit_code status = EXIT_WRONG_USE;
	const char *objection;

	if (action != VERB_RUN)
		return action == VERB_SHOWN ? EXIT_ALL : EXIT_WRONG_USE;
	objection = find_objection(&parts.settings);
	stop_on_signals();
	if (objection)
		fprintf(stderr, "registryctl: %s\n", objection);
	else if (write_journey(&parts))
		status = run(&parts);
	else
		status = EXIT_FAILED;

	store_free(parts.store);
	original_close(&parts.original);
	free(parts.journey);
	verb_settings_deinit(&parts.settings);
	return (int)status;
}
