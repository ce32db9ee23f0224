/* Writes and reads the rows of counts, and folds those of servers that left into one. */
#include "store/cassandra_counts.h"

#include <errno.h>

#include "store/cassandra_clock.h"

/* A row is written so often though nothing changed: its server lives. */
#define REFRESH_S 20
#define LOST_S 90
/* Rows that were written a moment ago are not folded, whatever clocks say. */
#define SETTLED_S 10
#define FOLD_MAX 50

struct row {
	struct cass_claim server;
	struct cass_counts counts;
	int64_t at_s;
	bool clean;
};

/* Where rows are folded to. */
static const struct cass_claim nobody;

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

static void subtract(struct cass_counts *counts, const struct cass_counts *less)
{
	counts->hyperties -= less->hyperties;
	counts->data_objects -= less->data_objects;
	counts->pending -= less->pending;
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

static bool is_left(const struct row *row, int64_t at_s)
{
	return row->clean && !cass_claim_same(&row->server, &nobody) &&
	       at_s - row->at_s > SETTLED_S;
}

static bool is_lost(const struct row *row, int64_t at_s)
{
	return !row->clean && at_s - row->at_s > LOST_S;
}

/* ---- Writing ---- */

#define SET_VALUES 7

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

static struct cass_counts own_counts(struct store_cassandra *cassandra)
{
	return (struct cass_counts){atomic_load(&cassandra->own_hyperties),
				    atomic_load(&cassandra->own_data_objects),
				    atomic_load(&cassandra->own_pending)};
}

static int write_own(struct cass_waiter *waiter, struct cass_tally *tally, bool clean)
{
	struct row row = {
		.server = waiter->store->server,
		.counts = own_counts(waiter->store),
		.at_s = now_s(waiter),
		.clean = clean,
	};
	int r;

	if (!clean && tally->written_s != 0 && cass_counts_same(&row.counts, &tally->written) &&
	    row.at_s - tally->written_s < REFRESH_S)
		return 0;
	r = write_row(waiter, &row);
	if (r < 0)
		return r;
	tally->written = row.counts;
	tally->written_s = row.at_s;
	tally->written_surely = !waiter->degraded;
	return 0;
}

void cass_counts_leave(struct cass_waiter *waiter, struct cass_tally *tally)
{
	if (tally->written_s != 0)
		write_own(waiter, tally, true);
}

/* ---- Exchanging ---- */

/* A row that looks lost is what asks for that: the same one for all who ask. */
static int ask_for_recount(struct cass_waiter *waiter)
{
	struct row asks = {.clean = false};
	int r;

	memset(&asks.server, 0xff, sizeof(asks.server));

	atomic_store(&waiter->store->doubtful, false);
	r = write_row(waiter, &asks);
	if (r < 0)
		cass_note_doubt(waiter->store);
	return r;
}

/* We were silent for so long that what we did was counted as a lost server's. We begin anew, and
 * have it counted once more. */
static int begin_anew(struct cass_waiter *waiter, struct cass_tally *tally)
{
	struct store_cassandra *cassandra = waiter->store;
	const struct cass_counts own = own_counts(cassandra);
	int r = ask_for_recount(waiter);

	if (r < 0)
		return r;
	atomic_fetch_sub(&cassandra->own_hyperties, own.hyperties);
	atomic_fetch_sub(&cassandra->own_data_objects, own.data_objects);
	atomic_fetch_sub(&cassandra->own_pending, own.pending);
	tally->written_s = 0;
	return 0;
}

static int read_all(struct cass_waiter *waiter, struct cass_tally *tally)
{
	struct store_cassandra *cassandra = waiter->store;
	struct cass_counts others = {0};
	bool missed = tally->written_s != 0 && tally->written_surely;
	int64_t at_s = now_s(waiter);
	struct cql_rows *rows;
	struct row row;
	int r = read_rows(waiter, &rows);

	if (r < 0)
		return r;
	tally->left = tally->lost = 0;
	missed = missed && !waiter->degraded;
	while (next_row(rows, &row)) {
		bool ours = cass_claim_same(&row.server, &cassandra->server);

		missed = missed && !ours;
		if (ours)
			continue;
		add(&others, &row.counts);
		tally->left += is_left(&row, at_s);
		tally->lost += is_lost(&row, at_s);
	}
	cql_rows_free(rows);
	tally->total = others; /* ours is added when it is written */
	atomic_store(&cassandra->others_hyperties, others.hyperties);
	atomic_store(&cassandra->others_data_objects, others.data_objects);
	atomic_store(&cassandra->others_pending, others.pending);
	return missed ? begin_anew(waiter, tally) : 0;
}

int cass_counts_exchange(struct cass_waiter *waiter, struct cass_tally *tally)
{
	int r = read_all(waiter, tally);

	if (r < 0)
		return r;
	r = write_own(waiter, tally, false);
	if (r == 0 && atomic_load(&waiter->store->doubtful))
		r = ask_for_recount(waiter);
	add(&tally->total, &tally->written);
	return r;
}

/* ---- Folding ---- */

/* One partition's statements: they are applied together. */
struct fold {
	struct arena arena;
	struct row into;
	struct cass_counts total;
	int64_t stamp;
	struct cql_bound bound[FOLD_MAX + 1]; /* the first one sets what rows are folded into */
	struct cql_value set[SET_VALUES];
	size_t count;
};

static void remove_row(struct fold *fold, const struct cql_statement *statement,
		       const struct row *row)
{
	struct cql_value *values = arena_alloc(&fold->arena, 2 * sizeof(*values));
	struct slice server = arena_copy(
		&fold->arena, (struct slice){(const char *)row->server.bytes, CASS_CLAIM_BYTES});

	if (!values || !server.data || fold->count > FOLD_MAX)
		return;
	values[0] = cass_bigint(&fold->arena, fold->stamp);
	values[1] = cass_text(server);
	if (cass_failed(&values[0]))
		return;
	fold->bound[fold->count++] = (struct cql_bound){statement, values, 2};
	add(&fold->into.counts, &row->counts);
}

static void fold_row(struct cass_waiter *waiter, struct fold *fold, const struct row *row,
		     bool lost_too)
{
	const struct cql_statement *remove = waiter->store->statements[CASS_COUNTS_REMOVE];

	add(&fold->total, &row->counts);
	if (cass_claim_same(&row->server, &nobody))
		add(&fold->into.counts, &row->counts);
	else if (is_left(row, fold->into.at_s) || (lost_too && is_lost(row, fold->into.at_s)))
		remove_row(fold, remove, row);
}

static int write_fold(struct cass_waiter *waiter, struct fold *fold,
		      const struct cass_counts *counted)
{
	if (counted) {
		add(&fold->into.counts, counted);
		subtract(&fold->into.counts, &fold->total);
	}
	bind_row(&fold->into, &fold->arena, fold->stamp, fold->set);
	for (size_t i = 0; i < SET_VALUES; i++) {
		if (cass_failed(&fold->set[i]))
			return -ENOMEM;
	}
	fold->bound[0] = (struct cql_bound){waiter->store->statements[CASS_COUNTS_SET], fold->set,
					    SET_VALUES};
	return cass_waiter_run(waiter, fold->bound, fold->count, NULL);
}

int cass_counts_fold(struct cass_waiter *waiter, const struct cass_counts *counted,
		     const struct cass_counts *told)
{
	struct fold fold = {.into = {.server = nobody, .at_s = now_s(waiter), .clean = true},
			    .stamp = cass_stamp(waiter->store, 0),
			    .count = 1};
	struct cql_rows *rows;
	struct row row;
	int r = read_rows(waiter, &rows);

	if (r < 0)
		return r;
	arena_init(&fold.arena, NULL, 0);
	while (next_row(rows, &row))
		fold_row(waiter, &fold, &row, counted != NULL);
	/* What only one copy says may be old. */
	if (waiter->degraded || (counted && !cass_counts_same(&fold.total, told)))
		r = 1;
	else
		r = write_fold(waiter, &fold, counted);
	cql_rows_free(rows);
	arena_deinit(&fold.arena);
	return r;
}
