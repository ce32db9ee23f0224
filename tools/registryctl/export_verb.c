/* The verb export: which store, and to where. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registryctl/arguments.h"
#include "registryctl/export.h"
#include "registryctl/ready_store.h"
#include "registryctl/stop.h"
#include "registryctl/verb.h"

#define REASON_ROOM 512

struct asked {
	struct verb_settings settings;
	const char *output;
};

static bool is_lmdb(const struct settings *settings)
{
	return strcmp(settings->store, "lmdb") == 0;
}

static bool is_memory(const struct settings *settings)
{
	return strcmp(settings->store, "memory") == 0;
}

/* What tells it from other stores of its kind. */
static const char *place_of(const struct settings *settings)
{
	if (is_memory(settings))
		return settings->admin;
	return is_lmdb(settings) ? settings->data_dir : settings->cassandra_keyspace;
}

static const char *objection(const struct verb_settings *settings)
{
	if (is_memory(&settings->store) && strcmp(settings->store.admin, "none") == 0)
		return "of a store memory its server's admin listener tells; admin says there is "
		       "none";
	return NULL;
}

static int run_store(struct export *export, const struct settings *settings)
{
	struct counters counters = {0};
	struct store *store;
	int r = ready_store_open(settings, READY_TO_READ, &counters, &store, export->reason,
				 export->reason_size);

	if (r == 0)
		r = export_store(export, store);
	store_free(store);
	return r;
}

static int run_from(struct export *export, const struct settings *settings)
{
	if (is_memory(settings))
		return export_server(export, settings->admin);
	if (is_lmdb(settings))
		return export_lmdb(export, settings->data_dir, (size_t)settings->lmdb_map_bytes);
	return run_store(export, settings);
}

static enum exit_code say_end(const struct export *export, const struct export_file *file, int r)
{
	progress_break_line(export->progress);
	if (r < 0) {
		fprintf(stderr, "registryctl: not finished%s: %s\n",
			file->path && r != -ESTALE ? ", run it again to go on" : "",
			export->reason);
		return EXIT_FAILED;
	}
	fprintf(stderr, "%" PRIu64 " exported\n", file->lines);
	return export->damaged > 0 ? EXIT_SOME_SKIPPED : EXIT_ALL;
}

static enum exit_code run(const struct settings *settings, struct export_file *file, char *reason)
{
	struct progress progress;
	struct export export = {
		.file = file,
		.progress = &progress,
		.reason = reason,
		.reason_size = REASON_ROOM,
	};
	enum exit_code status;
	int r;

	if (file->lines > 0)
		fprintf(stderr, "going on behind %" PRIu64 " that were exported before\n",
			file->lines);
	progress_begin(&progress, "entries", 0);
	r = run_from(&export, settings);
	if (r == 0)
		r = export_file_finish(file, reason, REASON_ROOM);
	status = say_end(&export, file, r);
	export_deinit(&export);
	return status;
}

/* NULL: standard output. */
static const char *output_of(const struct asked *asked)
{
	return asked->output && strcmp(asked->output, "-") == 0 ? NULL : asked->output;
}

static enum exit_code open_and_run(const struct asked *asked)
{
	const struct settings *settings = &asked->settings.store;
	struct export_file file = {0};
	enum exit_code status = EXIT_FAILED;
	char reason[REASON_ROOM] = "";
	char *source = NULL;

	if (asprintf(&source, "%s %s", settings->store, place_of(settings)) < 0)
		return EXIT_FAILED;
	if (export_file_open(output_of(asked), source, &file, reason, sizeof(reason)) < 0)
		fprintf(stderr, "registryctl: %s\n", reason);
	else
		status = run(settings, &file, reason);
	export_file_close(&file);
	free(source);
	return status;
}

int verb_export(int argc, char **argv)
{
	struct asked asked = {0};
	const struct verb_option options[] = {
		{"output", "FILE",
		 "Write there rather than to standard output; go on if it was not finished.",
		 &asked.output},
	};
	const struct verb_usage usage = {
		.verb = "export",
		.sentence = "Writes every entry of a store, one JSON object a line. A store lmdb "
			    "may be in\n"
			    "use: what is written is its state at one moment. Of a store memory "
			    "the admin\n"
			    "listener of its server is asked.",
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.objection = objection,
	};
	enum verb_action action = verb_settings_load(&usage, argc, argv, &asked.settings);
	enum exit_code status;

	if (action != VERB_RUN)
		return action == VERB_SHOWN ? EXIT_ALL : EXIT_WRONG_USE;
	stop_on_signals();
	status = open_and_run(&asked);
	verb_settings_deinit(&asked.settings);
	return (int)status;
}
