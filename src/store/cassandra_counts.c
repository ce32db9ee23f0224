/* Writes and reads the rows of counts, and folds those of servers that left into one. */
#include "store/cassandra_counts.h"

#include <errno.h>

#include "store/cassandra_clock.h"

/* A row is written so often though nothing changed: its server lives. */
#define REFRESH_S 20
/* Rows that were written a moment ago are not folded, whatever clocks say. */
#define SETTLED_S 60
#define FOLD_INTERVAL_MS 60000
#define FOLD_LEASE "counts"
#define FOLD_LEASE_TTL_S 30
#define FOLD_ROWS 50

struct row {
	struct cass_claim server;
	struct cass_counts counts;
	int64_t at_s;
	bool clean;
};

static bool next_row(struct cql_rows *rows, struct row *ret_row)
{
	struct cql_value values[6];

	if (!rows || !cql_rows_next(rows, values, 6))
		return false;
	*ret_row = (struct row){
		.server = cass_claim_of(values[0]),
		.counts = {cass_bigint_of(values[1]), cass_bigint_of(values[2]),
			   cass_bigint_of(values[3])},
		.at_s = cass_bigint_of(values[4]),
		.clean = cass_bool_of(values[5]),
	};
	return true;
}

static void add(struct cass_counts *counts, const struct cass_counts *more)
{
	counts->hyperties += more->hyperties;
	counts->data_objects += more->data_objects;
	counts->pending += more->pending;
}

static bool same(const struct cass_counts *a, const struct cass_counts *b)
{
	return a->hyperties == b->hyperties && a->data_objects == b->data_objects &&
	       a->pending == b->pending;
}

static int64_t now_s(struct cass_waiter *waiter)
{
	return cass_clock_real_us(waiter->store) / 1000000;
}

static int read_rows(struct cass_waiter *waiter, struct cql_rows **ret_rows)
{
	const struct cql_bound list = {.statement = waiter->store->statements[CASS_COUNTS_LIST]};

	return cass_waiter_run(waiter, &list, 1, ret_rows);
}

/* ---- Our row ---- */

#define SET_VALUES 7

/* values point into row and bytes. */
static void bind_row(const struct row *row, struct arena *arena, int64_t stamp,
		     struct cql_value values[SET_VALUES])
{
	values[0] = cass_uuid(&row->server);
	values[1] = cass_bigint(arena, row->counts.hyperties);
	values[2] = cass_bigint(arena, row->counts.data_objects);
	values[3] = cass_bigint(arena, row->counts.pending);
	values[4] = cass_bigint(arena, row->at_s);
	values[5] = cass_bool(row->clean);
	values[6] = cass_bigint(arena, stamp);
}

static int write_row(struct cass_waiter *waiter, const struct row *row)
{
	struct cql_value values[SET_VALUES];
	const struct cql_bound set = {waiter->store->statements[CASS_COUNTS_SET], values,
				      SET_VALUES};
	struct arena arena;
	char room[256];
	int r;

	arena_init(&arena, room, sizeof(room));
	bind_row(row, &arena, cass_stamp(waiter->store, 0), values);
	r = cass_waiter_run(waiter, &set, 1, NULL);
	arena_deinit(&arena);
	return r;
}

static int write_own(struct cass_waiter *waiter, struct cass_tally *tally, bool clean)
{
	struct store_cassandra *cassandra = waiter->store;
	struct row row = {
		.server = cassandra->server,
		.counts = {atomic_load(&cassandra->own_hyperties),
			   atomic_load(&cassandra->own_data_objects),
			   atomic_load(&cassandra->own_pending)},
		.at_s = now_s(waiter),
		.clean = clean,
	};
	int r;

	if (!clean && tally->written_s != 0 && same(&row.counts, &tally->written) &&
	    row.at_s - tally->written_s < REFRESH_S)
		return 0;
	r = write_row(waiter, &row);
	if (r < 0)
		return r;
	tally->written = row.counts;
	tally->written_s = row.at_s;
	return 0;
}

void cass_counts_leave(struct cass_waiter *waiter, struct cass_tally *tally)
{
	if (tally->written_s != 0)
		write_own(waiter, tally, true);
}

/* ---- The others' ---- */

static int read_others(struct cass_waiter *waiter, size_t *ret_left)
{
	struct store_cassandra *cassandra = waiter->store;
	struct cass_counts others = {0};
	struct cql_rows *rows;
	struct row row;
	int r = read_rows(waiter, &rows);

	if (r < 0)
		return r;
	for (*ret_left = 0; next_row(rows, &row); *ret_left += row.clean) {
		if (!cass_claim_same(&row.server, &cassandra->server))
			add(&others, &row.counts);
	}
	cql_rows_free(rows);
	atomic_store(&cassandra->others_hyperties, others.hyperties);
	atomic_store(&cassandra->others_data_objects, others.data_objects);
	atomic_store(&cassandra->others_pending, others.pending);
	return 0;
}

int cass_counts_exchange(struct cass_waiter *waiter, struct cass_tally *tally)
{
	size_t left;
	int r = write_own(waiter, tally, false);

	return r < 0 ? r : read_others(waiter, &left);
}
