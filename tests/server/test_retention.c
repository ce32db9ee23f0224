/* Retention that is set later, over a store that fails at first. */
#include "server/retention.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "contract_kit.h"
#include "monitor/counters.h"
#include "store/store_memory.h"
#include "store_fake.h"

/* More than a slice of them. */
#define ENTRIES 600

struct fixture {
	struct kit kit;
	struct registry *registry;
	struct retention retention;
};

static void make_away(uint32_t i, char text[static 64], struct entry *ret_entry)
{
	snprintf(text, 64, "hyperty://h/%u", i);
	*ret_entry = kit_hyperty(text, "user://u");
	ret_entry->fields.text[TEXT_STATUS] = STATUS_DISCONNECTED;
	ret_entry->away_s = 1;
}

static int set_up(void **state)
{
	const struct registry_options options = {
		.expires_max_s = 3600, .retention_s = 50, .updates_max = 100};
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct kit *kit = &fixture->kit;
	struct store *memory;

	clock_fake_init(&kit->clock);
	assert_int_equal(store_memory_new(&kit->clock.clock, &kit->counters, &memory), 0);
	assert_int_equal(store_fake_new(memory, &kit->store), 0);
	kit_write_many(kit, ENTRIES, make_away, NEWS_KEEP);
	assert_int_equal(registry_new(&options, kit->store, &fixture->registry), 0);
	retention_init(&fixture->retention, fixture->registry, kit->store);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	retention_deinit(&fixture->retention);
	registry_free(fixture->registry);
	store_free(fixture->kit.store);
	free(fixture);
	return 0;
}

static void conduct(struct fixture *fixture, enum fake_verb verb, enum fake_conduct how, int result)
{
	store_fake_conduct(fixture->kit.store, verb, how, result);
}

static void work(struct fixture *fixture)
{
	while (retention_work(&fixture->retention))
		;
}

static void assert_all_are_placed(struct fixture *fixture)
{
	const struct store_sweep *sweep;
	struct registry_sweep op = {.sweep = {.limit = 0}};

	assert_true(fixture->retention.over);
	assert_int_equal(fixture->retention.entries, ENTRIES);
	clock_fake_pass_s(&fixture->kit.clock, 100);
	assert_int_equal(registry_sweep(fixture->registry, &op, 2 * ENTRIES), STORE_DONE);
	sweep = &op.sweep;
	assert_int_equal(sweep->ret_removed, ENTRIES);
}

static void what_went_away_before_is_forgotten_in_time(void **state)
{
	work(*state);

	assert_all_are_placed(*state);
}

static void answers_from_another_thread_are_waited_for(void **state)
{
	conduct(*state, FAKE_SCAN, FAKE_EARLY, 0);
	conduct(*state, FAKE_CHANGE, FAKE_EARLY, 0);

	work(*state);

	assert_all_are_placed(*state);
}

static void placements_that_fail_are_not_counted_and_tried_again(void **state)
{
	static const int results[] = {STORE_UNAVAILABLE, -ENOMEM};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		conduct(fixture, FAKE_CHANGE, FAKE_FAILING, results[i]);
		work(fixture);
		assert_false(fixture->retention.over);
		assert_int_equal(fixture->retention.entries, 0);
	}

	conduct(fixture, FAKE_CHANGE, FAKE_AT_ONCE, 0);
	work(fixture);
	assert_all_are_placed(fixture);
}

static void scans_that_fail_are_tried_again(void **state)
{
	struct fixture *fixture = *state;

	conduct(fixture, FAKE_SCAN, FAKE_FAILING, STORE_UNAVAILABLE);
	work(fixture);
	assert_false(fixture->retention.over);

	conduct(fixture, FAKE_SCAN, FAKE_AT_ONCE, 0);
	work(fixture);
	assert_all_are_placed(fixture);
}

/* Repeating would not help. */
static void damaged_entries_are_passed_over(void **state)
{
	struct fixture *fixture = *state;

	conduct(fixture, FAKE_CHANGE, FAKE_FAILING, STORE_DAMAGED);
	work(fixture);

	assert_true(fixture->retention.over);
	assert_int_equal(fixture->retention.entries, 0);
}

/* Between two of them its caller has other things to do. */
static void a_call_does_one_slice(void **state)
{
	struct fixture *fixture = *state;

	assert_true(retention_work(&fixture->retention));
	assert_false(fixture->retention.over);
	assert_in_range(fixture->retention.entries, 1, ENTRIES - 1);
	work(fixture);
	assert_all_are_placed(fixture);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_went_away_before_is_forgotten_in_time),
		TEST(answers_from_another_thread_are_waited_for),
		TEST(placements_that_fail_are_not_counted_and_tried_again),
		TEST(scans_that_fail_are_tried_again),
		TEST(damaged_entries_are_passed_over),
		TEST(a_call_does_one_slice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
