/*
 * An entry as a row, and back.
 *
 * Servers that do not see each other write the same row, and Cassandra keeps the latest value of
 * each column. So each column is one fact that makes sense beside any version of the others, and
 * only those that change are written, with a timestamp above all that was read.
 *
 *   presence  (status, away_s, news, at): what a client said
 *   gone      (status, away_s, news, at, sign_s): what the sweep found. It counts while sign_s is
 *             still the last sign of life and no later presence stands there: a sign of life that
 *             the sweep did not see wins over the expiry
 *   news      of both: names the pending update that tells of it; 0: none
 *   at        of both: the timestamp it was written with
 *   stamp     the highest timestamp of the row
 *
 * A row without presence or starting_s is none: what is left of one that was removed.
 */
#pragma once

#include "base/arena.h"
#include "store/cassandra_value.h"
#include "store/store.h"

/* In the order of the statements, behind id and owner when read. */
enum cass_column {
	CASS_CLAIM,
	CASS_PRESENCE,
	CASS_GONE,
	CASS_DESCRIPTOR,
	CASS_SCHEMA,
	CASS_NAME,
	CASS_REPORTER,
	CASS_RUNTIME,
	CASS_GUID,
	CASS_P2P_REQUESTER,
	CASS_P2P_HANDLER,
	CASS_RESOURCES,
	CASS_DATA_SCHEMES,
	CASS_EXPIRES,
	CASS_STARTING,
	CASS_MODIFIED,
	CASS_SIGN,
	CASS_DUE,
	CASS_GUIDS,
	CASS_STAMP,
	CASS_COLUMN_COUNT,
};

/* A row as it was read. */
struct cass_row {
	bool exists;        /* whole; otherwise only stamp counts */
	struct entry entry; /* as it stands: status and away_s of gone if that counts */
	struct cass_claim claim;
	int64_t news;  /* of what counts */
	bool is_gone;  /* what counts is gone, not presence */
	int64_t stamp; /* microseconds; 0 if there is nothing */
};

/* values: id, owner, then the columns. Texts point into them; lists are packed anew in arena.
 * STORE_DONE, STORE_DAMAGED (not what a store writes), or -ENOMEM. */
int cass_row_decode(enum entry_kind kind, const struct cql_value values[2 + CASS_COLUMN_COUNT],
		    struct arena *arena, struct cass_row *ret_row);
#define CASS_ROW_VALUES (2 + CASS_COLUMN_COUNT)

/* A list or set of texts. Null: *ret_list is left alone. STORE_DONE, STORE_DAMAGED, or -ENOMEM. */
int cass_texts_decode(struct cql_value value, struct arena *arena, struct text_list *ret_list);

/* What a write says. */
struct cass_write {
	const struct cass_row *old; /* exists is false for a new entry: everything is said */
	const struct change *change;
	struct cass_claim claim;
	int64_t stamp; /* above old->stamp */
	int64_t news;  /* to stand in the entry from now on */
	int64_t due_s; /* where its row in due is */
	bool by_sweep; /* what changed about status goes into gone */
	bool unsure;   /* old was read from one copy, and may lack what another one has */
};

/* values for CASS_HYPERTY_SET or CASS_OBJECT_SET, timestamp and key included; *ret_count of them.
 * Bytes are in arena, or the entry's. 0 or -ENOMEM. */
#define CASS_SET_VALUES (1 + CASS_COLUMN_COUNT + 2)
int cass_write_encode(const struct cass_write *write, struct arena *arena,
		      struct cql_value ret_values[CASS_SET_VALUES], size_t *ret_count);
