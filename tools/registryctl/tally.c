/* Counts, and says so. */
#include "registryctl/tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/steady.h"
#include "registryctl/show.h"

#define TERMINAL_EACH_MS 200
#define LINE_EACH_MS 10000

static const char *const titles[TALLY_COUNT] = {
	[TALLY_READ] = "read",       [TALLY_WRITTEN] = "written", [TALLY_THERE] = "there already",
	[TALLY_SKIPPED] = "skipped", [TALLY_DIFFERS] = "differ",
};

const char *tally_name(int row)
{
	return row == TALLY_GUIDS ? "guid_by_user_id" : original_tables[row].name;
}

void tally_init(struct tally *tally)
{
	*tally = (struct tally){.terminal = isatty(STDERR_FILENO), .shown_ms = steady_ms()};
}

void tally_add(struct tally *tally, int row, enum tally_count count)
{
	tally->counts[row][count]++;
}

void tally_break_line(struct tally *tally)
{
	if (tally->line_is_open)
		fputs("\r\033[K", stderr);
	tally->line_is_open = false;
}

static void say(struct tally *tally, const char *what, int row, struct slice key,
		const char *reason)
{
	tally_break_line(tally);
	fprintf(stderr, "%s: %s \"", what, tally_name(row));
	show_text(stderr, key, SHOW_ALL);
	fprintf(stderr, "\": %s\n", reason);
}

void tally_skip(struct tally *tally, int row, struct slice key, const char *reason)
{
	tally_add(tally, row, TALLY_SKIPPED);
	say(tally, "skipped", row, key, reason);
}

void tally_differ(struct tally *tally, int row, struct slice key, const char *reason)
{
	tally_add(tally, row, TALLY_DIFFERS);
	say(tally, "differs", row, key, reason);
}

/* ---- Progress ---- */

static void show_progress(struct tally *tally, int row)
{
	tally_break_line(tally);
	fprintf(stderr, "%s:", tally_name(row));
	for (int i = 0; i < TALLY_COUNT; i++)
		fprintf(stderr, "%s %" PRIu64 " %s", i > 0 ? "," : "", tally->counts[row][i],
			titles[i]);
	if (!tally->terminal)
		fputc('\n', stderr);
	fflush(stderr);
	tally->line_is_open = tally->terminal;
}

void tally_progress(struct tally *tally, int row)
{
	int64_t now_ms = steady_ms();

	if (now_ms - tally->shown_ms < (tally->terminal ? TERMINAL_EACH_MS : LINE_EACH_MS))
		return;
	tally->shown_ms = now_ms;
	show_progress(tally, row);
}

/* ---- The end ---- */

uint64_t tally_total(const struct tally *tally, enum tally_count count)
{
	uint64_t total = 0;

	for (int row = 0; row < TALLY_ROWS; row++)
		total += tally->counts[row][count];
	return total;
}

/* GUIDs go with the entries of their users. */
static bool is_counted(int row, enum tally_count count)
{
	return row != TALLY_GUIDS || count == TALLY_READ || count == TALLY_SKIPPED;
}

static void show_count(const struct tally *tally, int row, enum tally_count count)
{
	if (is_counted(row, count))
		printf("%14" PRIu64, tally->counts[row][count]);
	else
		printf("%14s", "-");
}

void tally_show(struct tally *tally)
{
	tally_break_line(tally);
	printf("%-26s", "");
	for (int i = 0; i < TALLY_COUNT; i++)
		printf("%14s", titles[i]);
	for (int row = 0; row < TALLY_ROWS; row++) {
		printf("\n%-26s", tally_name(row));
		for (int i = 0; i < TALLY_COUNT; i++)
			show_count(tally, row, (enum tally_count)i);
	}
	printf("\npending updates: %" PRIu64 " joined\n", tally->told);
}
