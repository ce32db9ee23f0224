/* The contract, pending updates: leased to one reader, settled once, never lost. */
#include "contract_kit.h"

#include <errno.h>
#include <stdio.h>

static void add(struct kit *kit, const char *id)
{
	struct entry entry = kit_hyperty(id, "ann");

	kit_write(kit, &entry, NEWS_ADD);
}

static void drop(struct kit *kit, const char *id)
{
	struct entry entry = kit_hyperty(id, "ann");

	kit_write(kit, &entry, NEWS_DROP);
}

/* Takes, expects these in this order, and gives the token. */
#define take_is(kit, limit, ...) take_asserted(kit, limit, (const char *[]){__VA_ARGS__, NULL})

static uint64_t take_asserted(struct kit *kit, uint32_t limit, const char *const *ids)
{
	struct seen seen = {0};
	uint64_t token = kit_take(kit, limit, &seen);

	assert_true(token != 0);
	seen_assert(&seen, true, ids);
	seen_deinit(&seen);
	return token;
}

static void take_nothing(struct kit *kit)
{
	struct seen seen = {0};

	assert_int_equal(kit_take(kit, 10, &seen), 0);
	assert_int_equal(seen.count, 0);
}

/* ---- What joins and leaves ---- */

static void with_nothing_pending_nothing_is_leased(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "ann");

	take_nothing(kit);
	kit_write(kit, &entry, NEWS_KEEP);
	take_nothing(kit);
	drop(kit, "h1");
	take_nothing(kit);
	kit_settle(kit, 0, SETTLE_SENT);
}

static void an_entry_is_pending_at_most_once(void **state)
{
	struct kit *kit = *state;

	add(kit, "h1");
	add(kit, "h1");
	assert_int_equal(kit_pending(kit), 1);

	kit_settle(kit, take_is(kit, 10, "h1"), SETTLE_SENT);
	take_nothing(kit);
}

static void a_write_that_keeps_the_news_keeps_its_place(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "ann");

	add(kit, "h1");
	add(kit, "h2");
	kit_write(kit, &entry, NEWS_KEEP);
	add(kit, "h1");

	take_is(kit, 10, "h1", "h2");
}

static void an_entry_that_came_back_is_dropped(void **state)
{
	struct kit *kit = *state;

	add(kit, "h1");
	add(kit, "h2");
	drop(kit, "h1");
	assert_int_equal(kit_pending(kit), 1);

	take_is(kit, 10, "h2");
}

static void an_entry_that_is_removed_is_dropped(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "ann");

	add(kit, "h1");
	kit_remove(kit, &entry);

	take_nothing(kit);
	assert_int_equal(kit_pending(kit), 0);
}

static void both_kinds_are_pending_together(void **state)
{
	struct kit *kit = *state;
	struct entry object = kit_object("h1", "n", "r");

	add(kit, "h1");
	kit_write(kit, &object, NEWS_ADD);

	assert_int_equal(kit_pending(kit), 2);
	take_is(kit, 10, "h1", "h1");
}

static int see_runtime(void *ctx, const struct entry *entry, const struct moment *now)
{
	(void)now;
	*(bool *)ctx = slice_equal(entry->fields.text[TEXT_RUNTIME], SLICE("changed"));
	return 0;
}

static void a_taken_entry_is_shown_as_it_is_now(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "ann");
	struct waited waited;
	bool changed = false;

	kit_write(kit, &entry, NEWS_ADD);
	entry.fields.text[TEXT_RUNTIME] = SLICE("changed");
	kit_write(kit, &entry, NEWS_KEEP);
	waited_init(&waited);
	waited.take.read.see = see_runtime;
	waited.take.read.ctx = &changed;
	waited.take.limit = 1;

	assert_int_equal(waited_end(&waited, store_take_updates(kit->store, &waited.take)),
			 STORE_DONE);
	assert_true(changed);
}

/* ---- Leases ---- */

static void what_is_leased_is_shown_to_nobody_else(void **state)
{
	struct kit *kit = *state;

	add(kit, "h1");
	add(kit, "h2");
	add(kit, "h3");

	take_is(kit, 2, "h1", "h2");
	take_is(kit, 2, "h3");
	take_nothing(kit);
	assert_int_equal(kit_pending(kit), 3); /* until they are settled */
}

static void what_was_sent_is_gone(void **state)
{
	struct kit *kit = *state;
	uint64_t token;

	add(kit, "h1");
	add(kit, "h2");
	token = take_is(kit, 1, "h1");
	kit_settle(kit, token, SETTLE_SENT);

	assert_int_equal(kit_pending(kit), 1);
	token = take_is(kit, 10, "h2");
	kit_settle(kit, token, SETTLE_SENT);
	take_nothing(kit);
	assert_int_equal(kit_pending(kit), 0);
	kit_leads_to(kit, INDEX_USER, "ann", "h1", "h2");
}

static void what_was_not_sent_is_the_oldest_again(void **state)
{
	struct kit *kit = *state;
	uint64_t tokens[2];

	add(kit, "h1");
	add(kit, "h2");
	add(kit, "h3");
	tokens[0] = take_is(kit, 1, "h1");
	tokens[1] = take_is(kit, 1, "h2");
	add(kit, "h4");
	kit_settle(kit, tokens[0], SETTLE_UNSENT);
	kit_settle(kit, tokens[1], SETTLE_UNSENT);

	take_is(kit, 10, "h1", "h2", "h3", "h4");
}

static void sent_news_may_be_followed_by_more(void **state)
{
	struct kit *kit = *state;

	add(kit, "h1");
	kit_settle(kit, take_is(kit, 10, "h1"), SETTLE_SENT);
	add(kit, "h1");

	kit_settle(kit, take_is(kit, 10, "h1"), SETTLE_SENT);
	take_nothing(kit);
}

static void a_token_is_settled_once(void **state)
{
	struct kit *kit = *state;
	uint64_t token;

	add(kit, "h1");
	token = take_is(kit, 10, "h1");
	kit_settle(kit, token, SETTLE_UNSENT);
	kit_settle(kit, token, SETTLE_SENT);
	kit_settle(kit, token + 1000, SETTLE_SENT);

	assert_true(take_is(kit, 10, "h1") != token);
}

static void a_lease_runs_out(void **state)
{
	struct kit *kit = *state;
	uint64_t late, token;

	add(kit, "h1");
	add(kit, "h2");
	late = take_is(kit, 10, "h1", "h2");
	clock_fake_pass_s(&kit->clock, STORE_LEASE_S - 1);
	take_nothing(kit);

	clock_fake_pass_s(&kit->clock, 2);
	token = take_is(kit, 10, "h1", "h2");
	kit_settle(kit, late, SETTLE_SENT);
	assert_int_equal(kit_pending(kit), 2);
	kit_settle(kit, token, SETTLE_UNSENT);
	take_is(kit, 10, "h1", "h2");
}

/* ---- What happens to an entry while it is leased ---- */

static void what_revived_while_leased_does_not_come_back(void **state)
{
	struct kit *kit = *state;
	uint64_t token;

	add(kit, "h1");
	add(kit, "h2");
	token = take_is(kit, 10, "h1", "h2");
	drop(kit, "h1");
	kit_settle(kit, token, SETTLE_UNSENT);

	assert_int_equal(kit_pending(kit), 1);
	take_is(kit, 10, "h2");
}

static void what_revived_and_left_again_while_leased_is_news_again(void **state)
{
	struct kit *kit = *state;
	uint64_t token;

	add(kit, "h1");
	add(kit, "h2");
	token = take_is(kit, 10, "h1", "h2");
	drop(kit, "h1");
	add(kit, "h1");
	kit_settle(kit, token, SETTLE_SENT);

	assert_int_equal(kit_pending(kit), 1);
	kit_settle(kit, take_is(kit, 10, "h1"), SETTLE_SENT);
	take_nothing(kit);
}

static void what_is_removed_while_leased_does_not_come_back(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "ann");
	uint64_t token;

	add(kit, "h1");
	add(kit, "h2");
	token = take_is(kit, 10, "h1", "h2");
	kit_remove(kit, &entry);
	kit_settle(kit, token, SETTLE_UNSENT);

	take_is(kit, 10, "h2");
	assert_int_equal(kit_pending(kit), 1);
}

static void what_is_told_again_while_leased_is_told_once(void **state)
{
	struct kit *kit = *state;
	uint64_t token;

	add(kit, "h1");
	token = take_is(kit, 10, "h1");
	add(kit, "h1");
	take_nothing(kit);
	kit_settle(kit, token, SETTLE_SENT);

	take_nothing(kit);
	assert_int_equal(kit_pending(kit), 0);
}

static void a_lease_all_of_which_revived_may_be_settled(void **state)
{
	struct kit *kit = *state;
	uint64_t token;

	add(kit, "h1");
	token = take_is(kit, 10, "h1");
	drop(kit, "h1");
	kit_settle(kit, token, SETTLE_UNSENT);

	take_nothing(kit);
}

static void a_reader_that_gives_up_has_leased_nothing(void **state)
{
	struct kit *kit = *state;
	struct seen seen = {.stop_with = -ENOMEM};
	struct waited waited;

	add(kit, "h1");
	add(kit, "h2");
	waited_init(&waited);
	waited.take.read.see = seen_see;
	waited.take.read.ctx = &seen;
	waited.take.limit = 10;

	assert_int_equal(waited_end(&waited, store_take_updates(kit->store, &waited.take)),
			 -ENOMEM);
	assert_int_equal(seen.count, 1);
	seen_deinit(&seen);
	take_is(kit, 10, "h1", "h2");
}

/* ---- Many ---- */

static void make_news(uint32_t i, char text[static 64], struct entry *ret_entry)
{
	snprintf(text, 64, "hyperty://x.org/%u", i);
	*ret_entry = kit_hyperty(text, "ann");
}

/* Takes all in slices, and settles them; what was taken. */
static void take_all(struct kit *kit, uint32_t limit, struct seen *all)
{
	uint64_t token;

	do {
		struct seen seen = {0};

		token = kit_take(kit, limit, &seen);
		for (uint32_t k = 0; k < seen.count; k++) {
			struct entry entry = {.key = {ENTRY_HYPERTY, seen.ids[k]}};

			seen_see(all, &entry, &seen.now);
		}
		assert_true(seen.count <= limit);
		seen_deinit(&seen);
		kit_settle(kit, token, SETTLE_SENT);
	} while (token != 0);
}

static void thousands_come_in_slices_each_once(void **state)
{
	struct kit *kit = *state;
	struct seen all = {0};

	kit_write_many(kit, 3000, make_news, NEWS_ADD);
	take_all(kit, 700, &all);

	assert_int_equal(all.count, 3000);
	assert_int_equal(seen_distinct(&all), 3000);
	assert_int_equal(kit_pending(kit), 0);
	seen_deinit(&all);
}

static void they_come_in_the_order_in_which_they_joined(void **state)
{
	struct kit *kit = *state;
	struct seen all = {0};
	char text[64];

	for (uint32_t i = 0; i < 300; i++) {
		struct entry entry;

		make_news(i, text, &entry);
		kit_write(kit, &entry, NEWS_ADD);
	}
	take_all(kit, 70, &all);

	assert_int_equal(all.count, 300);
	for (uint32_t i = 0; i < all.count; i++) {
		snprintf(text, sizeof(text), "hyperty://x.org/%u", i);
		assert_true(slice_equal(all.ids[i], slice_of(text)));
	}
	seen_deinit(&all);
}

/* ---- Looking without taking ---- */

static void peek(struct kit *kit, uint32_t limit, struct seen *seen)
{
	struct waited waited;

	waited_init(&waited);
	waited.peek.read.see = seen_see;
	waited.peek.read.ctx = seen;
	waited.peek.limit = limit;
	assert_int_equal(waited_end(&waited, store_peek_updates(kit->store, &waited.peek)),
			 STORE_DONE);
}

static void a_look_at_the_oldest_takes_nothing(void **state)
{
	struct kit *kit = *state;
	struct seen first = {0};
	struct seen all = {0};

	add(kit, "h1");
	add(kit, "h2");
	add(kit, "h3");
	drop(kit, "h2");
	peek(kit, 1, &first);
	seen_is_in_order(&first, "h1");
	peek(kit, 10, &all);
	seen_is_in_order(&all, "h1", "h3");

	assert_int_equal(kit_pending(kit), 2);
	kit_settle(kit, take_is(kit, 10, "h1", "h3"), SETTLE_SENT);
	seen_deinit(&first);
	seen_deinit(&all);
}

static void a_look_finds_nothing_where_nothing_is_pending(void **state)
{
	struct kit *kit = *state;
	struct seen seen = {0};

	add(kit, "h1");
	kit_settle(kit, take_is(kit, 10, "h1"), SETTLE_SENT);
	add(kit, "h2");
	drop(kit, "h2");
	peek(kit, 10, &seen);
	assert_int_equal(seen.count, 0);
}

int contract_updates(void)
{
	const struct CMUnitTest updates[] = {
		CASE(with_nothing_pending_nothing_is_leased),
		CASE(an_entry_is_pending_at_most_once),
		CASE(a_write_that_keeps_the_news_keeps_its_place),
		CASE(an_entry_that_came_back_is_dropped),
		CASE(an_entry_that_is_removed_is_dropped),
		CASE(both_kinds_are_pending_together),
		CASE(a_taken_entry_is_shown_as_it_is_now),
		CASE(what_is_leased_is_shown_to_nobody_else),
		CASE(what_was_sent_is_gone),
		CASE(what_was_not_sent_is_the_oldest_again),
		CASE(sent_news_may_be_followed_by_more),
		CASE(a_token_is_settled_once),
		CASE(a_lease_runs_out),
		CASE(what_revived_while_leased_does_not_come_back),
		CASE(what_revived_and_left_again_while_leased_is_news_again),
		CASE(what_is_removed_while_leased_does_not_come_back),
		CASE(what_is_told_again_while_leased_is_told_once),
		CASE(a_lease_all_of_which_revived_may_be_settled),
		CASE(a_reader_that_gives_up_has_leased_nothing),
		CASE(thousands_come_in_slices_each_once),
		CASE(they_come_in_the_order_in_which_they_joined),
		CASE(a_look_at_the_oldest_takes_nothing),
		CASE(a_look_finds_nothing_where_nothing_is_pending),
	};

	return cmocka_run_group_tests(updates, NULL, NULL);
}
