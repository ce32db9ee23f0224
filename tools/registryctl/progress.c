/* Shows how far it is. */
#include "registryctl/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/steady.h"

#define TERMINAL_EACH_MS 200
#define LINE_EACH_MS 10000
#define BAR_COLUMNS 30

void progress_begin(struct progress *progress, const char *what, uint64_t all)
{
	*progress = (struct progress){
		.what = what,
		.all = all,
		.began_ms = steady_ms(),
		.terminal = isatty(STDERR_FILENO),
	};
	progress->shown_ms = progress->began_ms;
}

void progress_break_line(struct progress *progress)
{
	if (progress->line_is_open)
		fputs("\r\033[K", stderr);
	progress->line_is_open = false;
}

static void show_bar(const struct progress *progress)
{
	uint64_t full = progress->done * BAR_COLUMNS / progress->all;

	fputc('[', stderr);
	for (uint64_t i = 0; i < BAR_COLUMNS; i++)
		fputc(i < full ? '#' : '.', stderr);
	fprintf(stderr, "] %3" PRIu64 "%% ", progress->done * 100 / progress->all);
}

static void show(struct progress *progress, int64_t now_ms)
{
	double passed_s = (double)(now_ms - progress->began_ms) / 1000;

	progress_break_line(progress);
	if (progress->all > 0 && progress->done <= progress->all && progress->terminal)
		show_bar(progress);
	fprintf(stderr, "%" PRIu64 " %s, %.0f a second", progress->done, progress->what,
		(double)progress->done / passed_s);
	if (!progress->terminal)
		fputc('\n', stderr);
	fflush(stderr);
	progress->line_is_open = progress->terminal;
}

void progress_at(struct progress *progress, uint64_t done)
{
	int64_t now_ms = steady_ms();

	progress->done = done;
	if (now_ms - progress->shown_ms < (progress->terminal ? TERMINAL_EACH_MS : LINE_EACH_MS))
		return;
	progress->shown_ms = now_ms;
	show(progress, now_ms);
}
