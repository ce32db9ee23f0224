/* Rows of the original as entries: every member arrives, and what is no entry is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "model/text_list.h"
#include "registryctl/original_entry.h"

#define START INT64_C(1488360605) /* 2017-03-01T09:30:05Z */

static struct cql_value text(const char *value)
{
	return (struct cql_value){.data = value, .len = (uint32_t)strlen(value)};
}

static const struct cql_value thousand = {.data = "\0\0\3\350", .len = 4};
static const struct cql_value minus_one = {.data = "\377\377\377\377", .len = 4};
static const struct cql_value chat_and_voice = {.data = "\0\0\0\2\0\0\0\4chat\0\0\0\5voice",
						.len = 21};

static struct original_row hyperty_row(void)
{
	struct original_row row = {0};

	row.values[ORIGINAL_ID] = text("hyperty://x.org/1");
	row.values[ORIGINAL_USER] = text("user://x.org/ann@x.org");
	row.values[ORIGINAL_DESCRIPTOR] = text("d");
	row.values[ORIGINAL_STATUS] = text("live");
	row.values[ORIGINAL_RUNTIME] = text("r");
	row.values[ORIGINAL_GUID] = text("g");
	row.values[ORIGINAL_P2P_REQUESTER] = text("pr");
	row.values[ORIGINAL_P2P_HANDLER] = text("ph");
	row.values[ORIGINAL_RESOURCES] = chat_and_voice;
	row.values[ORIGINAL_EXPIRES] = thousand;
	row.values[ORIGINAL_STARTING] = text("2017-03-01T09:30:05Z");
	row.values[ORIGINAL_MODIFIED] = text("2017-03-01T09:30:06Z");
	return row;
}

static struct original_row object_row(void)
{
	struct original_row row = hyperty_row();

	row.values[ORIGINAL_ID] = text("comm://x.org/1");
	row.values[ORIGINAL_USER] = (struct cql_value){0};
	row.values[ORIGINAL_DESCRIPTOR] = (struct cql_value){0};
	row.values[ORIGINAL_GUID] = (struct cql_value){0};
	row.values[ORIGINAL_P2P_HANDLER] = (struct cql_value){0};
	row.values[ORIGINAL_SCHEMA] = text("s");
	row.values[ORIGINAL_NAME] = text("n");
	row.values[ORIGINAL_REPORTER] = text("hyperty://x.org/1");
	return row;
}

/* An entry, and the memory of its lists. */
struct read {
	struct arena arena;
	struct entry entry;
	char reason[200];
	int result;
};

static void read_row(struct read *read, enum entry_kind kind, const struct original_row *row)
{
	memset(read, 0, sizeof(*read));
	arena_init(&read->arena, NULL, 0);
	read->result = original_entry(kind, row, &read->arena, &read->entry, read->reason,
				      sizeof(read->reason));
}

static void assert_text(struct slice text, const char *expected)
{
	assert_true(slice_same(text, slice_of(expected)));
}

static void assert_list(struct text_list list, const char *const *expected, uint32_t count)
{
	struct slice cursor = list.packed;
	struct slice item;

	assert_non_null(list.packed.data);
	assert_int_equal(list.count, count);
	for (uint32_t i = 0; i < count; i++) {
		assert_true(text_list_next(&cursor, &item));
		assert_text(item, expected[i]);
	}
	assert_false(text_list_next(&cursor, &item));
}

/* ---- What arrives ---- */

static void every_member_of_a_hyperty_arrives(void **state)
{
	static const char *const resources[] = {"chat", "voice"};
	const struct original_row row = hyperty_row();
	struct read read;

	(void)state;
	read_row(&read, ENTRY_HYPERTY, &row);

	assert_int_equal(read.result, 0);
	assert_int_equal(read.entry.key.kind, ENTRY_HYPERTY);
	assert_text(read.entry.key.id, "hyperty://x.org/1");
	assert_text(read.entry.owner, "user://x.org/ann@x.org");
	assert_text(read.entry.fields.text[TEXT_DESCRIPTOR], "d");
	assert_text(read.entry.fields.text[TEXT_STATUS], "live");
	assert_text(read.entry.fields.text[TEXT_RUNTIME], "r");
	assert_text(read.entry.fields.text[TEXT_GUID], "g");
	assert_text(read.entry.fields.text[TEXT_P2P_REQUESTER], "pr");
	assert_text(read.entry.fields.text[TEXT_P2P_HANDLER], "ph");
	assert_text(read.entry.fields.text[TEXT_NAME], NULL);
	assert_list(read.entry.fields.list[LIST_RESOURCES], resources, 2);
	assert_int_equal(read.entry.fields.expires_s, 1000);
	assert_int_equal(read.entry.starting_wall_s, START);
	assert_int_equal(read.entry.modified_wall_s, START + 1);
	assert_int_equal(read.entry.guid_count, 1);
	assert_text(read.entry.guids[0], "g");
	arena_deinit(&read.arena);
}

static void every_member_of_a_data_object_arrives(void **state)
{
	const struct original_row row = object_row();
	struct read read;

	(void)state;
	read_row(&read, ENTRY_DATA_OBJECT, &row);

	assert_int_equal(read.result, 0);
	assert_int_equal(read.entry.key.kind, ENTRY_DATA_OBJECT);
	assert_text(read.entry.key.id, "comm://x.org/1");
	assert_text(read.entry.owner, NULL);
	assert_text(read.entry.fields.text[TEXT_SCHEMA], "s");
	assert_text(read.entry.fields.text[TEXT_NAME], "n");
	assert_text(read.entry.fields.text[TEXT_REPORTER], "hyperty://x.org/1");
	assert_text(read.entry.fields.text[TEXT_P2P_REQUESTER], "pr");
	assert_int_equal(read.entry.guid_count, 0);
	arena_deinit(&read.arena);
}

/* Cassandra keeps no empty lists. */
static void an_absent_list_is_an_empty_one(void **state)
{
	const struct original_row row = hyperty_row();
	struct read read;

	(void)state;
	read_row(&read, ENTRY_HYPERTY, &row);

	assert_list(read.entry.fields.list[LIST_DATA_SCHEMES], NULL, 0);
	arena_deinit(&read.arena);
}

static void optional_members_may_be_absent(void **state)
{
	struct original_row row = hyperty_row();
	struct read read;

	(void)state;
	row.values[ORIGINAL_GUID] = (struct cql_value){0};
	row.values[ORIGINAL_P2P_REQUESTER] = (struct cql_value){0};
	row.values[ORIGINAL_P2P_HANDLER] = (struct cql_value){0};
	read_row(&read, ENTRY_HYPERTY, &row);

	assert_int_equal(read.result, 0);
	assert_text(read.entry.fields.text[TEXT_GUID], NULL);
	assert_int_equal(read.entry.guid_count, 0);
	arena_deinit(&read.arena);
}

/* ---- What is refused ---- */

static void bad_rows_are_refused_with_a_reason(void **state)
{
	static const struct cql_value none = {0};
	const struct {
		enum entry_kind kind;
		enum original_column column;
		struct cql_value value;
		const char *reason;
	} cases[] = {
		{ENTRY_HYPERTY, ORIGINAL_USER, none, "user is missing"},
		{ENTRY_HYPERTY, ORIGINAL_USER, text(""), "user is empty"},
		{ENTRY_HYPERTY, ORIGINAL_DESCRIPTOR, none, "descriptor is missing"},
		{ENTRY_HYPERTY, ORIGINAL_STATUS, none, "status is missing"},
		{ENTRY_HYPERTY, ORIGINAL_RUNTIME, none, "runtime is missing"},
		{ENTRY_HYPERTY, ORIGINAL_EXPIRES, none, "expires is missing"},
		{ENTRY_HYPERTY, ORIGINAL_EXPIRES, minus_one, "expires is negative"},
		{ENTRY_HYPERTY, ORIGINAL_RESOURCES, text("\377\377"), "resources is not a list"},
		{ENTRY_HYPERTY, ORIGINAL_STARTING, none, "startingtime is missing"},
		{ENTRY_HYPERTY, ORIGINAL_MODIFIED, text("gestern\n"),
		 "lastmodified is not a time: \"gestern?\""},
		{ENTRY_DATA_OBJECT, ORIGINAL_SCHEMA, none, "schem is missing"},
		{ENTRY_DATA_OBJECT, ORIGINAL_NAME, none, "name is missing"},
		{ENTRY_DATA_OBJECT, ORIGINAL_REPORTER, none, "reporter is missing"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct original_row row =
			cases[i].kind == ENTRY_HYPERTY ? hyperty_row() : object_row();
		struct read read;

		row.values[cases[i].column] = cases[i].value;
		read_row(&read, cases[i].kind, &row);

		assert_int_equal(read.result, ORIGINAL_UNREADABLE);
		assert_string_equal(read.reason, cases[i].reason);
		arena_deinit(&read.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_of_a_hyperty_arrives),
		cmocka_unit_test(every_member_of_a_data_object_arrives),
		cmocka_unit_test(an_absent_list_is_an_empty_one),
		cmocka_unit_test(optional_members_may_be_absent),
		cmocka_unit_test(bad_rows_are_refused_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
