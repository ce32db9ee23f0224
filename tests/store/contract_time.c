/* The contract, time: the sweep finds what is due, when it is due, in bounded slices. */
#include "contract_kit.h"

#include <stdio.h>

#include "registry/rules.h"

/* ---- The words of these cases: real rules, since they are what sweeps are for ---- */

static struct rule_request request_for(struct entry_key key, int64_t expires_s)
{
	struct rule_request request = {.key = key, .expires_max_s = 1000000};

	request.fields.expires_s = expires_s;
	return request;
}

static void put(struct kit *kit, const char *id, int64_t expires_s)
{
	struct entry entry = kit_hyperty(id, "ann");
	struct rule_request request = request_for(entry.key, 0);
	int outcome;

	request.owner = entry.owner;
	request.fields = entry.fields;
	request.fields.expires_s = expires_s;
	assert_int_equal(kit_change(kit, entry.key, rule_put, &request, &outcome), STORE_DONE);
	assert_int_equal(outcome, RULE_DONE);
}

static void do_rule(struct kit *kit, const char *id, store_rule *rule, int64_t expires_s)
{
	struct entry_key key = {ENTRY_HYPERTY, slice_of(id)};
	struct rule_request request = request_for(key, expires_s);
	int outcome;

	request.owner = SLICE("ann");
	assert_int_equal(kit_change(kit, key, rule, &request, &outcome), STORE_DONE);
	assert_true(outcome == RULE_DONE || outcome == RULE_DONE_STATUS_CHANGED);
}

static void keep_alive(struct kit *kit, const char *id)
{
	do_rule(kit, id, rule_keep_alive, EXPIRES_ABSENT);
}

static struct store_sweep sweep_slice(struct kit *kit, uint32_t limit, int64_t retention_s)
{
	struct rule_request request = {.retention_s = retention_s, .expires_max_s = 1000000};
	struct store_sweep sweep;

	kit_sweep(kit, rule_due, &request, limit, &sweep);
	return sweep;
}

/* All that is due: how many of them joined the pending updates. */
static uint32_t sweep_news(struct kit *kit)
{
	uint32_t news = 0;
	bool more = true;

	for (int slices = 0; more; slices++) {
		struct store_sweep sweep = sweep_slice(kit, 100, 0);

		assert_true(slices < 1000);
		news += sweep.ret_news;
		more = sweep.ret_more;
	}
	return news;
}

static int see_status(void *ctx, const struct entry *entry, const struct moment *now)
{
	(void)now;
	*(bool *)ctx = entry_is_disconnected(entry);
	return 0;
}

static bool is_stored_as_disconnected(struct kit *kit, const char *id)
{
	struct entry_key key = {ENTRY_HYPERTY, slice_of(id)};
	struct waited waited;
	bool disconnected = false;

	waited_init(&waited);
	waited.read.see = see_status;
	waited.read.ctx = &disconnected;
	assert_int_equal(waited_end(&waited, store_get(kit->store, key, &waited.read)), STORE_DONE);
	return disconnected;
}

/* ---- Cases ---- */

static void with_nothing_due_a_sweep_shows_nothing(void **state)
{
	struct kit *kit = *state;
	struct store_sweep sweep = sweep_slice(kit, 10, 0);

	assert_int_equal(sweep.ret_seen, 0);
	assert_false(sweep.ret_more);

	put(kit, "h1", 60);
	sweep = sweep_slice(kit, 10, 0);
	assert_int_equal(sweep.ret_seen, 0);
	assert_int_equal(sweep.ret_news, 0);
	assert_false(sweep.ret_more);
	assert_int_equal(sweep.ret_now.lifetime_s, store_now(kit->store).lifetime_s);
}

static void what_is_due_is_found_in_its_second_and_not_before(void **state)
{
	struct kit *kit = *state;

	put(kit, "h1", 5);
	clock_fake_pass_s(&kit->clock, 5);
	assert_int_equal(sweep_news(kit), 0);
	assert_false(is_stored_as_disconnected(kit, "h1"));

	clock_fake_pass_s(&kit->clock, 1);
	assert_int_equal(sweep_news(kit), 1);
	assert_true(is_stored_as_disconnected(kit, "h1"));
	assert_int_equal(kit_pending(kit), 1);
}

static void what_was_swept_is_not_swept_again(void **state)
{
	struct kit *kit = *state;

	put(kit, "h1", 1);
	clock_fake_pass_s(&kit->clock, 2);
	assert_int_equal(sweep_news(kit), 1);

	for (int i = 0; i < 3; i++) {
		clock_fake_pass_s(&kit->clock, 3600);
		assert_int_equal(sweep_slice(kit, 10, 0).ret_seen, 0);
	}
}

static void an_entry_that_is_kept_alive_is_not_disturbed(void **state)
{
	struct kit *kit = *state;

	put(kit, "h1", 10);
	for (int i = 0; i < 20; i++) {
		clock_fake_pass_s(&kit->clock, 5);
		keep_alive(kit, "h1");
		assert_int_equal(sweep_news(kit), 0);
		assert_false(is_stored_as_disconnected(kit, "h1"));
	}
	clock_fake_pass_s(&kit->clock, 10);
	assert_int_equal(sweep_news(kit), 0);
	clock_fake_pass_s(&kit->clock, 1);
	assert_int_equal(sweep_news(kit), 1);
}

static void a_shorter_lifetime_brings_the_moment_forward(void **state)
{
	struct kit *kit = *state;

	put(kit, "h1", 3600);
	do_rule(kit, "h1", rule_update, 2);
	clock_fake_pass_s(&kit->clock, 3);

	assert_int_equal(sweep_news(kit), 1);
}

static void a_longer_lifetime_puts_the_moment_off(void **state)
{
	struct kit *kit = *state;

	put(kit, "h1", 2);
	do_rule(kit, "h1", rule_update, 100);
	clock_fake_pass_s(&kit->clock, 50);
	assert_int_equal(sweep_news(kit), 0);
	clock_fake_pass_s(&kit->clock, 51);
	assert_int_equal(sweep_news(kit), 1);
}

static void a_revived_entry_is_due_again(void **state)
{
	struct kit *kit = *state;

	put(kit, "h1", 5);
	for (int i = 0; i < 3; i++) {
		clock_fake_pass_s(&kit->clock, 6);
		assert_int_equal(sweep_news(kit), 1);
		keep_alive(kit, "h1");
		assert_int_equal(sweep_news(kit), 0);
	}
}

static void an_entry_that_was_taken_away_and_came_back_is_due_in_time(void **state)
{
	struct kit *kit = *state;

	put(kit, "h1", 3600);
	do_rule(kit, "h1", rule_delete, EXPIRES_ABSENT);
	put(kit, "h1", 1);
	clock_fake_pass_s(&kit->clock, 2);

	assert_int_equal(sweep_news(kit), 1);
}

static void a_sweep_stops_at_its_limit_and_says_that_there_is_more(void **state)
{
	struct kit *kit = *state;
	struct store_sweep sweep;
	uint32_t news = 0;
	char id[16];

	for (int i = 0; i < 10; i++) {
		snprintf(id, sizeof(id), "h%d", i);
		put(kit, id, i % 3);
	}
	clock_fake_pass_s(&kit->clock, 10);

	for (int i = 0; i < 2; i++) {
		sweep = sweep_slice(kit, 4, 0);
		assert_int_equal(sweep.ret_seen, 4);
		assert_true(sweep.ret_more);
		news += sweep.ret_news;
	}
	sweep = sweep_slice(kit, 4, 0);
	assert_int_equal(sweep.ret_seen, 2);
	assert_false(sweep.ret_more);
	assert_int_equal(news + sweep.ret_news, 10);
}

static void the_earliest_is_found_first(void **state)
{
	struct kit *kit = *state;
	static const char *const ids[] = {"h5", "h1", "h4", "h2", "h3"};
	struct seen seen = {0};

	for (int i = 0; i < 5; i++)
		put(kit, ids[i], ids[i][1] - '0');
	clock_fake_pass_s(&kit->clock, 100);
	for (int i = 0; i < 5; i++)
		assert_int_equal(sweep_slice(kit, 1, 0).ret_news, 1);

	kit_take(kit, 10, &seen);
	seen_is_in_order(&seen, "h1", "h2", "h3", "h4", "h5");
	seen_deinit(&seen);
}

static void retention_removes_what_has_been_away_too_long(void **state)
{
	struct kit *kit = *state;
	struct store_sweep sweep;
	struct store_count count;

	put(kit, "h1", 5);
	clock_fake_pass_s(&kit->clock, 6);
	assert_int_equal(sweep_slice(kit, 10, 100).ret_news, 1);
	clock_fake_pass_s(&kit->clock, 99);
	sweep = sweep_slice(kit, 10, 100);
	assert_int_equal(sweep.ret_removed, 0);
	clock_fake_pass_s(&kit->clock, 1);
	sweep = sweep_slice(kit, 10, 100);
	assert_int_equal(sweep.ret_removed, 1);
	assert_int_equal(sweep.ret_news, 0);

	store_count(kit->store, &count);
	assert_int_equal(count.entries[ENTRY_HYPERTY], 0);
	assert_int_equal(count.pending_updates, 0);
	kit_holds_not(kit, (struct entry_key){ENTRY_HYPERTY, SLICE("h1")});
	kit_leads_nowhere(kit, INDEX_USER, "ann");
	clock_fake_pass_s(&kit->clock, 3600);
	assert_int_equal(sweep_slice(kit, 10, 100).ret_seen, 0);
}

static void a_removed_entry_is_never_due(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "ann");

	put(kit, "h1", 5);
	kit_remove(kit, &entry);
	clock_fake_pass_s(&kit->clock, 100);

	assert_int_equal(sweep_slice(kit, 10, 0).ret_seen, 0);
}

static void setting_the_wall_clock_changes_nothing(void **state)
{
	struct kit *kit = *state;
	int64_t lifetime_s = store_now(kit->store).lifetime_s;

	put(kit, "h1", 10);
	clock_fake_step_wall_s(&kit->clock, 86400);
	assert_int_equal(sweep_news(kit), 0);
	clock_fake_step_wall_s(&kit->clock, -10 * 86400);
	assert_int_equal(sweep_news(kit), 0);
	assert_int_equal(store_now(kit->store).lifetime_s, lifetime_s);

	clock_fake_pass_s(&kit->clock, 11);
	assert_int_equal(sweep_news(kit), 1);
}

static void time_that_leaps_is_swept_at_once(void **state)
{
	struct kit *kit = *state;

	put(kit, "h1", 10);
	put(kit, "h2", 900000);
	clock_fake_pass_s(&kit->clock, INT64_C(10) * 365 * 86400);

	assert_int_equal(sweep_news(kit), 2);
}

static void make_due(uint32_t i, char text[static 64], struct entry *ret_entry)
{
	snprintf(text, 64, "hyperty://x.org/%u", i);
	*ret_entry = kit_hyperty(text, "ann");
	ret_entry->sign_s = 1;
	ret_entry->fields.expires_s = i % 50;
	ret_entry->due_s = 2 + i % 50;
}

static void thousands_are_swept_each_once(void **state)
{
	struct kit *kit = *state;

	kit_write_many(kit, 5000, make_due, NEWS_KEEP);
	clock_fake_pass_s(&kit->clock, 100);

	assert_int_equal(sweep_news(kit), 5000);
	assert_int_equal(sweep_news(kit), 0);
	assert_int_equal(kit_pending(kit), 5000);
}

int contract_time(void)
{
	const struct CMUnitTest time[] = {
		CASE(with_nothing_due_a_sweep_shows_nothing),
		CASE(what_is_due_is_found_in_its_second_and_not_before),
		CASE(what_was_swept_is_not_swept_again),
		CASE(an_entry_that_is_kept_alive_is_not_disturbed),
		CASE(a_shorter_lifetime_brings_the_moment_forward),
		CASE(a_longer_lifetime_puts_the_moment_off),
		CASE(a_revived_entry_is_due_again),
		CASE(an_entry_that_was_taken_away_and_came_back_is_due_in_time),
		CASE(a_sweep_stops_at_its_limit_and_says_that_there_is_more),
		CASE(the_earliest_is_found_first),
		CASE(retention_removes_what_has_been_away_too_long),
		CASE(a_removed_entry_is_never_due),
		CASE(setting_the_wall_clock_changes_nothing),
		CASE(time_that_leaps_is_swept_at_once),
		CASE(thousands_are_swept_each_once),
	};

	return cmocka_run_group_tests(time, NULL, NULL);
}
