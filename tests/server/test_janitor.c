/* The janitor over a store with more that is due than one slice holds. */
#include "server/janitor.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "contract_kit.h"
#include "monitor/counters.h"
#include "store/store_memory.h"

#define RETENTION_S 50
#define SLICE_ENTRIES 1000
#define SLICES 3

/* They went away in the first second, and are forgotten RETENTION_S later. */
static void make_forgotten(uint32_t i, char text[static 64], struct entry *ret_entry)
{
	snprintf(text, 64, "hyperty://h/%u", i);
	*ret_entry = kit_hyperty(text, "user://u");
	ret_entry->fields.text[TEXT_STATUS] = STATUS_DISCONNECTED;
	ret_entry->away_s = 1;
	ret_entry->due_s = 1 + RETENTION_S;
}

/* Who supervises us hears of turns: a sweep that takes long must not look like one that hangs. */
static void each_slice_of_a_long_sweep_is_a_turn(void **state)
{
	const struct registry_options options = {
		.expires_max_s = 3600, .retention_s = RETENTION_S, .updates_max = 100};
	struct registry *registry;
	struct janitor *janitor;
	struct kit kit = {0};
	int64_t now_s;

	(void)state;
	clock_fake_init(&kit.clock);
	kit.clock.clock.tick_ms = 3600000; /* what is seen here is its first look */
	assert_int_equal(store_memory_new(&kit.clock.clock, &kit.counters, &kit.store), 0);
	kit_write_many(&kit, SLICES * SLICE_ENTRIES, make_forgotten, NEWS_KEEP);
	assert_int_equal(registry_new(&options, kit.store, &registry), 0);
	clock_fake_pass_s(&kit.clock, 2 * RETENTION_S);
	now_s = store_now(kit.store).lifetime_s;

	assert_int_equal(
		janitor_new(registry, kit.store, &kit.clock.clock, &kit.counters, &janitor), 0);
	while (janitor_swept_until_s(janitor) != now_s)
		sched_yield();

	assert_int_equal(counter_get(&kit.counters, COUNTER_REMOVALS), SLICES * SLICE_ENTRIES);
	assert_in_range(janitor_turns(janitor), SLICES, SLICES + 2);
	janitor_free(janitor);
	registry_free(registry);
	store_free(kit.store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_slice_of_a_long_sweep_is_a_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
