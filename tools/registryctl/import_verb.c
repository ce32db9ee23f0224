/* The verb import: the lines of an export become entries of a store. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/entry_line.h"
#include "config/reason.h"
#include "registryctl/arguments.h"
#include "registryctl/progress.h"
#include "registryctl/ready_store.h"
#include "registryctl/show.h"
#include "registryctl/stop.h"
#include "registryctl/verb.h"
#include "registryctl/writer.h"

#define REASON_ROOM 512

struct importing {
	struct verb_settings settings;
	const char *path;
	FILE *in;
	struct counters counters;
	struct store *store;
	struct writer writer;
	struct progress progress;
	uint64_t line; /* the number of the one at hand */
	uint64_t bytes;
	uint64_t written, told, there, skipped;
	char reason[REASON_ROOM];
};

/* ---- Lines ---- */

static void skip(struct importing *importing, struct slice id, uint64_t line, const char *why)
{
	importing->skipped++;
	progress_break_line(&importing->progress);
	fprintf(stderr, "skipped: %s:%" PRIu64 ": ", importing->path, line);
	if (id.data) {
		fputc('"', stderr);
		show_text(stderr, id, SHOW_ALL);
		fputs("\": ", stderr);
	}
	fprintf(stderr, "%s\n", why);
}

/* The writer's over(). */
static void on_over(void *ctx, const struct write *write)
{
	struct importing *importing = ctx;
	struct slice id = write->change.key.id;

	if (write->change.op.result == STORE_DAMAGED)
		skip(importing, id, write->line, "what the store has there is damaged");
	else if (write->change.outcome == IMPORT_OTHERS)
		skip(importing, id, write->line, "the store has it of another user");
	else if (write->change.outcome == IMPORT_THERE)
		importing->there++;
	else
		importing->written++;
	importing->told += write->change.op.result == STORE_DONE &&
			   write->change.outcome == IMPORT_WRITTEN_TOLD;
}

static int take_entry(struct importing *importing, struct slice line)
{
	struct write *write = writer_take(&importing->writer);
	char why[REASON_SIZE];
	int r;

	if (!write)
		return -EIO;
	r = entry_line_read(line, &write->arena, &write->request, why, sizeof(why));
	if (r != ENTRY_LINE_READ) {
		writer_put_back(&importing->writer, write);
		if (r == ENTRY_LINE_UNREADABLE)
			skip(importing, SLICE_NONE, importing->line, why);
		return r < 0 ? r : 0;
	}
	write->line = importing->line;
	write->request.is_restored = true;
	write->request.expires_max_s = importing->settings.store.expires_max_s;
	write->request.retention_s = importing->settings.store.retention_s;
	writer_submit(&importing->writer, write);
	return 0;
}

/* An entry_line_take. */
static int take_line(void *ctx, struct slice line, uint64_t number)
{
	struct importing *importing = ctx;
	int r;

	importing->line = number;
	importing->bytes += line.len + 1;
	r = line.len > 0 ? take_entry(importing, line) : 0;
	progress_at(&importing->progress,
		    importing->progress.all ? importing->bytes : importing->line);
	return stop_is_asked() ? -EINTR : r;
}

/* ---- All of it ---- */

static void say_why(struct importing *importing, int r)
{
	struct store_health health;

	snprintf(importing->reason, sizeof(importing->reason), "%s",
		 r == -EINTR ? "ended by a signal" : strerror(-r));
	if (!importing->writer.failed)
		return;
	store_health(importing->store, &health);
	snprintf(importing->reason, sizeof(importing->reason), "the store cannot be written: %s",
		 health.reason[0] ? health.reason : "a change failed");
}

static int take_all(struct importing *importing)
{
	struct stat status;
	bool is_file = fstat(fileno(importing->in), &status) == 0 && S_ISREG(status.st_mode);
	int r;

	progress_begin(&importing->progress, is_file ? "bytes" : "lines",
		       is_file ? (uint64_t)status.st_size : 0);
	writer_init(&importing->writer, importing->store, on_over, importing);
	r = entry_lines_each(importing->in, take_line, importing);
	if (!writer_drain(&importing->writer) && r == 0)
		r = -EIO;
	if (r < 0)
		say_why(importing, r);
	writer_deinit(&importing->writer);
	return r;
}

static int open_and_take(struct importing *importing)
{
	bool is_stdin = strcmp(importing->path, "-") == 0;
	int r;

	importing->in = is_stdin ? stdin : fopen(importing->path, "re");
	if (!importing->in) {
		r = -errno;
		snprintf(importing->reason, sizeof(importing->reason), "%s: %s", importing->path,
			 strerror(-r));
		return r;
	}
	r = ready_store_open(&importing->settings.store, READY_TO_WRITE, &importing->counters,
			     &importing->store, importing->reason, sizeof(importing->reason));
	if (r == 0)
		r = take_all(importing);
	if (!is_stdin)
		fclose(importing->in);
	return r;
}

static enum exit_code run(struct importing *importing)
{
	int r = open_and_take(importing);

	progress_break_line(&importing->progress);
	if (importing->line > 0)
		printf("%" PRIu64 " written, %" PRIu64 " there already, %" PRIu64
		       " skipped; %" PRIu64 " joined the pending updates\n",
		       importing->written, importing->there, importing->skipped, importing->told);
	if (r < 0) {
		fprintf(stderr, "registryctl: not finished%s: %s\n",
			importing->line > 0 ? ", run it again to go on" : "", importing->reason);
		return EXIT_FAILED;
	}
	return importing->skipped > 0 ? EXIT_SOME_SKIPPED : EXIT_ALL;
}

int verb_import(int argc, char **argv)
{
	struct importing *importing = calloc(1, sizeof(*importing));
	const struct verb_option options[] = {
		{"input", "FILE", "What export wrote; -: standard input, the default.",
		 &importing->path},
	};
	const struct verb_usage usage = {
		.verb = "import",
		.sentence = "Writes the entries of an export into a store, unless they are there "
			    "already:\n"
			    "it may be run again. Of a store lmdb no server may be at work.",
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.objection = ready_store_objection,
	};
	enum exit_code status;
	enum verb_action action;

	if (!importing)
		return EXIT_FAILED;
	importing->path = "-";
	action = verb_settings_load(&usage, argc, argv, &importing->settings);
	if (action == VERB_RUN) {
		stop_on_signals();
		status = run(importing);
		store_free(importing->store);
		verb_settings_deinit(&importing->settings);
	} else {
		status = action == VERB_SHOWN ? EXIT_ALL : EXIT_WRONG_USE;
	}
	free(importing);
	return (int)status;
}
