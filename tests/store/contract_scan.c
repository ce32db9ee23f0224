/* The contract, scan: everything in slices; what stays is shown exactly once, whatever changes. */
#include "contract_kit.h"

#include <stdio.h>
#include <stdlib.h>

/* One slice behind the cursor that the last one left, which it frees. False at the end. */
static bool scan_on(struct kit *kit, uint32_t limit, struct slice *cursor, struct seen *seen)
{
	uint32_t before = seen->count;
	struct waited waited;

	waited_init(&waited);
	waited.scan.read.see = seen_see;
	waited.scan.read.ctx = seen;
	waited.scan.cursor = *cursor;
	waited.scan.limit = limit;
	assert_int_equal(waited_end(&waited, store_scan(kit->store, &waited.scan)), STORE_DONE);
	assert_true(seen->count - before <= limit);
	free((char *)cursor->data);
	*cursor = (struct slice){waited.scan.ret_cursor, waited.scan.ret_cursor_len};
	return cursor->data;
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

int contract_scan(void)
{
	const struct CMUnitTest scan[] = {
		CASE(an_empty_store_has_nothing_to_show),
		CASE(slices_of_any_size_show_everything_once),
		CASE(what_stays_is_shown_once_while_others_come_and_go),
		CASE(the_entry_that_a_cursor_stands_at_may_go),
		CASE(everything_may_go_while_a_scan_is_under_way),
	};

	return cmocka_run_group_tests(scan, NULL, NULL);
}
