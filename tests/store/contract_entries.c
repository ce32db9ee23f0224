/* The contract, entries: what a change writes is what a get shows, whatever the bytes. */
#include "contract_kit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/text_list.h"

static void what_was_written_is_shown_whole(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "user://x.org/ann@x.org");
	struct buffer schemes = {0};

	text_list_append(&schemes, SLICE("comm"));
	text_list_append(&schemes, SLICE(""));
	text_list_append(&schemes, SLICE("comm"));
	entry.fields.list[LIST_DATA_SCHEMES] = (struct text_list){{schemes.data, schemes.len}, 3};
	entry.fields.text[TEXT_P2P_REQUESTER] = SLICE("");
	entry.fields.text[TEXT_P2P_HANDLER] = SLICE("handler://x.org/\xc3\xa9\n\"");
	kit_add_guid(&entry, "guid-1");
	kit_add_guid(&entry, "guid-2");
	entry.fields.expires_s = INT64_MAX;
	entry.away_s = 77;

	kit_write(kit, &entry, NEWS_KEEP);

	kit_holds(kit, &entry);
	buffer_deinit(&schemes);
}

static void absent_and_empty_are_told_apart(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_object("o1", "n", "r");

	entry.fields.text[TEXT_SCHEMA] = SLICE("");
	entry.fields.text[TEXT_RUNTIME] = SLICE_NONE;
	entry.fields.list[LIST_RESOURCES] = (struct text_list){SLICE(""), 0};
	entry.fields.list[LIST_DATA_SCHEMES] = (struct text_list){SLICE_NONE, 0};

	kit_write(kit, &entry, NEWS_KEEP);

	kit_holds(kit, &entry);
}

static void what_was_never_written_is_not_found(void **state)
{
	struct kit *kit = *state;
	struct entry near = kit_hyperty("h1", "u");

	kit_write(kit, &near, NEWS_KEEP);

	kit_holds_not(kit, (struct entry_key){ENTRY_HYPERTY, SLICE("h2")});
	kit_holds_not(kit, (struct entry_key){ENTRY_HYPERTY, SLICE("h")});
	kit_holds_not(kit, (struct entry_key){ENTRY_HYPERTY, SLICE("h11")});
}

static void a_hyperty_and_a_data_object_may_share_an_id(void **state)
{
	struct kit *kit = *state;
	struct entry hyperty = kit_hyperty("same", "u");
	struct entry object = kit_object("same", "n", "r");

	kit_write(kit, &hyperty, NEWS_KEEP);
	kit_holds_not(kit, object.key);
	kit_write(kit, &object, NEWS_KEEP);

	kit_holds(kit, &hyperty);
	kit_holds(kit, &object);
	kit_remove(kit, &hyperty);
	kit_holds_not(kit, hyperty.key);
	kit_holds(kit, &object);
}

static int rule_that_expects(const struct entry *old, const struct moment *now, const void *ctx,
			     struct change *ret_change)
{
	const struct entry *expected = ctx;

	(void)now;
	*ret_change = (struct change){.action = CHANGE_NOTHING};
	if (!old || !expected)
		return !old && !expected ? 7 : 8;
	return kit_same(old, expected) ? 7 : 8;
}

static void a_rule_is_shown_the_old_entry_or_none(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "u");
	int outcome;

	assert_int_equal(kit_change(kit, entry.key, rule_that_expects, NULL, &outcome), STORE_DONE);
	assert_int_equal(outcome, 7);
	kit_write(kit, &entry, NEWS_KEEP);
	assert_int_equal(kit_change(kit, entry.key, rule_that_expects, &entry, &outcome),
			 STORE_DONE);
	assert_int_equal(outcome, 7);
	kit_remove(kit, &entry);
	assert_int_equal(kit_change(kit, entry.key, rule_that_expects, NULL, &outcome), STORE_DONE);
	assert_int_equal(outcome, 7);
}

static int rule_that_tells_the_time(const struct entry *old, const struct moment *now,
				    const void *ctx, struct change *ret_change)
{
	const struct moment *expected = ctx;

	(void)old;
	*ret_change = (struct change){.action = CHANGE_NOTHING};
	return now->wall_s != expected->wall_s || now->lifetime_s != expected->lifetime_s;
}

static void rules_and_readers_are_shown_the_stores_now(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "u");
	struct seen seen = {0};
	struct moment now;
	int outcome;

	kit_write(kit, &entry, NEWS_KEEP);
	clock_fake_pass_s(&kit->clock, 5);
	now = store_now(kit->store);

	assert_int_equal(kit_change(kit, entry.key, rule_that_tells_the_time, &now, &outcome),
			 STORE_DONE);
	assert_int_equal(outcome, 0);
	assert_int_equal(kit_get(kit, entry.key, &seen), STORE_DONE);
	assert_int_equal(seen.now.lifetime_s, now.lifetime_s);
	assert_int_equal(seen.now.wall_s, now.wall_s);
	seen_deinit(&seen);
}

static void a_rule_that_refuses_changes_nothing_and_its_outcome_is_kept(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "u");
	struct script refuse = {.change = {.action = CHANGE_NOTHING}, .outcome = 42};
	int outcome;

	assert_int_equal(kit_change(kit, entry.key, script_rule, &refuse, &outcome), STORE_DONE);
	assert_int_equal(outcome, 42);
	kit_holds_not(kit, entry.key);

	kit_write(kit, &entry, NEWS_KEEP);
	assert_int_equal(kit_change(kit, entry.key, script_rule, &refuse, &outcome), STORE_DONE);
	assert_int_equal(outcome, 42);
	kit_holds(kit, &entry);
}

static void removing_what_is_not_there_is_done(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "u");
	struct store_count count;

	kit_remove(kit, &entry);

	store_count(kit->store, &count);
	assert_int_equal(count.entries[ENTRY_HYPERTY], 0);
}

/* The new state is made of texts of the old one, as rules make it. */
static int rule_that_grows(const struct entry *old, const struct moment *now, const void *ctx,
			   struct change *ret_change)
{
	(void)now;
	*ret_change = (struct change){.action = CHANGE_NOTHING};
	if (!old)
		return 0;
	*ret_change = (struct change){.action = CHANGE_WRITE, .entry = *old, .changed = UINT32_MAX};
	ret_change->entry.fields.text[TEXT_RUNTIME] = *(const struct slice *)ctx;
	return 0;
}

static void a_record_may_grow_and_shrink(void **state)
{
	struct kit *kit = *state;
	static const size_t sizes[] = {10, 100000, 20, 5000, 1000000, 0};
	struct entry entry = kit_hyperty("h1", "u");
	char *text = malloc(1000000);

	assert_non_null(text);
	memset(text, 'x', 1000000);
	kit_write(kit, &entry, NEWS_KEEP);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct slice runtime = {text, sizes[i]};

		assert_int_equal(kit_change(kit, entry.key, rule_that_grows, &runtime, NULL),
				 STORE_DONE);
		entry.fields.text[TEXT_RUNTIME] = runtime;
		kit_holds(kit, &entry);
	}
	kit_leads_to(kit, INDEX_USER, "u", "h1");
	free(text);
}

static void a_readers_errno_stops_and_is_the_result(void **state)
{
	struct kit *kit = *state;
	struct entry entries[] = {kit_hyperty("h1", "u"), kit_hyperty("h2", "u")};
	struct seen seen = {.stop_with = -ENOSPC};

	kit_write(kit, &entries[0], NEWS_KEEP);
	kit_write(kit, &entries[1], NEWS_KEEP);

	assert_int_equal(kit_get(kit, entries[0].key, &seen), -ENOSPC);
	assert_int_equal(seen.count, 1);
	assert_int_equal(kit_list(kit, INDEX_USER, SLICE("u"), &seen), -ENOSPC);
	assert_int_equal(seen.count, 2);
	seen_deinit(&seen);
}

/* ---- Ids of any length and any characters ---- */

static void write_with_id(struct kit *kit, struct slice id, int64_t expires_s)
{
	struct entry entry = kit_hyperty("", "u");

	entry.key.id = id;
	entry.fields.expires_s = expires_s;
	kit_write(kit, &entry, NEWS_KEEP);
	kit_holds(kit, &entry);
}

static void ids_may_be_long(void **state)
{
	struct kit *kit = *state;
	char id[3000];
	struct seen seen = {0};

	memset(id, 'i', sizeof(id));
	for (size_t len = sizeof(id) - 10; len <= sizeof(id); len++)
		write_with_id(kit, (struct slice){id, len}, (int64_t)len);
	for (size_t len = 1; len < 600; len += 7)
		write_with_id(kit, (struct slice){id, len}, (int64_t)len);

	assert_int_equal(kit_list(kit, INDEX_USER, SLICE("u"), &seen), STORE_DONE);
	assert_int_equal(seen.count, 11 + 86);
	assert_int_equal(seen_distinct(&seen), seen.count);
	seen_deinit(&seen);
}

static void ids_that_share_a_long_beginning_are_different(void **state)
{
	struct kit *kit = *state;
	char ids[8][520];
	struct entry entry = kit_hyperty("", "u");

	for (int i = 0; i < 8; i++) {
		memset(ids[i], 'p', sizeof(ids[i]));
		ids[i][500] = (char)('a' + i);
		write_with_id(kit, (struct slice){ids[i], sizeof(ids[i])}, i);
	}

	for (int i = 0; i < 8; i++) {
		entry.key.id = (struct slice){ids[i], sizeof(ids[i])};
		entry.fields.expires_s = i;
		kit_holds(kit, &entry);
	}
	ids[0][500] = 'z';
	entry.key.id = (struct slice){ids[0], sizeof(ids[0])};
	kit_holds_not(kit, entry.key);
}

/* The API lets only valid UTF-8 in, without NUL (spec 3.1). */
#define LETTERS 0x1100

static struct slice letter(unsigned code, char bytes[static 3])
{
	size_t len = 0;

	if (code < 0x80) {
		bytes[len++] = (char)code;
	} else if (code < 0x800) {
		bytes[len++] = (char)(0xc0 | code >> 6);
	} else {
		bytes[len++] = (char)(0xe0 | code >> 12);
		bytes[len++] = (char)(0x80 | (code >> 6 & 0x3f));
	}
	if (code >= 0x80)
		bytes[len++] = (char)(0x80 | (code & 0x3f));
	return (struct slice){bytes, len};
}

/* All below 0x100, then some; together they have every byte that UTF-8 has in so many. */
static unsigned next_letter(unsigned code)
{
	return code < 0x100 ? code + 1 : code + 0x3f;
}

static void ids_may_hold_any_character(void **state)
{
	struct kit *kit = *state;
	char every[3 * LETTERS];
	size_t len = 0;

	for (unsigned code = 1; code < LETTERS; code = next_letter(code)) {
		struct slice one = letter(code, every + len);

		write_with_id(kit, one, (int)code);
		len += one.len;
	}
	write_with_id(kit, (struct slice){every, len}, LETTERS);

	for (unsigned code = 1; code < LETTERS; code = next_letter(code)) {
		struct entry entry = kit_hyperty("", "u");
		char bytes[3];

		entry.key.id = letter(code, bytes);
		entry.fields.expires_s = (int)code;
		kit_holds(kit, &entry);
	}
}

/* ---- Counts ---- */

/* Cassandra does not count what an index leads to. */
static bool heeds_shares(struct kit *kit)
{
	return strcmp(store_type(kit->store), "Cassandra") != 0;
}

static int add_one_of(struct kit *kit, struct entry entry, enum store_index index, uint64_t max)
{
	struct script script = {.change = {.action = CHANGE_WRITE, .entry = entry, .crowded = 7}};
	int outcome = -1;

	script.change.index_max[index] = max;
	assert_int_equal(kit_change(kit, entry.key, script_rule, &script, &outcome), STORE_DONE);
	return outcome;
}

static void of_one_user_name_or_reporter_there_may_be_so_many(void **state)
{
	struct kit *kit = *state;

	if (!heeds_shares(kit))
		return;
	assert_int_equal(add_one_of(kit, kit_hyperty("h1", "ann"), INDEX_USER, 2), 0);
	assert_int_equal(add_one_of(kit, kit_hyperty("h2", "ann"), INDEX_USER, 2), 0);
	assert_int_equal(add_one_of(kit, kit_hyperty("h3", "ann"), INDEX_USER, 2), 7);
	kit_leads_to(kit, INDEX_USER, "ann", "h1", "h2");
	/* One that is there may be written, another user's too, and without a limit any. */
	assert_int_equal(add_one_of(kit, kit_hyperty("h2", "ann"), INDEX_USER, 2), 0);
	assert_int_equal(add_one_of(kit, kit_hyperty("h4", "bob"), INDEX_USER, 2), 0);
	assert_int_equal(add_one_of(kit, kit_hyperty("h3", "ann"), INDEX_USER, 0), 0);

	assert_int_equal(add_one_of(kit, kit_object("o1", "n", "r"), INDEX_NAME, 1), 0);
	assert_int_equal(add_one_of(kit, kit_object("o2", "n", "r"), INDEX_NAME, 1), 7);
	assert_int_equal(add_one_of(kit, kit_object("o2", "m", "r"), INDEX_REPORTER, 1), 7);
	assert_int_equal(add_one_of(kit, kit_object("o2", "m", "s"), INDEX_REPORTER, 1), 0);
	kit_leads_to(kit, INDEX_REPORTER, "r", "o1");
}

static void a_change_does_not_lead_to_more_either(void **state)
{
	struct kit *kit = *state;

	if (!heeds_shares(kit))
		return;
	assert_int_equal(add_one_of(kit, kit_object("o1", "n", "r"), INDEX_NAME, 1), 0);
	assert_int_equal(add_one_of(kit, kit_object("o2", "m", "r"), INDEX_NAME, 1), 0);
	assert_int_equal(add_one_of(kit, kit_object("o2", "n", "r"), INDEX_NAME, 1), 7);
	kit_leads_to(kit, INDEX_NAME, "n", "o1");
	kit_leads_to(kit, INDEX_NAME, "m", "o2");
	/* What it leads to already is no more. */
	assert_int_equal(add_one_of(kit, kit_object("o1", "n", "s"), INDEX_NAME, 1), 0);
}

static void there_is_room_again_when_one_goes(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "ann");

	if (!heeds_shares(kit))
		return;
	assert_int_equal(add_one_of(kit, entry, INDEX_USER, 1), 0);
	assert_int_equal(add_one_of(kit, kit_hyperty("h2", "ann"), INDEX_USER, 1), 7);
	kit_remove(kit, &entry);
	assert_int_equal(add_one_of(kit, kit_hyperty("h2", "ann"), INDEX_USER, 1), 0);
}

static void entries_are_counted_by_kind(void **state)
{
	struct kit *kit = *state;
	struct entry hyperties[] = {kit_hyperty("h1", "u"), kit_hyperty("h2", "u")};
	struct entry object = kit_object("o1", "n", "r");
	struct store_count count;

	kit_write(kit, &hyperties[0], NEWS_KEEP);
	kit_write(kit, &hyperties[1], NEWS_KEEP);
	kit_write(kit, &object, NEWS_KEEP);
	kit_write(kit, &hyperties[1], NEWS_KEEP);
	store_count(kit->store, &count);
	assert_int_equal(count.entries[ENTRY_HYPERTY], 2);
	assert_int_equal(count.entries[ENTRY_DATA_OBJECT], 1);

	kit_remove(kit, &hyperties[0]);
	store_count(kit->store, &count);
	assert_int_equal(count.entries[ENTRY_HYPERTY], 1);
	assert_int_equal(count.entries[ENTRY_DATA_OBJECT], 1);
	assert_int_equal(count.pending_updates, 0);
}

static void counts_disconnected(struct kit *kit, uint64_t hyperties, uint64_t objects)
{
	struct store_count count;

	/* What a store does not know it must say. */
	memset(&count, 1, sizeof(count));
	store_count(kit->store, &count);
	if (!count.disconnected_known)
		return;
	assert_int_equal(count.disconnected[ENTRY_HYPERTY], hyperties);
	assert_int_equal(count.disconnected[ENTRY_DATA_OBJECT], objects);
}

static void the_disconnected_are_counted_where_it_takes_a_write_to_become_so(void **state)
{
	struct kit *kit = *state;
	struct entry hyperty = kit_hyperty("h1", "u"), object = kit_object("o1", "n", "r");

	kit_write(kit, &hyperty, NEWS_KEEP);
	kit_write(kit, &object, NEWS_KEEP);
	counts_disconnected(kit, 0, 0);

	hyperty.fields.text[TEXT_STATUS] = STATUS_DISCONNECTED;
	object.fields.text[TEXT_STATUS] = STATUS_DISCONNECTED;
	kit_write(kit, &hyperty, NEWS_ADD);
	kit_write(kit, &hyperty, NEWS_KEEP);
	kit_write(kit, &object, NEWS_ADD);
	counts_disconnected(kit, 1, 1);

	hyperty.fields.text[TEXT_STATUS] = STATUS_LIVE;
	kit_write(kit, &hyperty, NEWS_DROP);
	kit_remove(kit, &object);
	counts_disconnected(kit, 0, 0);
}

static void a_store_in_order_says_so(void **state)
{
	struct kit *kit = *state;
	struct store_health health;

	store_health(kit->store, &health);

	assert_true(health.readable);
	assert_true(health.writable);
	assert_string_equal(health.reason, "");
	assert_true(strlen(store_type(kit->store)) > 0);
}

int contract_entries(void)
{
	const struct CMUnitTest entries[] = {
		CASE(what_was_written_is_shown_whole),
		CASE(absent_and_empty_are_told_apart),
		CASE(what_was_never_written_is_not_found),
		CASE(a_hyperty_and_a_data_object_may_share_an_id),
		CASE(a_rule_is_shown_the_old_entry_or_none),
		CASE(rules_and_readers_are_shown_the_stores_now),
		CASE(a_rule_that_refuses_changes_nothing_and_its_outcome_is_kept),
		CASE(removing_what_is_not_there_is_done),
		CASE(a_record_may_grow_and_shrink),
		CASE(a_readers_errno_stops_and_is_the_result),
		CASE(ids_may_be_long),
		CASE(ids_that_share_a_long_beginning_are_different),
		CASE(ids_may_hold_any_character),
		CASE(of_one_user_name_or_reporter_there_may_be_so_many),
		CASE(a_change_does_not_lead_to_more_either),
		CASE(there_is_room_again_when_one_goes),
		CASE(entries_are_counted_by_kind),
		CASE(the_disconnected_are_counted_where_it_takes_a_write_to_become_so),
		CASE(a_store_in_order_says_so),
	};

	return cmocka_run_group_tests(entries, NULL, NULL);
}
