/* The contract, scan: everything in slices; what stays is shown exactly once, whatever changes. */
#include "contract_kit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* One slice behind the cursor that the last one left, which it frees. False at the end. */
static bool scan_by(struct kit *kit, bool by_user, uint32_t limit, struct slice *cursor,
		    struct seen *seen)
{
	uint32_t before = seen->count;
	struct waited waited;

	waited_init(&waited);
	waited.scan.read.see = seen_see;
	waited.scan.read.ctx = seen;
	waited.scan.cursor = *cursor;
	waited.scan.limit = limit;
	waited.scan.by_user = by_user;
	assert_int_equal(waited_end(&waited, store_scan(kit->store, &waited.scan)), STORE_DONE);
	assert_true(seen->count - before <= limit);
	free((char *)cursor->data);
	*cursor = (struct slice){waited.scan.ret_cursor, waited.scan.ret_cursor_len};
	return cursor->data;
}

static bool scan_on(struct kit *kit, uint32_t limit, struct slice *cursor, struct seen *seen)
{
	return scan_by(kit, false, limit, cursor, seen);
}

/* The rest, bounded. */
static void scan_all(struct kit *kit, uint32_t limit, struct slice *cursor, struct seen *seen)
{
	uint32_t slices = 0;

	while (scan_on(kit, limit, cursor, seen))
		assert_true(slices++ < 10000);
}

static void make_entry(uint32_t i, char text[static 64], struct entry *ret_entry)
{
	snprintf(text, 64, "%s%u", i % 3 ? "h" : "o", i);
	*ret_entry = i % 3 ? kit_hyperty(text, "ann") : kit_object(text, "n", "r");
}

static void an_empty_store_has_nothing_to_show(void **state)
{
	struct kit *kit = *state;
	struct slice cursor = SLICE_NONE;
	struct seen seen = {0};

	assert_false(scan_on(kit, 10, &cursor, &seen));
	assert_int_equal(seen.count, 0);
	seen_deinit(&seen);
}

static void slices_of_any_size_show_everything_once(void **state)
{
	struct kit *kit = *state;
	static const uint32_t limits[] = {1, 2, 7, 99, 100, 101, 1000};

	kit_write_many(kit, 100, make_entry, NEWS_KEEP);
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct slice cursor = SLICE_NONE;
		struct seen seen = {0};

		scan_all(kit, limits[i], &cursor, &seen);
		assert_int_equal(seen.count, 100);
		assert_int_equal(seen_distinct(&seen), 100);
		seen_deinit(&seen);
	}
}

static void remove_number(struct kit *kit, uint32_t i)
{
	struct entry entry;
	char text[64];

	make_entry(i, text, &entry);
	kit_remove(kit, &entry);
}

static void rewrite_number(struct kit *kit, uint32_t i)
{
	struct entry entry;
	char text[64];

	make_entry(i, text, &entry);
	entry.fields.text[TEXT_RUNTIME] = SLICE("runtime://x.org/a-much-longer-one-than-before");
	kit_write(kit, &entry, NEWS_KEEP);
}

/* Numbers divisible by 5 go, those that leave 1 are rewritten, others come, between the slices. */
static void what_stays_is_shown_once_while_others_come_and_go(void **state)
{
	struct kit *kit = *state;
	struct slice cursor = SLICE_NONE;
	struct seen seen = {0};
	char name[64];
	struct entry entry;
	uint32_t step = 0;

	kit_write_many(kit, 300, make_entry, NEWS_KEEP);
	while (scan_on(kit, 10, &cursor, &seen)) {
		assert_true(step < 100);
		for (uint32_t i = 5 * step; i < 5 * step + 5 && i < 300; i++) {
			if (i % 5 == 0)
				remove_number(kit, 300 - 5 - i / 5 * 5);
			if (i % 5 == 1)
				rewrite_number(kit, i);
		}
		if (step < 20) {
			make_entry(1000 + step, name, &entry);
			kit_write(kit, &entry, NEWS_KEEP);
		}
		step++;
	}

	for (uint32_t i = 0; i < 300; i++) {
		make_entry(i, name, &entry);
		if (i % 5 != 0)
			assert_true(seen_has(&seen, name));
	}
	assert_int_equal(seen_distinct(&seen), seen.count);
	seen_deinit(&seen);
}

static void the_entry_that_a_cursor_stands_at_may_go(void **state)
{
	struct kit *kit = *state;
	struct slice cursor = SLICE_NONE;
	struct seen seen = {0};

	kit_write_many(kit, 10, make_entry, NEWS_KEEP);
	assert_true(scan_on(kit, 4, &cursor, &seen));
	for (uint32_t i = 0; i < 10; i++) {
		char text[64];
		struct entry entry;

		make_entry(i, text, &entry);
		if (seen_has(&seen, text))
			kit_remove(kit, &entry);
	}
	scan_all(kit, 4, &cursor, &seen);

	assert_int_equal(seen.count, 10);
	assert_int_equal(seen_distinct(&seen), 10);
	seen_deinit(&seen);
}

static void everything_may_go_while_a_scan_is_under_way(void **state)
{
	struct kit *kit = *state;
	struct slice cursor = SLICE_NONE;
	struct seen seen = {0};

	kit_write_many(kit, 20, make_entry, NEWS_KEEP);
	assert_true(scan_on(kit, 5, &cursor, &seen));
	for (uint32_t i = 0; i < 20; i++)
		remove_number(kit, i);
	scan_all(kit, 5, &cursor, &seen);

	assert_int_equal(seen.count, 5);
	seen_deinit(&seen);
}

static void a_cursor_of_no_store_is_refused(void **state)
{
	struct kit *kit = *state;
	struct seen seen = {0};
	struct waited waited;
	char cursor[600];

	memset(cursor, 0xff, sizeof(cursor));
	waited_init(&waited);
	waited.scan.read.see = seen_see;
	waited.scan.read.ctx = &seen;
	waited.scan.cursor = (struct slice){cursor, sizeof(cursor)};
	waited.scan.limit = 10;

	assert_int_equal(waited_end(&waited, store_scan(kit->store, &waited.scan)), -EINVAL);
}

/* ---- Few among many ---- */

#define FEW_LIMIT 5
#define FEW_SLACK 20

struct few {
	struct store_scan *scan;
	enum entry_kind kind;
	uint32_t shown;
	struct seen wanted;
};

static int see_few(void *ctx, const struct entry *entry, const struct moment *now)
{
	struct few *few = ctx;

	few->shown++;
	if (entry->key.kind == few->kind)
		return seen_see(&few->wanted, entry, now);
	few->scan->passed++;
	return 0;
}

/* Returns how many slices it took. */
static uint32_t find_few(struct kit *kit, unsigned skip_kinds, struct few *few)
{
	struct slice cursor = SLICE_NONE;
	uint32_t slices = 0;

	do {
		uint32_t shown = few->shown;
		struct waited waited;

		waited_init(&waited);
		waited.scan.read.see = see_few;
		waited.scan.read.ctx = few;
		waited.scan.cursor = cursor;
		waited.scan.limit = FEW_LIMIT;
		waited.scan.slack = FEW_SLACK;
		waited.scan.skip_kinds = skip_kinds;
		few->scan = &waited.scan;
		assert_int_equal(waited_end(&waited, store_scan(kit->store, &waited.scan)),
				 STORE_DONE);
		assert_true(few->shown - shown <= FEW_LIMIT + FEW_SLACK);
		free((char *)cursor.data);
		cursor = (struct slice){waited.scan.ret_cursor, waited.scan.ret_cursor_len};
		assert_true(slices++ < 10000);
	} while (cursor.data);
	return slices;
}

static void few_among_many_are_all_found_once(void **state)
{
	struct kit *kit = *state;

	kit_write_many(kit, 100, make_entry, NEWS_KEEP);
	for (int kind = 0; kind < ENTRY_KIND_COUNT; kind++) {
		for (unsigned skip = 0; skip <= 1; skip++) {
			struct few few = {.kind = (enum entry_kind)kind};

			find_few(kit, skip << (1 - kind), &few);
			assert_int_equal(few.wanted.count, kind == ENTRY_HYPERTY ? 66 : 34);
			assert_int_equal(seen_distinct(&few.wanted), few.wanted.count);
			seen_deinit(&few.wanted);
		}
	}
}

/* ---- By user ---- */

static void make_of_many_users(uint32_t i, char text[static 64], struct entry *ret_entry)
{
	snprintf(text, 32, "h%u", i);
	snprintf(text + 32, 32, "user%u", i % 20);
	*ret_entry = kit_hyperty(text, text + 32);
}

/* Those of every third user, and by and by those of user 1. */
static void remove_some(struct kit *kit, uint32_t step)
{
	for (uint32_t i = 0; i < 200; i++) {
		struct entry entry;
		char text[64];

		make_of_many_users(i, text, &entry);
		if (i % 20 == 3 * step || (i % 20 == 1 && i / 20 == step))
			kit_remove(kit, &entry);
	}
}

static void by_user_each_hyperty_that_stays_is_shown_once(void **state)
{
	struct kit *kit = *state;
	struct entry object = kit_object("o1", "n", "r");

	kit_write_many(kit, 200, make_of_many_users, NEWS_KEEP);
	kit_write(kit, &object, NEWS_KEEP);
	for (uint32_t limit = 1; limit <= 11; limit += 5) {
		struct slice cursor = SLICE_NONE;
		struct seen seen = {0};
		uint32_t step = 0;

		while (scan_by(kit, true, limit, &cursor, &seen)) {
			if (limit == 11 && step++ < 7)
				remove_some(kit, step);
		}
		for (uint32_t i = 0; i < 200; i++) {
			struct entry entry;
			char text[64];

			make_of_many_users(i, text, &entry);
			if (i % 20 != 1 && i % 20 % 3 != 0)
				assert_true(seen_has(&seen, text));
		}
		assert_int_equal(seen_distinct(&seen), seen.count);
		seen_deinit(&seen);
	}
}

int contract_scan(void)
{
	const struct CMUnitTest scan[] = {
		CASE(an_empty_store_has_nothing_to_show),
		CASE(slices_of_any_size_show_everything_once),
		CASE(what_stays_is_shown_once_while_others_come_and_go),
		CASE(the_entry_that_a_cursor_stands_at_may_go),
		CASE(everything_may_go_while_a_scan_is_under_way),
		CASE(a_cursor_of_no_store_is_refused),
		CASE(few_among_many_are_all_found_once),
		CASE(by_user_each_hyperty_that_stays_is_shown_once),
	};

	return cmocka_run_group_tests(scan, NULL, NULL);
}
