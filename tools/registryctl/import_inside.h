/* The inside of an import: what its parts share. */
#pragma once

#include "registryctl/import.h"
#include "registryctl/import_state.h"
#include "registryctl/pairs.h"
#include "registryctl/writer.h"

#define IMPORT_PAGE_ROWS 256

/* A row of a copy, and what the table that counts has under its id. */
struct copy {
	struct original_row row;
	struct session_read main;
};

struct import {
	struct original *original;
	const struct import_options *options;
	struct tally *tally;
	struct writer writer;
	struct session_gate *gate;
	struct pairs guids;                     /* user → GUID */
	struct pairs pending[ENTRY_KIND_COUNT]; /* ids of those to be told of */
	struct import_state state;
	struct copy copies[IMPORT_PAGE_ROWS];
	char *reason;
	size_t reason_size;
};

/* What is done with each page of a table. */
struct scan {
	const struct cql_statement *statement;
	int row; /* of the tally */
	int (*take)(struct import *import, const struct scan *scan, struct cql_rows *rows);
	bool noted; /* how far it is, in the file of the state */
};

/* Each takes a page of a table with entries; afterwards none of them is in flight any more. 0 or a
 * negative errno: -EIO if the store cannot be written, else with a reason in import. */
int import_take_rows(struct import *import, const struct scan *scan, struct cql_rows *rows);
int import_take_copies(struct import *import, const struct scan *scan, struct cql_rows *rows);

/* import_entries.c: has a row written, which must stay until its page is through. As above. */
int import_take_row(struct import *import, int table, const struct original_row *row, bool is_copy);
/* Counts what became of it: the writer's over(). */
void import_on_over(void *ctx, const struct write *write);
