/* Scans, page by page, and corrects the counts by what it found. */
#include "store/cassandra_recount.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "log/log.h"

#define PAGE_ROWS 500
/* Servers tell what they did each second. */
#define SETTLING_MS 3000
#define LEASE_RENEW_MS 10000
#define FIRST_INTERVAL_MS 30000
#define MOST_INTERVAL_MS 3600000
/* So many rows of servers that left make folding worth it. */
#define FOLD_AT 20
/* Copies that missed something lately may not know of all. */
#define DEGRADED_MS 10000

static void put_off(struct cass_recount *recount, int64_t now_ms)
{
	recount->phase = CASS_RECOUNT_IDLE;
	recount->next_ms = now_ms + recount->interval_ms;
	if (recount->interval_ms < MOST_INTERVAL_MS)
		recount->interval_ms *= 2;
}

static bool take_lease(struct cass_recount *recount, struct cass_waiter *waiter, int64_t now_ms)
{
	recount->lease_ms = now_ms;
	return cass_waiter_take_lease(waiter, CASS_COUNTS_LEASE, CASS_COUNTS_LEASE_TTL_S) > 0;
}

/* ---- Entries ---- */

static int see(void *ctx, const struct entry *entry, const struct moment *now)
{
	struct cass_counts *counted = ctx;

	(void)now;
	*(entry->key.kind == ENTRY_HYPERTY ? &counted->hyperties : &counted->data_objects) += 1;
	return 0;
}

static void on_page(struct store_op *op)
{
	struct cass_recount *recount = container_of(op, struct cass_recount, scan.read.op);

	atomic_store(&recount->page_over, true);
}

/* The page behind the cursor of the one before. */
static void ask_for_page(struct cass_recount *recount, struct cass_waiter *waiter)
{
	int r;

	free(recount->cursor);
	recount->cursor = recount->scan.ret_cursor;
	recount->scan = (struct store_scan){
		.read = {.op = {.complete = on_page}, .see = see, .ctx = &recount->counted},
		.cursor = {recount->cursor, recount->scan.ret_cursor_len},
		.limit = PAGE_ROWS,
	};
	atomic_store(&recount->page_over, false);
	/* What was written during a cut may be on one copy only, and a quorum miss it. */
	r = store_cassandra_scan_all_copies(&waiter->store->store, &recount->scan);
	if (r == STORE_PENDING)
		return;
	recount->scan.read.op.result = r;
	atomic_store(&recount->page_over, true);
}

/* ---- Pending updates ---- */

static int count_bucket(struct cass_waiter *waiter, struct cql_value bucket, int64_t *count)
{
	const struct cql_bound list = {waiter->store->statements[CASS_PENDING_COUNT], &bucket, 1};
	struct cql_value value;
	struct cql_rows *rows;
	int r = cass_waiter_run(waiter, &list, 1, &rows);

	if (r == 0 && rows && cql_rows_next(rows, &value, 1))
		*count += cass_bigint_of(value);
	cql_rows_free(rows);
	return r;
}

static int count_pending(struct cass_waiter *waiter, int64_t *ret_count)
{
	struct arena arena;
	struct cql_value values[] = {cass_text(SLICE("pending")), {0}};
	const struct cql_bound list = {waiter->store->statements[CASS_BUCKETS_LIST], values, 2};
	struct cql_rows *rows = NULL;
	struct cql_value bucket;
	int64_t count = 0;
	char room[64];
	int r;

	arena_init(&arena, room, sizeof(room));
	values[1] = cass_bigint(&arena, INT64_MAX);
	r = cass_waiter_run(waiter, &list, 1, &rows);
	while (r == 0 && rows && cql_rows_next(rows, &bucket, 1))
		r = count_bucket(waiter, bucket, &count);
	cql_rows_free(rows);
	arena_deinit(&arena);
	*ret_count = count;
	return r;
}

/* ---- Phases ---- */

static void begin(struct cass_recount *recount, struct cass_waiter *waiter,
		  const struct cass_tally *tally, int64_t now_ms)
{
	if (cass_is_degraded(waiter->store, DEGRADED_MS) || !take_lease(recount, waiter, now_ms)) {
		recount->next_ms = now_ms + FIRST_INTERVAL_MS;
		return;
	}
	recount->before = tally->total;
	recount->counted = (struct cass_counts){0};
	free(recount->scan.ret_cursor);
	recount->scan.ret_cursor = NULL;
	recount->scan.ret_cursor_len = 0;
	recount->phase = CASS_RECOUNT_SCANNING;
	ask_for_page(recount, waiter);
}

static void go_on(struct cass_recount *recount, struct cass_waiter *waiter, int64_t now_ms)
{
	if (!atomic_load(&recount->page_over))
		return;
	if (recount->scan.read.op.result != STORE_DONE) {
		put_off(recount, now_ms);
	} else if (recount->scan.ret_cursor) {
		ask_for_page(recount, waiter);
	} else if (count_pending(waiter, &recount->counted.pending) < 0) {
		put_off(recount, now_ms);
	} else {
		recount->phase = CASS_RECOUNT_SETTLING;
		recount->phase_ms = now_ms;
	}
}

static void end(struct cass_recount *recount, struct cass_waiter *waiter,
		const struct cass_tally *tally, int64_t now_ms)
{
	if (now_ms - recount->phase_ms < SETTLING_MS)
		return;
	if (!cass_counts_same(&tally->total, &recount->before) ||
	    cass_is_degraded(waiter->store, now_ms - recount->phase_ms + DEGRADED_MS) ||
	    cass_counts_fold(waiter, &recount->counted, &recount->before) != 0) {
		put_off(recount, now_ms);
		return;
	}
	recount->phase = CASS_RECOUNT_IDLE;
	recount->interval_ms = FIRST_INTERVAL_MS;
	cass_waiter_free_lease(waiter, CASS_COUNTS_LEASE);
	log_info("store.counted", LOG_NUMBER("hyperties", recount->counted.hyperties),
		 LOG_NUMBER("data_objects", recount->counted.data_objects),
		 LOG_NUMBER("pending_updates", recount->counted.pending));
}

static void rest(struct cass_recount *recount, struct cass_waiter *waiter,
		 const struct cass_tally *tally, int64_t now_ms)
{
	if (now_ms < recount->next_ms)
		return;
	if (tally->lost > 0) {
		begin(recount, waiter, tally, now_ms);
	} else if (tally->left >= FOLD_AT) {
		recount->next_ms = now_ms + FIRST_INTERVAL_MS;
		if (take_lease(recount, waiter, now_ms)) {
			cass_counts_fold(waiter, NULL, NULL);
			cass_waiter_free_lease(waiter, CASS_COUNTS_LEASE);
		}
	}
}

void cass_recount_tick(struct cass_recount *recount, struct cass_waiter *waiter,
		       const struct cass_tally *tally, int64_t now_ms)
{
	if (recount->phase != CASS_RECOUNT_IDLE && now_ms - recount->lease_ms > LEASE_RENEW_MS &&
	    atomic_load(&recount->page_over) && !take_lease(recount, waiter, now_ms))
		put_off(recount, now_ms);
	if (recount->phase == CASS_RECOUNT_IDLE)
		rest(recount, waiter, tally, now_ms);
	else if (recount->phase == CASS_RECOUNT_SCANNING)
		go_on(recount, waiter, now_ms);
	else
		end(recount, waiter, tally, now_ms);
}

void cass_recount_init(struct cass_recount *recount)
{
	*recount = (struct cass_recount){.interval_ms = FIRST_INTERVAL_MS};
}

void cass_recount_deinit(struct cass_recount *recount)
{
	free(recount->scan.ret_cursor);
	free(recount->cursor);
}
