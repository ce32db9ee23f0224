/* The verb import-original: what is where, and how it ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/counters.h"
#include "registryctl/arguments.h"
#include "registryctl/import.h"
#include "registryctl/ready_store.h"
#include "registryctl/stop.h"
#include "registryctl/verb.h"

#define ORIGINAL_KEYSPACE "rethinkeyspace"
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
	if (is_same_keyspace(settings))
		return "the store's keyspace has the name of the original's, which is not written "
		       "to; name another one with --cassandra-keyspace";
	return ready_store_objection(settings);
}

/* ---- Opening ---- */

static int open_all(struct parts *parts)
{
	char why[REASON_ROOM - 64] = "";
	int r = original_open(&parts->settings.original, &parts->original, why, sizeof(why));

	if (r < 0) {
		snprintf(parts->reason, sizeof(parts->reason), "the original cannot be read: %s",
			 why);
		return r;
	}
	return ready_store_open(&parts->settings.store, READY_TO_WRITE, &parts->counters,
				&parts->store, parts->reason, sizeof(parts->reason));
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

	if (open_all(parts) < 0) {
		fprintf(stderr, "registryctl: %s\n", parts->reason);
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
		.objection = find_objection,
	};
	enum verb_action action = verb_settings_load(&usage, argc, argv, &parts.settings);
	enum exit_code status = EXIT_FAILED;

	if (action != VERB_RUN)
		return action == VERB_SHOWN ? EXIT_ALL : EXIT_WRONG_USE;
	stop_on_signals();
	if (write_journey(&parts))
		status = run(&parts);

	store_free(parts.store);
	original_close(&parts.original);
	free(parts.journey);
	verb_settings_deinit(&parts.settings);
	return (int)status;
}
