/*
 * The tables of the original registry's keyspace, and how they are read: nothing but SELECT.
 *
 * An entry stands in several of them. One of each kind is the one that counts; the others hold
 * copies, under another key, or of those that somebody is to be told of.
 */
#pragma once

#include "model/entry.h"
#include "registryctl/session.h"

enum original_table {
	ORIGINAL_HYPERTIES, /* hyperties_by_id */
	ORIGINAL_BY_USER,
	ORIGINAL_UPDATED_HYPERTIES,
	ORIGINAL_OBJECTS, /* data_objects_by_url */
	ORIGINAL_BY_NAME,
	ORIGINAL_BY_REPORTER,
	ORIGINAL_UPDATED_OBJECTS,
	ORIGINAL_TABLE_COUNT,
};

/* What a row of any of them holds. In a kind that has no such column it is null. */
enum original_column {
	ORIGINAL_ID,
	ORIGINAL_USER,
	ORIGINAL_DESCRIPTOR,
	ORIGINAL_SCHEMA,
	ORIGINAL_NAME,
	ORIGINAL_REPORTER,
	ORIGINAL_STATUS,
	ORIGINAL_RUNTIME,
	ORIGINAL_GUID,
	ORIGINAL_P2P_REQUESTER,
	ORIGINAL_P2P_HANDLER,
	ORIGINAL_RESOURCES,
	ORIGINAL_DATA_SCHEMES,
	ORIGINAL_EXPIRES,
	ORIGINAL_STARTING,
	ORIGINAL_MODIFIED,
	ORIGINAL_COLUMN_COUNT,
};

struct original_table_row {
	const char *name;
	enum entry_kind kind;
	enum original_table main; /* the one that counts; itself if it is that one */
	bool is_news;             /* entries in it are to be told of */
};
extern const struct original_table_row original_tables[ORIGINAL_TABLE_COUNT];

/* The column's name in tables of a kind; NULL if they have none. */
const char *original_column_name(enum entry_kind kind, enum original_column column);

/* A row as it was read, in the protocol's encoding; null where the table lacks the column. */
struct original_row {
	struct cql_value values[ORIGINAL_COLUMN_COUNT];
};

/* How a table is read. */
struct original_select {
	const struct cql_statement *scan; /* NULL: the keyspace has no such table */
	const struct cql_statement *get;  /* by id; of the tables that count only */
	/* Where in a row that was read each column is; -1: nowhere. */
	int at[ORIGINAL_COLUMN_COUNT];
	size_t count;
};

struct original {
	struct session session;
	const char *keyspace; /* not owned */
	struct original_select selects[ORIGINAL_TABLE_COUNT];
	const struct cql_statement *guids; /* → guid, user; NULL: there is no such table */
};

/*
 * Connects, and finds out which tables and columns there are: releases of the original differ.
 * 0, or a negative errno with a sentence; -ENOENT if the keyspace is not there, or is none of the
 * original's. Blocks.
 */
int original_open(const struct settings *settings, struct original *ret_original, char *ret_reason,
		  size_t reason_size);
void original_close(struct original *original); /* zero-initialised is fine */

/* The next row, pointing into rows. False at the end. */
bool original_next(const struct original_select *select, struct cql_rows *rows,
		   struct original_row *ret_row);
