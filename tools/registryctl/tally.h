/*
 * What an import tells its operator: a line for each row that is left out or differs, how far it
 * is, and at its end how many there were. Used by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "registryctl/original.h"

enum tally_count {
	TALLY_READ,
	TALLY_WRITTEN,
	TALLY_THERE,   /* nothing to do: there is such an entry already */
	TALLY_SKIPPED, /* could not be carried over */
	TALLY_DIFFERS, /* a copy that is not as the table that counts has it */
	TALLY_COUNT,
};

/* Rows of the tally: the tables with entries, then GUIDs. */
#define TALLY_GUIDS ORIGINAL_TABLE_COUNT
#define TALLY_ROWS (ORIGINAL_TABLE_COUNT + 1)

struct tally {
	uint64_t counts[TALLY_ROWS][TALLY_COUNT];
	uint64_t told; /* entries that joined the pending updates */
	bool terminal; /* progress is one line, written again and again */
	bool line_is_open;
	int64_t shown_ms; /* steady */
};

void tally_init(struct tally *tally);
void tally_add(struct tally *tally, int row, enum tally_count count);

/* Counts the row and says why: "skipped: TABLE "KEY": REASON". */
void tally_skip(struct tally *tally, int row, struct slice key, const char *reason);
/* The same of a copy that differs. */
void tally_differ(struct tally *tally, int row, struct slice key, const char *reason);

/* How far the table is, if it is time to say so; often called. */
void tally_progress(struct tally *tally, int row);
/* The table of all counts, on standard output. */
void tally_show(struct tally *tally);
uint64_t tally_total(const struct tally *tally, enum tally_count count);

/* Ends the line of progress: something else is to be said on standard error. */
void tally_break_line(struct tally *tally);
/* The name of a row's table. */
const char *tally_name(int row);
