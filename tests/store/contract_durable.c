/* The contract, durability: what was answered is there when the store is opened again. */
#include "contract_kit.h"

#include "registry/rules.h"

static void entries_and_what_leads_to_them_outlive_the_store(void **state)
{
	struct kit *kit = *state;
	struct entry hyperty = kit_hyperty("h1", "user://x.org/ann@x.org");
	struct entry gone = kit_hyperty("h2", "user://x.org/ann@x.org");
	struct entry object = kit_object("o1", "n", "r");
	struct store_count count;

	kit_add_guid(&hyperty, "g");
	kit_write(kit, &hyperty, NEWS_KEEP);
	kit_write(kit, &gone, NEWS_KEEP);
	kit_write(kit, &object, NEWS_KEEP);
	kit_remove(kit, &gone);
	kit_restart(kit, 0);

	kit_holds(kit, &hyperty);
	kit_holds(kit, &object);
	kit_holds_not(kit, gone.key);
	kit_leads_to(kit, INDEX_USER, "user://x.org/ann@x.org", "h1");
	kit_leads_to(kit, INDEX_EMAIL, "ann@x.org", "h1");
	kit_leads_to(kit, INDEX_GUID, "g", "h1");
	kit_leads_to(kit, INDEX_NAME, "n", "o1");
	kit_leads_to(kit, INDEX_REPORTER, "r", "o1");
	store_count(kit->store, &count);
	assert_int_equal(count.entries[ENTRY_HYPERTY], 1);
	assert_int_equal(count.entries[ENTRY_DATA_OBJECT], 1);
}

static void news_not_settled_is_pending_again(void **state)
{
	struct kit *kit = *state;
	struct entry entries[] = {kit_hyperty("h1", "ann"), kit_hyperty("h2", "ann"),
				  kit_hyperty("h3", "ann"), kit_hyperty("h4", "ann")};
	struct seen seen[3] = {0};
	uint64_t token;

	for (int i = 0; i < 4; i++)
		kit_write(kit, &entries[i], NEWS_ADD);
	token = kit_take(kit, 1, &seen[0]); /* h1 is sent, h2 on its way, h3 and h4 wait */
	kit_settle(kit, token, SETTLE_SENT);
	kit_take(kit, 1, &seen[1]);
	kit_write(kit, &entries[3], NEWS_DROP);
	kit_restart(kit, 0);

	assert_int_equal(kit_pending(kit), 2);
	kit_take(kit, 10, &seen[2]);
	seen_is_in_order(&seen[2], "h2", "h3");
	for (int i = 0; i < 3; i++)
		seen_deinit(&seen[i]);
}

static void news_after_a_restart_is_younger(void **state)
{
	struct kit *kit = *state;
	struct entry entries[] = {kit_hyperty("h1", "ann"), kit_hyperty("h2", "ann")};
	struct seen seen = {0};

	kit_write(kit, &entries[1], NEWS_ADD);
	kit_restart(kit, 0);
	kit_write(kit, &entries[0], NEWS_ADD);
	kit_write(kit, &entries[1], NEWS_ADD);

	kit_take(kit, 10, &seen);
	seen_is_in_order(&seen, "h2", "h1");
	seen_deinit(&seen);
}

static void a_token_of_before_the_restart_settles_nothing(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "ann");
	struct seen seen[2] = {0};
	uint64_t old, token;

	kit_write(kit, &entry, NEWS_ADD);
	old = kit_take(kit, 10, &seen[0]);
	kit_restart(kit, 0);
	token = kit_take(kit, 10, &seen[1]);
	seen_is(&seen[1], "h1");
	if (old != token)
		kit_settle(kit, old, SETTLE_SENT);

	assert_int_equal(kit_pending(kit), 1);
	seen_deinit(&seen[0]);
	seen_deinit(&seen[1]);
}

/* How much of the time in which the store was closed counts. */
static int64_t counted_s(const struct kit *kit, int64_t down_s)
{
	return kit->factory->shared ? down_s : 0;
}

static void lifetime_goes_on_where_it_was_and_the_time_away_does_not_count(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "ann");
	int64_t before_s, after_s;

	clock_fake_pass_s(&kit->clock, 100);
	kit_write(kit, &entry, NEWS_KEEP);
	before_s = store_now(kit->store).lifetime_s;
	kit_restart(kit, 3600);

	after_s = store_now(kit->store).lifetime_s;
	before_s += counted_s(kit, 3600);
	assert_true(after_s >= before_s);
	assert_true(after_s <= before_s + 2);
	clock_fake_pass_s(&kit->clock, 10);
	assert_int_equal(store_now(kit->store).lifetime_s, after_s + 10);
}

static void what_is_due_after_a_restart_is_swept(void **state)
{
	struct kit *kit = *state;
	struct rule_request request = {.expires_max_s = 1000};
	struct entry entry = kit_hyperty("h1", "ann");
	struct store_sweep sweep;

	request.key = entry.key;
	request.owner = entry.owner;
	request.fields = entry.fields; /* expires: a minute */
	assert_int_equal(kit_change(kit, entry.key, rule_put, &request, NULL), STORE_DONE);
	clock_fake_pass_s(&kit->clock, 30);
	kit_restart(kit, 20);

	kit_sweep(kit, rule_due, &request, 10, &sweep);
	assert_int_equal(sweep.ret_news, 0);
	clock_fake_pass_s(&kit->clock, 62 - counted_s(kit, 20));
	kit_sweep(kit, rule_due, &request, 10, &sweep);
	assert_int_equal(sweep.ret_news, 1);
	assert_int_equal(kit_pending(kit), 1);
}

int contract_durable(void)
{
	const struct CMUnitTest durable[] = {
		CASE(entries_and_what_leads_to_them_outlive_the_store),
		CASE(news_not_settled_is_pending_again),
		CASE(news_after_a_restart_is_younger),
		CASE(a_token_of_before_the_restart_settles_nothing),
		CASE(lifetime_goes_on_where_it_was_and_the_time_away_does_not_count),
		CASE(what_is_due_after_a_restart_is_swept),
	};

	return cmocka_run_group_tests(durable, NULL, NULL);
}
