/* Entries as JSON: which members, in which order, how texts and times are written. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include <jansson.h>

#include "api/json_writer.h"
#include "contents.h"
#include "model/text_list.h"

static struct slice contents(const struct buffer *out)
{
	return (struct slice){out->data, out->len};
}

/* ---- Texts ---- */

static void texts_are_escaped_where_json_wants_it_and_nowhere_else(void **state)
{
	static const struct {
		struct slice text;
		const char *expected;
	} cases[] = {
		{{"", 0}, "\"\""},
		{{"plain", 5}, "\"plain\""},
		{{"a\"b\\c", 5}, "\"a\\\"b\\\\c\""},
		{{"\b\t\n\f\r", 5}, "\"\\b\\t\\n\\f\\r\""},
		{{"\x01\x1f\x7f", 3}, "\"\\u0001\\u001f\x7f\""},
		{{"\0", 1}, "\"\\u0000\""},
		{{"</script>&'=", 12}, "\"</script>&'=\""},
		{{"gr\xC3\xBC\xC3\x9F"
		  "e \xF0\x9F\x98\x80",
		  12},
		 "\"gr\xC3\xBC\xC3\x9F"
		 "e \xF0\x9F\x98\x80\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer out = {0};

		json_write_text(&out, cases[i].text);
		assert_contents(&out, cases[i].expected);
		buffer_deinit(&out);
	}
}

/* The eight bytes looked at together must not hide one of them. */
static void an_escape_is_found_at_every_place_of_a_long_text(void **state)
{
	static const char special[] = {'"', '\\', '\n', '\x00', '\x1f'};

	(void)state;
	for (size_t at = 0; at < 40; at++) {
		char text[40];
		struct buffer out = {0};
		json_t *parsed;

		memset(text, 0xc3, sizeof(text));
		for (size_t i = 1; i < sizeof(text); i += 2)
			text[i] = (char)0xa0;
		text[at] = special[at % sizeof(special)];
		text[at ^ 1] = (char)('a' + at % 26);
		json_write_text(&out, (struct slice){text, sizeof(text)});
		parsed = json_loadb(out.data, out.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		assert_non_null(parsed);
		assert_int_equal(json_string_length(parsed), sizeof(text));
		assert_memory_equal(json_string_value(parsed), text, sizeof(text));
		json_decref(parsed);
		buffer_deinit(&out);
	}
}

/* ---- Entries ---- */

static struct text_list list_of(struct buffer *memory, const char *first, const char *second)
{
	struct text_list list = {.packed = SLICE("")};

	if (first)
		text_list_append(memory, slice_of(first));
	if (second)
		text_list_append(memory, slice_of(second));
	list.count = (first != NULL) + (second != NULL);
	if (memory->len > 0)
		list.packed = contents(memory);
	return list;
}

static void a_full_hyperty_has_13_members_in_the_original_order(void **state)
{
	struct buffer resources = {0}, out = {0};
	struct entry entry = {
		.key = {ENTRY_HYPERTY, SLICE("hyperty://x/1")},
		.owner = SLICE("user://x/ann"),
		.starting_wall_s = 0,
		.modified_wall_s = 1,
	};
	struct fields *fields = &entry.fields;

	(void)state;
	fields->list[LIST_RESOURCES] = list_of(&resources, "chat", "a\"b");
	fields->list[LIST_DATA_SCHEMES] = (struct text_list){.packed = SLICE("")};
	fields->text[TEXT_DESCRIPTOR] = SLICE("d");
	fields->text[TEXT_STATUS] = SLICE("live");
	fields->text[TEXT_GUID] = SLICE("g");
	fields->text[TEXT_RUNTIME] = SLICE("r");
	fields->text[TEXT_P2P_REQUESTER] = SLICE("");
	fields->text[TEXT_P2P_HANDLER] = SLICE("h");
	fields->expires_s = 3600;

	json_write_entry(&out, &entry);
	assert_contents(&out,
			"{\"resources\":[\"chat\",\"a\\\"b\"],\"dataSchemes\":[],"
			"\"descriptor\":\"d\",\"startingTime\":\"1970-01-01T00:00:00Z\","
			"\"hypertyID\":\"hyperty://x/1\",\"userID\":\"user://x/ann\","
			"\"lastModified\":\"1970-01-01T00:00:01Z\",\"status\":\"live\","
			"\"expires\":3600,\"guid\":\"g\",\"runtime\":\"r\",\"p2pRequester\":\"\","
			"\"p2pHandler\":\"h\"}");
	buffer_deinit(&resources);
	buffer_deinit(&out);
}

static void a_data_object_shows_only_what_it_has(void **state)
{
	struct buffer out = {0};
	struct entry entry = {.key = {ENTRY_DATA_OBJECT, SLICE("comm://x/1")}};
	struct fields *fields = &entry.fields;

	(void)state;
	fields->list[LIST_RESOURCES] = (struct text_list){.packed = SLICE("")};
	fields->list[LIST_DATA_SCHEMES] = (struct text_list){.packed = SLICE("")};
	fields->text[TEXT_SCHEMA] = SLICE("s");
	fields->text[TEXT_REPORTER] = SLICE("r");
	fields->text[TEXT_NAME] = SLICE("n");
	fields->text[TEXT_STATUS] = SLICE("live");
	fields->text[TEXT_RUNTIME] = SLICE("t");
	fields->expires_s = 0;

	json_write_entry(&out, &entry);
	assert_contents(&out, "{\"schema\":\"s\",\"url\":\"comm://x/1\",\"reporter\":\"r\","
			      "\"name\":\"n\",\"status\":\"live\","
			      "\"startingTime\":\"1970-01-01T00:00:00Z\",\"resources\":[],"
			      "\"dataSchemes\":[],\"lastModified\":\"1970-01-01T00:00:00Z\","
			      "\"expires\":0,\"runtime\":\"t\"}");
	buffer_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_escaped_where_json_wants_it_and_nowhere_else),
		cmocka_unit_test(an_escape_is_found_at_every_place_of_a_long_text),
		cmocka_unit_test(a_full_hyperty_has_13_members_in_the_original_order),
		cmocka_unit_test(a_data_object_shows_only_what_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
