/* The rules, as tables: (old entry, request, now) → (new entry, outcome). Spec 5, 6, 9, 10. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "registry/lifetime.h"
#include "registry/rules.h"

#define CAP_S 3600
#define T0 1000 /* lifetime second of the old entry's last sign of life */
#define WALL(lifetime_s) ((lifetime_s) + 1700000000)

static struct moment at(int64_t lifetime_s)
{
	return (struct moment){lifetime_s, WALL(lifetime_s)};
}

static struct fields fields_with_status(const char *status)
{
	struct fields fields = {.expires_s = 100};

	fields.text[TEXT_STATUS] = slice_of(status);
	fields.text[TEXT_DESCRIPTOR] = SLICE("d");
	fields.text[TEXT_RUNTIME] = SLICE("r");
	fields.list[LIST_RESOURCES] = (struct text_list){SLICE("\4chat"), 1};
	fields.list[LIST_DATA_SCHEMES] = (struct text_list){SLICE(""), 0};
	return fields;
}

static struct entry old_entry(const char *status)
{
	struct entry entry = {
		.key = {ENTRY_HYPERTY, SLICE("h")},
		.owner = SLICE("u"),
		.fields = fields_with_status(status),
		.starting_wall_s = WALL(T0) - 500,
		.modified_wall_s = WALL(T0),
		.sign_s = T0,
	};

	if (entry_is_disconnected(&entry))
		entry.away_s = T0;
	else
		entry.due_s = T0 + 101;
	return entry;
}

static struct rule_request request_by(const char *owner)
{
	return (struct rule_request){
		.key = {ENTRY_HYPERTY, SLICE("h")},
		.owner = slice_of(owner),
		.fields = {.expires_s = EXPIRES_ABSENT},
		.expires_max_s = CAP_S,
	};
}

static void assert_text(struct slice text, const char *expected)
{
	assert_true(slice_equal(text, slice_of(expected)));
}

/* ---- The table of spec 10, with the state before in four kinds ---- */

enum verb {
	PUT_LIVE,
	PUT_AWAY,
	UPDATE_PLAIN,
	UPDATE_LIVE,
	UPDATE_AWAY,
	UPDATE_DEAD,
	KEEP_ALIVE,
	DELETE,
	DUE
};

enum before { LIVE, CREATED, AWAY, OVERDUE };

struct row {
	enum before before;
	enum verb verb;
	int outcome;
	enum change_action action;
	const char *status;
	enum change_news news;
	bool sign; /* lastModified moves */
};

static const struct row rows[] = {
	{LIVE, PUT_LIVE, RULE_DONE, CHANGE_WRITE, "live", NEWS_DROP, true},
	{LIVE, PUT_AWAY, RULE_DONE, CHANGE_WRITE, "disconnected", NEWS_KEEP, true},
	{LIVE, UPDATE_PLAIN, RULE_DONE, CHANGE_WRITE, "live", NEWS_DROP, true},
	{LIVE, UPDATE_LIVE, RULE_DONE, CHANGE_WRITE, "live", NEWS_DROP, true},
	{LIVE, UPDATE_AWAY, RULE_DONE_STATUS_CHANGED, CHANGE_WRITE, "disconnected", NEWS_KEEP,
	 true},
	{LIVE, UPDATE_DEAD, RULE_DONE_STATUS_CHANGED, CHANGE_WRITE, "dead", NEWS_DROP, true},
	{LIVE, KEEP_ALIVE, RULE_DONE, CHANGE_WRITE, "live", NEWS_DROP, true},
	{LIVE, DELETE, RULE_DONE, CHANGE_WRITE, "disconnected", NEWS_ADD, false},
	{LIVE, DUE, RULE_DONE, CHANGE_WRITE, "live", NEWS_KEEP, false},
	{CREATED, KEEP_ALIVE, RULE_DONE_STATUS_CHANGED, CHANGE_WRITE, "live", NEWS_DROP, true},
	{CREATED, UPDATE_PLAIN, RULE_DONE, CHANGE_WRITE, "created", NEWS_DROP, true},
	{CREATED, DELETE, RULE_DONE, CHANGE_WRITE, "disconnected", NEWS_ADD, false},
	{AWAY, PUT_LIVE, RULE_DONE, CHANGE_WRITE, "live", NEWS_DROP, true},
	{AWAY, PUT_AWAY, RULE_DONE, CHANGE_WRITE, "disconnected", NEWS_KEEP, true},
	{AWAY, UPDATE_PLAIN, RULE_DONE, CHANGE_WRITE, "disconnected", NEWS_KEEP, true},
	{AWAY, UPDATE_LIVE, RULE_DONE_STATUS_CHANGED, CHANGE_WRITE, "live", NEWS_DROP, true},
	{AWAY, KEEP_ALIVE, RULE_DONE_STATUS_CHANGED, CHANGE_WRITE, "live", NEWS_DROP, true},
	{AWAY, DELETE, RULE_DONE, CHANGE_NOTHING, NULL, NEWS_KEEP, false},
	{AWAY, DUE, RULE_DONE, CHANGE_WRITE, "disconnected", NEWS_KEEP, false},
	{OVERDUE, PUT_LIVE, RULE_DONE, CHANGE_WRITE, "live", NEWS_DROP, true},
	{OVERDUE, PUT_AWAY, RULE_DONE, CHANGE_WRITE, "disconnected", NEWS_ADD, true},
	{OVERDUE, UPDATE_PLAIN, RULE_DONE, CHANGE_WRITE, "disconnected", NEWS_ADD, true},
	{OVERDUE, UPDATE_LIVE, RULE_DONE_STATUS_CHANGED, CHANGE_WRITE, "live", NEWS_DROP, true},
	{OVERDUE, UPDATE_AWAY, RULE_DONE, CHANGE_WRITE, "disconnected", NEWS_ADD, true},
	{OVERDUE, KEEP_ALIVE, RULE_DONE_STATUS_CHANGED, CHANGE_WRITE, "live", NEWS_DROP, true},
	{OVERDUE, DELETE, RULE_DONE, CHANGE_WRITE, "disconnected", NEWS_ADD, false},
	{OVERDUE, DUE, RULE_EXPIRED, CHANGE_WRITE, "disconnected", NEWS_ADD, false},
};

static int run_verb(enum verb verb, const struct entry *old, const struct moment *now,
		    struct change *ret_change)
{
	static const char *const statuses[] = {
		[PUT_LIVE] = "live",    [PUT_AWAY] = "disconnected",
		[UPDATE_LIVE] = "live", [UPDATE_AWAY] = "disconnected",
		[UPDATE_DEAD] = "dead", [DUE] = NULL,
	};
	struct rule_request request = request_by("u");

	if (verb == PUT_LIVE || verb == PUT_AWAY)
		request.fields = fields_with_status(statuses[verb]);
	else
		request.fields.text[TEXT_STATUS] = slice_of(statuses[verb]);
	switch (verb) {
	case PUT_LIVE:
	case PUT_AWAY:
		return rule_put(old, now, &request, ret_change);
	case KEEP_ALIVE:
		return rule_keep_alive(old, now, &request, ret_change);
	case DELETE:
		return rule_delete(old, now, &request, ret_change);
	case DUE:
		return rule_due(old, now, &request, ret_change);
	default:
		return rule_update(old, now, &request, ret_change);
	}
}

static void each_request_does_what_the_table_says(void **state)
{
	static const char *const before[] = {"live", "created", "disconnected", "live"};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct entry old = old_entry(before[row->before]);
		struct moment now = at(row->before == OVERDUE ? T0 + 101 : T0 + 100);
		struct change change = {0};

		print_message("row %zu\n", i);
		assert_int_equal(run_verb(row->verb, &old, &now, &change), row->outcome);
		assert_int_equal(change.action, row->action);
		if (change.action == CHANGE_NOTHING)
			continue;
		assert_text(change.entry.fields.text[TEXT_STATUS], row->status);
		assert_int_equal(change.news, row->news);
		assert_int_equal(change.entry.modified_wall_s,
				 row->sign ? now.wall_s : old.modified_wall_s);
		assert_int_equal(change.entry.sign_s, row->sign ? now.lifetime_s : old.sign_s);
		assert_int_equal(change.entry.starting_wall_s, old.starting_wall_s);
	}
}

/* ---- Lifetimes ---- */

static void an_entry_lives_its_expires_and_not_a_second_more(void **state)
{
	struct entry entry = old_entry("created");
	struct moment last = at(T0 + 100);
	struct moment over = at(T0 + 101);

	(void)state;
	assert_true(lifetime_is_available(&entry, &last));
	assert_false(lifetime_is_available(&entry, &over));
	assert_true(lifetime_is_overdue(&entry, &over));
}

static void expires_0_lives_until_the_second_changes(void **state)
{
	struct entry entry = old_entry("live");
	struct moment same = at(T0);
	struct moment next = at(T0 + 1);

	(void)state;
	entry.fields.expires_s = 0;
	assert_true(lifetime_is_available(&entry, &same));
	assert_false(lifetime_is_available(&entry, &next));
}

static void a_disconnected_entry_is_never_overdue(void **state)
{
	struct entry entry = old_entry("disconnected");
	struct moment later = at(T0 + 100000);

	(void)state;
	assert_false(lifetime_is_overdue(&entry, &later));
	assert_int_equal(lifetime_deadline_s(&entry), 0);
}

static void every_write_caps_expires(void **state)
{
	struct rule_request request = request_by("u");
	struct entry old = old_entry("live");
	struct moment now = at(T0 + 1);
	struct change change;

	(void)state;
	request.fields = fields_with_status("live");
	request.fields.expires_s = CAP_S + 1;
	rule_put(NULL, &now, &request, &change);
	assert_int_equal(change.entry.fields.expires_s, CAP_S);
	request.fields = (struct fields){.expires_s = CAP_S + 1};
	rule_update(&old, &now, &request, &change);
	assert_int_equal(change.entry.fields.expires_s, CAP_S);
	assert_int_equal(change.entry.due_s, now.lifetime_s + CAP_S + 1);
}

/* ---- Ownership ---- */

static void another_user_can_neither_replace_nor_delete(void **state)
{
	static const char *const statuses[] = {"live", "disconnected"};
	struct rule_request request = request_by("u2");
	struct moment now = at(T0 + 1000);

	(void)state;
	request.fields = fields_with_status("live");
	for (int i = 0; i < 2; i++) {
		struct entry old = old_entry(statuses[i]);
		struct change change;

		assert_int_equal(rule_put(&old, &now, &request, &change), RULE_NOT_OWNER);
		assert_int_equal(change.action, CHANGE_NOTHING);
		assert_int_equal(rule_delete(&old, &now, &request, &change), RULE_NOT_OWNER);
		assert_int_equal(change.action, CHANGE_NOTHING);
	}
}

static void a_full_registry_takes_no_new_entry_but_keeps_those_it_has(void **state)
{
	struct rule_request request = request_by("u1");
	struct moment now = at(T0 + 1);
	struct entry old = old_entry("live");
	struct change change;

	(void)state;
	request.fields = fields_with_status("live");
	request.is_full = true;
	assert_int_equal(rule_put(NULL, &now, &request, &change), RULE_FULL);
	assert_int_equal(change.action, CHANGE_NOTHING);
	request.owner = old.owner;
	assert_int_equal(rule_put(&old, &now, &request, &change), RULE_DONE);
	assert_int_equal(rule_update(&old, &now, &request, &change), RULE_DONE);
}

static void a_data_object_belongs_to_everybody(void **state)
{
	struct rule_request request = request_by(NULL);
	struct entry old = old_entry("live");
	struct moment now = at(T0 + 1);
	struct change change;

	(void)state;
	request.key.kind = old.key.kind = ENTRY_DATA_OBJECT;
	old.owner = SLICE_NONE;
	request.fields = fields_with_status("live");
	assert_int_equal(rule_put(&old, &now, &request, &change), RULE_DONE);
	assert_int_equal(rule_delete(&old, &now, &request, &change), RULE_DONE);
}

static void what_is_not_there_is_not_found(void **state)
{
	struct rule_request request = request_by("u");
	struct moment now = at(T0);
	struct change change;

	(void)state;
	assert_int_equal(rule_update(NULL, &now, &request, &change), RULE_NOT_FOUND);
	assert_int_equal(rule_keep_alive(NULL, &now, &request, &change), RULE_NOT_FOUND);
	assert_int_equal(rule_delete(NULL, &now, &request, &change), RULE_NOT_FOUND);
	assert_int_equal(rule_due(NULL, &now, &request, &change), RULE_NOT_FOUND);
	assert_int_equal(change.action, CHANGE_NOTHING);
}

/* ---- Merging ---- */

static void replacing_takes_every_member_from_the_body(void **state)
{
	struct rule_request request = request_by("u");
	struct entry old = old_entry("live");
	struct moment now = at(T0 + 1);
	struct change change;

	(void)state;
	old.fields.text[TEXT_P2P_HANDLER] = SLICE("p");
	request.fields = fields_with_status("live");
	rule_put(&old, &now, &request, &change);
	assert_null(change.entry.fields.text[TEXT_P2P_HANDLER].data);
	assert_int_equal(change.changed, UINT32_MAX);
}

static void a_partial_update_keeps_what_the_body_lacks(void **state)
{
	struct rule_request request = request_by("u");
	struct entry old = old_entry("live");
	struct moment now = at(T0 + 1);
	struct change change;

	(void)state;
	request.fields.list[LIST_RESOURCES] = (struct text_list){SLICE(""), 0};
	rule_update(&old, &now, &request, &change);
	assert_int_equal(change.entry.fields.list[LIST_RESOURCES].count, 0);
	assert_text(change.entry.fields.text[TEXT_DESCRIPTOR], "d");
	assert_int_equal(change.entry.fields.expires_s, 100);
	assert_int_equal(change.changed, CHANGED_LIST(LIST_RESOURCES));
}

static void the_last_eight_guids_are_remembered(void **state)
{
	static const char *const names[] = {"g0", "g1", "g2", "g3", "g4",
					    "g5", "g6", "g7", "g8", "g1"};
	struct rule_request request = request_by("u");
	struct entry entry = old_entry("live");
	struct moment now = at(T0 + 1);

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct change change;

		request.fields.text[TEXT_GUID] = slice_of(names[i]);
		rule_update(&entry, &now, &request, &change);
		entry = change.entry;
	}
	assert_int_equal(entry.guid_count, GUIDS_MAX);
	assert_text(entry.guids[0], "g2");
	assert_text(entry.guids[6], "g8");
	assert_text(entry.guids[7], "g1");
}

/* ---- Retention ---- */

static void retention_removes_what_stayed_away_for_so_long(void **state)
{
	struct rule_request request = request_by("u");
	struct entry old = old_entry("disconnected");
	struct moment before = at(T0 + 49);
	struct moment over = at(T0 + 50);
	struct change change;

	(void)state;
	request.retention_s = 50;
	assert_int_equal(rule_due(&old, &before, &request, &change), RULE_DONE);
	assert_int_equal(change.entry.due_s, T0 + 50);
	assert_int_equal(rule_due(&old, &over, &request, &change), RULE_REMOVED);
	assert_int_equal(change.action, CHANGE_REMOVE);
}

static void placing_leaves_what_is_over_to_the_sweep(void **state)
{
	struct rule_request request = request_by("u");
	struct entry old = old_entry("disconnected");
	struct moment before = at(T0 + 49);
	struct moment over = at(T0 + 1000);
	struct change change;

	(void)state;
	request.retention_s = 50;
	assert_int_equal(rule_place(&old, &before, &request, &change), RULE_DONE);
	assert_int_equal(change.entry.due_s, T0 + 50);
	assert_int_equal(rule_place(&old, &over, &request, &change), RULE_DONE);
	assert_int_equal(change.action, CHANGE_WRITE);
	assert_int_equal(change.entry.due_s, T0 + 1000);
}

static void retention_counts_from_the_moment_of_expiry(void **state)
{
	struct rule_request request = request_by("u");
	struct entry old = old_entry("live");
	struct moment late = at(T0 + 140);
	struct change change;

	(void)state;
	request.retention_s = 50;
	assert_int_equal(rule_due(&old, &late, &request, &change), RULE_EXPIRED);
	assert_int_equal(change.entry.away_s, T0 + 101);
	assert_int_equal(change.entry.due_s, T0 + 151);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_does_what_the_table_says),
		cmocka_unit_test(an_entry_lives_its_expires_and_not_a_second_more),
		cmocka_unit_test(expires_0_lives_until_the_second_changes),
		cmocka_unit_test(a_disconnected_entry_is_never_overdue),
		cmocka_unit_test(every_write_caps_expires),
		cmocka_unit_test(another_user_can_neither_replace_nor_delete),
		cmocka_unit_test(a_full_registry_takes_no_new_entry_but_keeps_those_it_has),
		cmocka_unit_test(a_data_object_belongs_to_everybody),
		cmocka_unit_test(what_is_not_there_is_not_found),
		cmocka_unit_test(replacing_takes_every_member_from_the_body),
		cmocka_unit_test(a_partial_update_keeps_what_the_body_lacks),
		cmocka_unit_test(the_last_eight_guids_are_remembered),
		cmocka_unit_test(retention_removes_what_stayed_away_for_so_long),
		cmocka_unit_test(placing_leaves_what_is_over_to_the_sweep),
		cmocka_unit_test(retention_counts_from_the_moment_of_expiry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
