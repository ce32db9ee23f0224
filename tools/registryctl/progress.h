/* How far a long work is, on standard error: a bar on a terminal, else a line every ten seconds.
 * Used by one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what;
	uint64_t all; /* 0: not known */
	uint64_t done;
	int64_t began_ms; /* steady, like the next one */
	int64_t shown_ms;
	bool terminal;
	bool line_is_open;
};

/* what: a word that stays, as "entries". */
void progress_begin(struct progress *progress, const char *what, uint64_t all);
/* Often called; shows it if it is time. */
void progress_at(struct progress *progress, uint64_t done);
/* Ends the line of the bar: something else is to be said on standard error. */
void progress_break_line(struct progress *progress);
