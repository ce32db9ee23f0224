/* The verb conflicts: a table for people, JSON for programs. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/json_time.h"
#include "api/json_writer.h"
#include "model/record.h"
#include "registryctl/arguments.h"
#include "registryctl/conflicts.h"
#include "registryctl/show.h"
#include "registryctl/verb.h"

#define COLUMN_MAX 44
#define REASON_ROOM 512

struct asked {
	struct verb_settings settings;
	const char *since;
	const char *limit;
	int64_t since_wall_s;
	size_t limit_count;
};

/* ---- What was asked for ---- */

static bool read_since(struct asked *asked)
{
	char whole[32];

	asked->since_wall_s = INT64_MIN;
	if (!asked->since || json_read_time(slice_of(asked->since), &asked->since_wall_s))
		return true;
	/* A day is its first second. */
	snprintf(whole, sizeof(whole), "%.12sT00:00:00Z", asked->since);
	return json_read_time(slice_of(whole), &asked->since_wall_s);
}

static bool read_limit(struct asked *asked)
{
	char *end;
	unsigned long long number;

	asked->limit_count = SIZE_MAX;
	if (!asked->limit)
		return true;
	errno = 0;
	number = strtoull(asked->limit, &end, 10);
	asked->limit_count = number;
	return *end == '\0' && asked->limit[0] != '-' && number > 0 && errno == 0;
}

/* NULL if all is well. */
static const char *find_objection(struct asked *asked)
{
	if (!read_since(asked))
		return "--since: is not a time, as 2026-01-31T12:00:00Z or 2026-01-31";
	if (!read_limit(asked))
		return "--limit: is not a number above 0";
	if (strcmp(asked->settings.store.store, "cassandra") != 0)
		return "only in the store cassandra can claims be set aside; name it with --store";
	return NULL;
}

/* ---- JSON ---- */

static void write_json(struct buffer *out, const struct conflict *conflict)
{
	struct entry entry;

	buffer_append_slice(out, SLICE("{\"time\":"));
	json_write_time(out, conflict->wall_s);
	buffer_append_slice(out, SLICE(",\"id\":"));
	json_write_text(out, conflict->id);
	buffer_append_slice(out, SLICE(",\"user\":"));
	json_write_text(out, conflict->user);
	buffer_append_slice(out, SLICE(",\"winner\":"));
	json_write_text(out, conflict->winner);
	buffer_append_slice(out, SLICE(",\"held\":"));
	if (record_decode(conflict->record, &entry) == RECORD_OK)
		json_write_entry(out, &entry);
	else
		buffer_append_slice(out, SLICE("null"));
	buffer_append_slice(out, SLICE("}\n"));
}

static void show_json(const struct conflict *rows, size_t count)
{
	struct buffer out = {0};

	for (size_t i = 0; i < count && !out.failed; i++) {
		buffer_clear(&out);
		write_json(&out, &rows[i]);
		fwrite(out.data, 1, out.len, stdout);
	}
	if (out.failed)
		fputs("registryctl: out of memory\n", stderr);
	buffer_deinit(&out);
}

/* ---- The table ---- */

enum column {
	COLUMN_ID,
	COLUMN_USER,
	COLUMN_WINNER,
	COLUMN_COUNT,
};
static const char *const titles[COLUMN_COUNT] = {"HYPERTY", "USER", "WINNER"};

static struct slice text_of(const struct conflict *conflict, int column)
{
	const struct slice texts[COLUMN_COUNT] = {conflict->id, conflict->user, conflict->winner};

	return texts[column];
}

/* Wide enough for the longest, or for what a screen bears. */
static size_t width_of(const struct conflict *rows, size_t count, int column)
{
	size_t width = strlen(titles[column]);

	for (size_t i = 0; i < count; i++) {
		size_t len = text_of(&rows[i], column).len;

		width = len > width ? len : width;
	}
	return width < COLUMN_MAX ? width : COLUMN_MAX;
}

static void show_cell(struct slice text, size_t width)
{
	size_t columns = show_text(stdout, text, width);

	printf("%*s", (int)(width - columns) + 2, "");
}

static void show_held(struct slice record)
{
	struct entry entry;

	if (record_decode(record, &entry) != RECORD_OK) {
		fputs("(cannot be read)", stdout);
		return;
	}
	show_text(stdout, entry.fields.text[TEXT_STATUS], SHOW_ALL);
	fputs(", ", stdout);
	show_text(stdout, entry.fields.text[TEXT_DESCRIPTOR], SHOW_ALL);
}

static void show_time(int64_t wall_s)
{
	struct buffer text = {0};

	json_write_time(&text, wall_s);
	if (!text.failed)
		printf("%.*s  ", (int)text.len - 2, text.data + 1);
	buffer_deinit(&text);
}

static void show_table(const struct conflict *rows, size_t count)
{
	size_t widths[COLUMN_COUNT];

	for (int column = 0; column < COLUMN_COUNT; column++)
		widths[column] = width_of(rows, count, column);
	printf("%-22s", "TIME");
	for (int column = 0; column < COLUMN_COUNT; column++)
		printf("%-*s  ", (int)widths[column], titles[column]);
	puts("HELD");
	for (size_t i = 0; i < count; i++) {
		show_time(rows[i].wall_s);
		for (int column = 0; column < COLUMN_COUNT; column++)
			show_cell(text_of(&rows[i], column), widths[column]);
		show_held(rows[i].record);
		putchar('\n');
	}
	printf("%zu set aside\n", count);
}

/* ---- The verb ---- */

static void show(const struct asked *asked, const struct conflicts *conflicts)
{
	size_t count =
		conflicts->count < asked->limit_count ? conflicts->count : asked->limit_count;
	/* The latest ones. */
	const struct conflict *rows =
		conflicts->rows ? conflicts->rows + conflicts->count - count : NULL;

	assert(rows || count == 0);
	if (isatty(STDOUT_FILENO))
		show_table(rows, count);
	else
		show_json(rows, count);
}

static enum exit_code run(struct asked *asked)
{
	struct session session = {0};
	struct conflicts conflicts = {0};
	char reason[REASON_ROOM];
	int r = session_open(&asked->settings.store, &session, reason, sizeof(reason));

	if (r == 0)
		r = conflicts_read(&session, asked->settings.store.cassandra_keyspace,
				   asked->since_wall_s, &conflicts, reason, sizeof(reason));
	if (r == 0)
		show(asked, &conflicts);
	else
		fprintf(stderr, "registryctl: the store cannot be read: %s\n", reason);
	conflicts_deinit(&conflicts);
	session_close(&session);
	return r == 0 ? EXIT_ALL : EXIT_FAILED;
}

int verb_conflicts(int argc, char **argv)
{
	struct asked asked = {0};
	const struct verb_option options[] = {
		{"since", "TIME",
		 "Only those set aside since, as 2026-01-31T12:00:00Z or 2026-01-31.",
		 &asked.since},
		{"limit", "NUMBER", "Only the latest so many.", &asked.limit},
	};
	const struct verb_usage usage = {
		.verb = "conflicts",
		.sentence =
			"Lists what was registered under an id that an earlier claim of another "
			"user won,\n"
			"the earliest first: a table on a terminal, else one JSON object a line.",
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
	};
	enum verb_action action = verb_settings_load(&usage, argc, argv, &asked.settings);
	enum exit_code status = EXIT_WRONG_USE;
	const char *objection;

	if (action != VERB_RUN)
		return action == VERB_SHOWN ? EXIT_ALL : EXIT_WRONG_USE;
	objection = find_objection(&asked);
	if (objection)
		fprintf(stderr, "registryctl: %s\n", objection);
	else
		status = run(&asked);
	verb_settings_deinit(&asked.settings);
	return (int)status;
}
