/* The contract, indexes: what leads to entries follows them, and a GUID or an e-mail leads to
 * users. */
#include "contract_kit.h"

#include <stdio.h>
#include <string.h>

static void what_leads_nowhere_is_not_found(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "user://x.org/ann");

	kit_write(kit, &entry, NEWS_KEEP);

	for (int i = 0; i < INDEX_COUNT; i++)
		kit_leads_nowhere(kit, i, "nobody");
	kit_leads_nowhere(kit, INDEX_USER, "h1");
	kit_leads_nowhere(kit, INDEX_NAME, "user://x.org/ann");
	kit_leads_nowhere(kit, INDEX_GUID, "user://x.org/ann");
}

static void a_user_leads_to_all_of_its_hyperties(void **state)
{
	struct kit *kit = *state;
	struct entry entries[] = {kit_hyperty("h1", "ann"), kit_hyperty("h2", "bob"),
				  kit_hyperty("h3", "ann"), kit_hyperty("h4", "ann")};

	for (int i = 0; i < 4; i++)
		kit_write(kit, &entries[i], NEWS_KEEP);
	kit_leads_to(kit, INDEX_USER, "ann", "h1", "h3", "h4");
	kit_leads_to(kit, INDEX_USER, "bob", "h2");

	kit_remove(kit, &entries[2]);
	kit_leads_to(kit, INDEX_USER, "ann", "h1", "h4");
	kit_remove(kit, &entries[1]);
	kit_leads_nowhere(kit, INDEX_USER, "bob");
}

static void a_rewritten_entry_is_shown_once(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "user://x.org/ann@x.org");

	kit_add_guid(&entry, "g");
	for (int i = 0; i < 5; i++)
		kit_write(kit, &entry, NEWS_KEEP);

	kit_leads_to(kit, INDEX_USER, "user://x.org/ann@x.org", "h1");
	kit_leads_to(kit, INDEX_GUID, "g", "h1");
	kit_leads_to(kit, INDEX_EMAIL, "ann@x.org", "h1");
}

static void name_and_reporter_lead_to_their_objects(void **state)
{
	struct kit *kit = *state;
	struct entry entries[] = {kit_object("o1", "chat", "h1"), kit_object("o2", "chat", "h2"),
				  kit_object("o3", "call", "h1")};

	for (int i = 0; i < 3; i++)
		kit_write(kit, &entries[i], NEWS_KEEP);

	kit_leads_to(kit, INDEX_NAME, "chat", "o1", "o2");
	kit_leads_to(kit, INDEX_NAME, "call", "o3");
	kit_leads_to(kit, INDEX_REPORTER, "h1", "o1", "o3");
	kit_leads_to(kit, INDEX_REPORTER, "h2", "o2");
}

static void a_new_name_or_reporter_leads_there_and_the_old_one_no_longer(void **state)
{
	struct kit *kit = *state;
	struct entry entries[] = {kit_object("o1", "chat", "h1"), kit_object("o2", "chat", "h1")};

	kit_write(kit, &entries[0], NEWS_KEEP);
	kit_write(kit, &entries[1], NEWS_KEEP);
	entries[0].fields.text[TEXT_NAME] = SLICE("call");
	kit_write(kit, &entries[0], NEWS_KEEP);
	kit_leads_to(kit, INDEX_NAME, "chat", "o2");
	kit_leads_to(kit, INDEX_NAME, "call", "o1");
	kit_leads_to(kit, INDEX_REPORTER, "h1", "o1", "o2");

	entries[1].fields.text[TEXT_REPORTER] = SLICE("h9");
	entries[1].fields.text[TEXT_NAME] = SLICE("call");
	kit_write(kit, &entries[1], NEWS_KEEP);
	kit_leads_nowhere(kit, INDEX_NAME, "chat");
	kit_leads_to(kit, INDEX_NAME, "call", "o1", "o2");
	kit_leads_to(kit, INDEX_REPORTER, "h1", "o1");
	kit_leads_to(kit, INDEX_REPORTER, "h9", "o2");
}

static void the_five_indexes_are_apart(void **state)
{
	struct kit *kit = *state;
	struct entry hyperty = kit_hyperty("h1", "same");
	struct entry objects[] = {kit_object("o1", "same", "r"), kit_object("o2", "n", "same")};
	struct entry by_guid = kit_hyperty("h2", "u2");

	kit_add_guid(&by_guid, "same");
	kit_write(kit, &hyperty, NEWS_KEEP);
	kit_write(kit, &objects[0], NEWS_KEEP);
	kit_write(kit, &objects[1], NEWS_KEEP);
	kit_write(kit, &by_guid, NEWS_KEEP);

	kit_leads_to(kit, INDEX_USER, "same", "h1");
	kit_leads_to(kit, INDEX_NAME, "same", "o1");
	kit_leads_to(kit, INDEX_REPORTER, "same", "o2");
	kit_leads_to(kit, INDEX_GUID, "same", "h2");
	kit_leads_to(kit, INDEX_EMAIL, "same", "h1");
}

/* ---- GUIDs ---- */

static void a_guid_leads_to_all_hyperties_of_its_user(void **state)
{
	struct kit *kit = *state;
	struct entry entries[] = {kit_hyperty("h1", "ann"), kit_hyperty("h2", "ann"),
				  kit_hyperty("h3", "ann"), kit_hyperty("h4", "bob")};

	kit_add_guid(&entries[0], "g1");
	kit_add_guid(&entries[1], "g2");
	for (int i = 0; i < 4; i++)
		kit_write(kit, &entries[i], NEWS_KEEP);

	kit_leads_to(kit, INDEX_GUID, "g1", "h1", "h2", "h3");
	kit_leads_to(kit, INDEX_GUID, "g2", "h1", "h2", "h3");
}

static void a_guid_of_two_users_leads_to_the_union(void **state)
{
	struct kit *kit = *state;
	struct entry entries[] = {kit_hyperty("h1", "ann"), kit_hyperty("h2", "bob"),
				  kit_hyperty("h3", "bob"), kit_hyperty("h4", "eve")};

	kit_add_guid(&entries[0], "g");
	kit_add_guid(&entries[1], "g");
	for (int i = 0; i < 4; i++)
		kit_write(kit, &entries[i], NEWS_KEEP);
	kit_leads_to(kit, INDEX_GUID, "g", "h1", "h2", "h3");

	kit_remove(kit, &entries[1]);
	kit_leads_to(kit, INDEX_GUID, "g", "h1");
	kit_remove(kit, &entries[0]);
	kit_leads_nowhere(kit, INDEX_GUID, "g");
}

static void a_guid_stays_while_any_entry_of_the_user_has_carried_it(void **state)
{
	struct kit *kit = *state;
	struct entry entries[] = {kit_hyperty("h1", "ann"), kit_hyperty("h2", "ann")};

	kit_add_guid(&entries[0], "g");
	kit_add_guid(&entries[1], "g");
	kit_write(kit, &entries[0], NEWS_KEEP);
	kit_write(kit, &entries[1], NEWS_KEEP);

	kit_remove(kit, &entries[0]);
	kit_leads_to(kit, INDEX_GUID, "g", "h2");
	entries[1].guid_count = 0;
	kit_write(kit, &entries[1], NEWS_KEEP);
	kit_leads_nowhere(kit, INDEX_GUID, "g");
	kit_leads_to(kit, INDEX_USER, "ann", "h2");
}

/* The list of those it has carried counts, not the one that it carries. */
static void a_guid_that_is_remembered_leads_and_one_that_is_forgotten_does_not(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "ann");

	kit_add_guid(&entry, "g1");
	kit_add_guid(&entry, "g2");
	kit_write(kit, &entry, NEWS_KEEP);

	entry.fields.text[TEXT_GUID] = SLICE_NONE;
	kit_write(kit, &entry, NEWS_KEEP);
	kit_leads_to(kit, INDEX_GUID, "g1", "h1");
	kit_leads_to(kit, INDEX_GUID, "g2", "h1");

	entry.guids[0] = SLICE("g3");
	kit_write(kit, &entry, NEWS_KEEP);
	kit_leads_nowhere(kit, INDEX_GUID, "g1");
	kit_leads_to(kit, INDEX_GUID, "g2", "h1");
	kit_leads_to(kit, INDEX_GUID, "g3", "h1");
}

static void an_entry_may_carry_as_many_guids_as_there_is_room_for(void **state)
{
	struct kit *kit = *state;
	static const char *const names[GUIDS_MAX] = {"g0", "g1", "g2", "g3",
						     "g4", "g5", "g6", "g7"};
	struct entry entry = kit_hyperty("h1", "ann");

	for (int i = 0; i < GUIDS_MAX; i++)
		kit_add_guid(&entry, names[i]);
	kit_write(kit, &entry, NEWS_KEEP);
	for (int i = 0; i < GUIDS_MAX; i++)
		kit_leads_to(kit, INDEX_GUID, names[i], "h1");

	kit_remove(kit, &entry);
	for (int i = 0; i < GUIDS_MAX; i++)
		kit_leads_nowhere(kit, INDEX_GUID, names[i]);
}

/* ---- E-mail ---- */

static void an_email_leads_to_every_user_that_has_it(void **state)
{
	struct kit *kit = *state;
	struct entry entries[] = {
		kit_hyperty("h1", "user://google.com/ann@x.org"), kit_hyperty("h2", "ann@x.org"),
		kit_hyperty("h3", "user://x.org/ann@x.org/"),
		kit_hyperty("h4", "user://google.com/bob@x.org"), kit_hyperty("h5", "ann@x.org")};

	for (int i = 0; i < 5; i++)
		kit_write(kit, &entries[i], NEWS_KEEP);
	kit_leads_to(kit, INDEX_EMAIL, "ann@x.org", "h1", "h2", "h3", "h5");
	kit_leads_to(kit, INDEX_EMAIL, "bob@x.org", "h4");

	kit_remove(kit, &entries[1]);
	kit_leads_to(kit, INDEX_EMAIL, "ann@x.org", "h1", "h3", "h5");
	kit_remove(kit, &entries[4]);
	kit_leads_to(kit, INDEX_EMAIL, "ann@x.org", "h1", "h3");
	kit_remove(kit, &entries[3]);
	kit_leads_nowhere(kit, INDEX_EMAIL, "bob@x.org");
}

static void a_user_without_an_email_is_kept(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "///");

	kit_write(kit, &entry, NEWS_KEEP);

	kit_leads_to(kit, INDEX_USER, "///", "h1");
	kit_leads_nowhere(kit, INDEX_EMAIL, "");
	kit_leads_nowhere(kit, INDEX_EMAIL, "///");
	kit_remove(kit, &entry);
	kit_leads_nowhere(kit, INDEX_USER, "///");
}

/* ---- Removal, length, number ---- */

static void removing_an_entry_cleans_every_index(void **state)
{
	struct kit *kit = *state;
	struct entry hyperty = kit_hyperty("h1", "user://x.org/ann@x.org");
	struct entry object = kit_object("o1", "n", "r");

	kit_add_guid(&hyperty, "g1");
	kit_add_guid(&hyperty, "g2");
	kit_write(kit, &hyperty, NEWS_ADD);
	kit_write(kit, &object, NEWS_ADD);
	kit_remove(kit, &hyperty);
	kit_remove(kit, &object);

	kit_leads_nowhere(kit, INDEX_USER, "user://x.org/ann@x.org");
	kit_leads_nowhere(kit, INDEX_EMAIL, "ann@x.org");
	kit_leads_nowhere(kit, INDEX_GUID, "g1");
	kit_leads_nowhere(kit, INDEX_GUID, "g2");
	kit_leads_nowhere(kit, INDEX_NAME, "n");
	kit_leads_nowhere(kit, INDEX_REPORTER, "r");
	assert_int_equal(kit_pending(kit), 0);
}

static void an_entry_that_comes_again_is_led_to_again(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "user://x.org/ann@x.org");

	kit_add_guid(&entry, "g");
	for (int i = 0; i < 3; i++) {
		kit_write(kit, &entry, NEWS_KEEP);
		kit_leads_to(kit, INDEX_USER, "user://x.org/ann@x.org", "h1");
		kit_leads_to(kit, INDEX_EMAIL, "ann@x.org", "h1");
		kit_leads_to(kit, INDEX_GUID, "g", "h1");
		kit_remove(kit, &entry);
		kit_leads_nowhere(kit, INDEX_GUID, "g");
	}
}

static void what_leads_to_entries_may_be_long(void **state)
{
	struct kit *kit = *state;
	char text[2][3001];
	struct entry entries[4];

	memset(text, 'k', sizeof(text));
	text[0][2999] = '0';
	text[1][2999] = '1';
	text[0][3000] = text[1][3000] = 0;
	entries[0] = kit_hyperty("h0", text[0]);
	entries[1] = kit_hyperty("h1", text[1]);
	entries[2] = kit_object("o0", text[0], text[1]);
	entries[3] = kit_object("o1", text[1], text[0]);
	kit_add_guid(&entries[0], text[1]);
	for (int i = 0; i < 4; i++)
		kit_write(kit, &entries[i], NEWS_KEEP);

	kit_leads_to(kit, INDEX_USER, text[0], "h0");
	kit_leads_to(kit, INDEX_USER, text[1], "h1");
	kit_leads_to(kit, INDEX_EMAIL, text[1], "h1");
	kit_leads_to(kit, INDEX_GUID, text[1], "h0");
	kit_leads_nowhere(kit, INDEX_GUID, text[0]);
	kit_leads_to(kit, INDEX_NAME, text[0], "o0");
	kit_leads_to(kit, INDEX_REPORTER, text[0], "o1");
}

static void make_anns(uint32_t i, char text[static 64], struct entry *ret_entry)
{
	snprintf(text, 64, "hyperty://x.org/%u", i);
	*ret_entry = kit_hyperty(text, "ann");
}

static void a_user_may_have_very_many_hyperties(void **state)
{
	struct kit *kit = *state;
	struct entry one = kit_hyperty("hyperty://x.org/5000", "ann");
	const uint32_t many = kit->factory->many;
	struct seen seen = {0};
	struct store_count count;

	kit_write_many(kit, many, make_anns, NEWS_KEEP);
	store_count(kit->store, &count);
	assert_int_equal(count.entries[ENTRY_HYPERTY], many);
	assert_int_equal(kit_list(kit, INDEX_USER, SLICE("ann"), &seen), STORE_DONE);
	assert_int_equal(seen.count, many);
	assert_int_equal(seen_distinct(&seen), many);
	seen_deinit(&seen);

	kit_remove(kit, &one);
	assert_int_equal(kit_list(kit, INDEX_EMAIL, SLICE("ann"), &seen), STORE_DONE);
	assert_int_equal(seen.count, many - 1);
	assert_false(seen_has(&seen, "hyperty://x.org/5000"));
	seen_deinit(&seen);
}

int contract_indexes(void)
{
	const struct CMUnitTest indexes[] = {
		CASE(what_leads_nowhere_is_not_found),
		CASE(a_user_leads_to_all_of_its_hyperties),
		CASE(a_rewritten_entry_is_shown_once),
		CASE(name_and_reporter_lead_to_their_objects),
		CASE(a_new_name_or_reporter_leads_there_and_the_old_one_no_longer),
		CASE(the_five_indexes_are_apart),
		CASE(a_guid_leads_to_all_hyperties_of_its_user),
		CASE(a_guid_of_two_users_leads_to_the_union),
		CASE(a_guid_stays_while_any_entry_of_the_user_has_carried_it),
		CASE(a_guid_that_is_remembered_leads_and_one_that_is_forgotten_does_not),
		CASE(an_entry_may_carry_as_many_guids_as_there_is_room_for),
		CASE(an_email_leads_to_every_user_that_has_it),
		CASE(a_user_without_an_email_is_kept),
		CASE(removing_an_entry_cleans_every_index),
		CASE(an_entry_that_comes_again_is_led_to_again),
		CASE(what_leads_to_entries_may_be_long),
		CASE(a_user_may_have_very_many_hyperties),
	};

	return cmocka_run_group_tests(indexes, NULL, NULL);
}
