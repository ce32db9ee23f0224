/* Request bodies: what is taken, as what, and what is refused with which reason (spec 4.3). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/body.h"
#include "model/text_list.h"

/* A body read, with the memory that its texts are in. */
struct reading {
	struct arena arena;
	struct body body;
	struct body_problem problem;
	int result;
};

static struct reading *read_slice(enum entry_kind kind, enum body_use use, struct slice text)
{
	struct reading *reading = calloc(1, sizeof(*reading));

	assert_non_null(reading);
	arena_init(&reading->arena, NULL, 0);
	reading->result =
		body_read(text, kind, use, &reading->arena, &reading->body, &reading->problem);
	return reading;
}

static struct reading *read_text(enum entry_kind kind, enum body_use use, const char *text)
{
	return read_slice(kind, use, slice_of(text));
}

static void reading_free(struct reading *reading)
{
	arena_deinit(&reading->arena);
	free(reading);
}

static struct reading *read_update(const char *text)
{
	return read_text(ENTRY_HYPERTY, BODY_PARTIAL, text);
}

static void assert_slice(struct slice text, const char *expected)
{
	assert_non_null(text.data);
	assert_int_equal(text.len, strlen(expected));
	assert_memory_equal(text.data, expected, text.len);
}

/* The elements, each followed by '|'. */
static void assert_list(struct text_list list, const char *expected)
{
	struct slice cursor = list.packed;
	struct buffer joined = {0};
	struct slice item;
	uint32_t count = 0;

	assert_non_null(list.packed.data);
	while (text_list_next(&cursor, &item)) {
		buffer_append_slice(&joined, item);
		buffer_append_byte(&joined, '|');
		count++;
	}
	assert_int_equal(count, list.count);
	assert_int_equal(joined.len, strlen(expected));
	if (joined.len > 0)
		assert_memory_equal(joined.data, expected, joined.len);
	buffer_deinit(&joined);
}

static void assert_bad(enum entry_kind kind, enum body_use use, const char *text,
		       const char *problem)
{
	struct reading *reading = read_text(kind, use, text);

	if (reading->result != BODY_BAD || strcmp(reading->problem.text, problem) != 0)
		fail_msg("%s: %d, %s", text, reading->result, reading->problem.text);
	reading_free(reading);
}

/* ---- Creates ---- */

static const char *const hyperty_members[] = {
	"\"descriptor\":\"d\"", "\"resources\":[\"chat\"]", "\"dataSchemes\":[\"comm\"]",
	"\"expires\":1000",     "\"status\":\"live\"",      "\"runtime\":\"r\"",
};
static const char *const data_object_members[] = {
	"\"schema\":\"s\"",   "\"name\":\"n\"",   "\"reporter\":\"r\"", "\"resources\":[]",
	"\"dataSchemes\":[]", "\"status\":\"x\"", "\"expires\":0",      "\"runtime\":\"t\"",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* All members but one, which is left out, or replaced. */
static char *object_with(const char *const *members, size_t count, size_t skip,
			 const char *replacement)
{
	static char text[1024];
	const char *comma = "";
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		const char *member = i == skip ? replacement : members[i];

		if (!member)
			continue;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
					*comma ? comma : "{", member);
		comma = ",";
	}
	snprintf(text + len, sizeof(text) - len, "}");
	return text;
}

static void a_create_takes_every_member(void **state)
{
	struct reading *reading = read_text(
		ENTRY_HYPERTY, BODY_WHOLE,
		"{\"descriptor\":\"d\",\"resources\":[\"chat\",\"voice\",\"chat\"],"
		"\"dataSchemes\":[],\"expires\":1000,\"status\":\"live\",\"runtime\":\"r\","
		"\"guid\":\"g\",\"p2pRequester\":\"q\",\"p2pHandler\":\"\"}");
	const struct fields *fields = &reading->body.fields;

	(void)state;
	assert_int_equal(reading->result, BODY_OK);
	assert_false(reading->body.is_empty);
	assert_slice(fields->text[TEXT_DESCRIPTOR], "d");
	assert_slice(fields->text[TEXT_STATUS], "live");
	assert_slice(fields->text[TEXT_RUNTIME], "r");
	assert_slice(fields->text[TEXT_GUID], "g");
	assert_slice(fields->text[TEXT_P2P_REQUESTER], "q");
	assert_slice(fields->text[TEXT_P2P_HANDLER], "");
	assert_list(fields->list[LIST_RESOURCES], "chat|voice|chat|");
	assert_list(fields->list[LIST_DATA_SCHEMES], "");
	assert_int_equal(fields->expires_s, 1000);
	reading_free(reading);
}

static void assert_each_is_required(enum entry_kind kind, const char *const *members, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int len = (int)strcspn(members[i] + 1, "\"");
		char with_null[64];
		char problem[96];

		snprintf(problem, sizeof(problem), "%.*s: is required", len, members[i] + 1);
		assert_bad(kind, BODY_WHOLE, object_with(members, count, i, NULL), problem);
		snprintf(with_null, sizeof(with_null), "\"%.*s\":null", len, members[i] + 1);
		assert_bad(kind, BODY_WHOLE, object_with(members, count, i, with_null), problem);
		snprintf(with_null, sizeof(with_null), "\"%.*sX\":1", len, members[i] + 1);
		assert_bad(kind, BODY_WHOLE, object_with(members, count, i, with_null), problem);
	}
}

static void C6_C7_C17_D2_each_required_member_must_be_there_and_not_null(void **state)
{
	(void)state;
	assert_each_is_required(ENTRY_HYPERTY, hyperty_members, COUNT(hyperty_members));
	assert_each_is_required(ENTRY_DATA_OBJECT, data_object_members, COUNT(data_object_members));
}

static void C8_C9_D3_other_members_are_ignored_whatever_they_hold(void **state)
{
	struct reading *reading = read_update(
		"{\"user\":{\"a\":[1,{\"descriptor\":\"inner\"}]},\"userID\":5,\"hypertyID\":[],"
		"\"startingTime\":{},\"lastModified\":true,\"schema\":[],\"name\":{},\"url\":0}");

	(void)state;
	assert_int_equal(reading->result, BODY_OK);
	for (int i = 0; i < TEXT_COUNT; i++)
		assert_null(reading->body.fields.text[i].data);
	for (int i = 0; i < LIST_COUNT; i++)
		assert_null(reading->body.fields.list[i].packed.data);
	assert_int_equal(reading->body.fields.expires_s, EXPIRES_ABSENT);
	reading_free(reading);
}

static void a_data_object_has_no_guid_and_no_p2p_handler(void **state)
{
	struct reading *reading = read_text(ENTRY_DATA_OBJECT, BODY_PARTIAL,
					    "{\"guid\":[],\"p2pHandler\":{},\"descriptor\":[]}");

	(void)state;
	assert_int_equal(reading->result, BODY_OK);
	assert_null(reading->body.fields.text[TEXT_GUID].data);
	reading_free(reading);
}

/* ---- Seconds ---- */

static void C13_C15_whole_seconds_are_taken_in_any_notation(void **state)
{
	static const struct {
		const char *text;
		int64_t expected;
	} cases[] = {
		{"1200", 1200},
		{"1200.0", 1200},
		{"1.2e3", 1200},
		{"12E+2", 1200},
		{"120000e-2", 1200},
		{"\"1200\"", 1200},
		{"\"1200.0\"", 1200},
		{"\"1.2e3\"", 1200},
		{"0", 0},
		{"-0", 0},
		{"-0.0", 0},
		{"99999999999", 99999999999},
		{"9223372036854775807", INT64_MAX},
		{"1e18", 1000000000000000000},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[64];
		struct reading *reading;

		snprintf(text, sizeof(text), "{\"expires\":%s}", cases[i].text);
		reading = read_update(text);
		assert_int_equal(reading->result, BODY_OK);
		assert_true(reading->body.fields.expires_s == cases[i].expected);
		reading_free(reading);
	}
}

static void C14_C16_other_seconds_are_refused(void **state)
{
	static const char *const cases[] = {
		"12.5",
		"\"abc\"",
		"[]",
		"{}",
		"true",
		"false",
		"\"\"",
		"-1",
		"\"-1\"",
		"-1.0",
		"\"12.5\"",
		"\" 12\"",
		"\"12 \"",
		"\"\\n12\"",
		"[1200]",
		"1e30",
		"\"1e30\"",
		"\"true\"",
		"\"null\"",
		"\"[]\"",
		"\"0x10\"",
		"\"+5\"",
		"1e-5",
		"\"\\\"5\\\"\"",
		"9223372036854775808.0",
		"\"99999999999999999999\"",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[64];

		snprintf(text, sizeof(text), "{\"expires\":%s}", cases[i]);
		assert_bad(ENTRY_HYPERTY, BODY_PARTIAL, text,
			   "expires: must be a whole number of seconds, not negative");
	}
}

/* ---- Texts and lists ---- */

static void C21_numbers_and_booleans_are_taken_as_they_are_written(void **state)
{
	static const struct {
		const char *value;
		const char *expected;
	} cases[] = {
		{"5", "5"},       {"-0", "-0"},
		{"1.50", "1.50"}, {"1E2", "1E2"},
		{"true", "true"}, {"false", "false"},
		{"0.1", "0.1"},   {"\"\\u0041\"", "A"},
		{"  \t7\n", "7"}, {"\"a\\\"],}\"", "a\"],}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reading *reading;
		char text[200];

		/* Given the same name inside other values, and twice: the last one counts. */
		snprintf(text, sizeof(text),
			 "{\"a\":{\"descriptor\":[9,\"]}\"]},\"descriptor\":[],"
			 "\"x\":\"\\\",\\\"descriptor\\\":8\",\"descriptor\" : %s ,\"y\":[[1],2]}",
			 cases[i].value);
		reading = read_update(text);
		assert_int_equal(reading->result, BODY_OK);
		assert_slice(reading->body.fields.text[TEXT_DESCRIPTOR], cases[i].expected);
		reading_free(reading);
	}
}

static void a_name_written_with_escapes_is_the_same_name(void **state)
{
	struct reading *reading =
		read_update("{\"descriptor\":1,\"d\\u0065scriptor\":2.50,\"\\\"\":3}");

	(void)state;
	assert_int_equal(reading->result, BODY_OK);
	assert_slice(reading->body.fields.text[TEXT_DESCRIPTOR], "2.50");
	reading_free(reading);
}

static void C18_C19_C20_lists_are_read_liberally_but_not_nested(void **state)
{
	static const struct {
		const char *value;
		const char *expected;
	} cases[] = {
		{"[]", ""},
		{"[null]", ""},
		{"[1,true,null]", "1|true|"},
		{"[\"a,]\" , 1.50,null,false , -2e3,\"b\",7]", "a,]|1.50|false|-2e3|b|7|"},
		{"[\"\"]", "|"},
		{"[\"x\",\"x\"]", "x|x|"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reading *reading;
		char text[100];

		snprintf(text, sizeof(text), "{\"resources\":%s}", cases[i].value);
		reading = read_update(text);
		assert_int_equal(reading->result, BODY_OK);
		assert_list(reading->body.fields.list[LIST_RESOURCES], cases[i].expected);
		reading_free(reading);
	}
}

static void a_problem_names_the_place(void **state)
{
	static const struct {
		const char *text;
		const char *problem;
	} cases[] = {
		{"{\"resources\":\"chat\"}", "resources: must be an array"},
		{"{\"dataSchemes\":{}}", "dataSchemes: must be an array"},
		{"{\"resources\":[\"a\",[]]}", "resources[1]: must be a string"},
		{"{\"resources\":[1,{\"a\":2}]}", "resources[1]: must be a string"},
		{"{\"descriptor\":{}}", "descriptor: must be a string"},
		{"{\"status\":[\"live\"]}", "status: must be a string"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_bad(ENTRY_HYPERTY, BODY_PARTIAL, cases[i].text, cases[i].problem);
}

static void K14_null_is_absent(void **state)
{
	struct reading *reading =
		read_update("{\"status\":null,\"resources\":null,\"expires\":null}");

	(void)state;
	assert_int_equal(reading->result, BODY_OK);
	assert_false(reading->body.is_empty);
	assert_null(reading->body.fields.text[TEXT_STATUS].data);
	assert_null(reading->body.fields.list[LIST_RESOURCES].packed.data);
	assert_int_equal(reading->body.fields.expires_s, EXPIRES_ABSENT);
	reading_free(reading);
}

/* ---- The object ---- */

static void K3_K12_only_an_object_without_members_is_a_keep_alive(void **state)
{
	static const struct {
		const char *text;
		bool is_empty;
	} cases[] = {
		{"{}", true},
		{"{ }", true},
		{"{}\n", true},
		{"\r\n\t {\n} ", true},
		{"\xEF\xBB\xBF{}", true},
		{"{\"unknown\":1}", false},
		{"{\"\":null}", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reading *reading = read_update(cases[i].text);

		assert_int_equal(reading->result, BODY_OK);
		assert_int_equal(reading->body.is_empty, cases[i].is_empty);
		reading_free(reading);
	}
}

static void C22_K15_what_is_not_one_json_object_is_refused(void **state)
{
	static const struct {
		struct slice text;
		const char *problem;
	} cases[] = {
		{{"", 0}, "body: is empty"},
		{{"\xEF\xBB\xBF", 3}, "body: is empty"},
		{{" \n", 2}, "body: ends too early at byte "},
		{{"null", 4}, "body: not valid JSON at byte "},
		{{"[]", 2}, "body: must be a JSON object"},
		{{"{", 1}, "body: ends too early at byte "},
		{{"text", 4}, "body: not valid JSON at byte "},
		{{"{}{}", 4}, "body: something follows the object at byte "},
		{{"{}x", 3}, "body: something follows the object at byte "},
		{{"{}\0", 3}, "body: a NUL character at byte "},
		{{"{\"a\":1\0}", 8}, "body: a NUL character at byte "},
		{{"{'a':1}", 7}, "body: not valid JSON at byte "},
		{{"{\"a\":1,}", 8}, "body: not valid JSON at byte "},
		{{"{\"a\":NaN}", 9}, "body: not valid JSON at byte "},
		{{"{\"a\":\"\xff\"}", 9}, "body: not valid UTF-8 at byte "},
		{{"{\"a\":\"\xc3\"}", 9}, "body: not valid UTF-8 at byte "},
		{{"{\"a\":\"\\u0000\"}", 14}, "body: a NUL character at byte "},
		{{"{\"a\\u0000b\":1}", 14}, "body: a NUL character at byte "},
		{{"{\"a\":\"\\ud800\"}", 14}, "body: not valid JSON at byte "},
		{{"{\"a\":\"\\udc00x\"}", 15}, "body: not valid JSON at byte "},
		{{"{\"a\":\"\xed\xa0\x80\"}", 11}, "body: not valid UTF-8 at byte "},
		{{"{\"a\":99999999999999999999}", 26}, "body: a number too large at byte "},
		{{"{\"a\":1e999}", 11}, "body: a number too large at byte "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reading *reading = read_slice(ENTRY_HYPERTY, BODY_PARTIAL, cases[i].text);

		if (reading->result != BODY_BAD ||
		    strncmp(reading->problem.text, cases[i].problem, strlen(cases[i].problem)) != 0)
			fail_msg("%s: %d, %s", cases[i].text.data, reading->result,
				 reading->problem.text);
		reading_free(reading);
	}
}

static void C23_an_empty_object_creates_nothing(void **state)
{
	(void)state;
	assert_bad(ENTRY_HYPERTY, BODY_WHOLE, "{}", "resources: is required");
	assert_bad(ENTRY_DATA_OBJECT, BODY_WHOLE, "{}", "schema: is required");
}

static void nesting_has_an_end(void **state)
{
	size_t depth = 100000;
	char *text = malloc(2 * depth + 16);
	struct reading *reading;
	size_t len;

	(void)state;
	assert_non_null(text);
	len = (size_t)snprintf(text, 16, "{\"a\":");
	memset(text + len, '[', depth);
	memset(text + len + depth, ']', depth);
	text[len + 2 * depth] = '}';
	reading =
		read_slice(ENTRY_HYPERTY, BODY_PARTIAL, (struct slice){text, len + 2 * depth + 1});
	assert_int_equal(reading->result, BODY_BAD);
	assert_non_null(strstr(reading->problem.text, "nested too deeply"));
	reading_free(reading);
	free(text);
}

static void C31_escapes_and_raw_text_are_the_same(void **state)
{
	struct reading *raw =
		read_update("{\"descriptor\":\"gr\xC3\xBC\xC3\x9F\xF0\x9F\x98\x80\"}");
	struct reading *escaped =
		read_update("{\"descriptor\":\"gr\\u00fc\\u00DF\\ud83d\\ude00\"}");

	(void)state;
	assert_int_equal(raw->result, BODY_OK);
	assert_int_equal(escaped->result, BODY_OK);
	assert_true(slice_equal(raw->body.fields.text[TEXT_DESCRIPTOR],
				escaped->body.fields.text[TEXT_DESCRIPTOR]));
	reading_free(raw);
	reading_free(escaped);
}

/* A long list of numbers must not be searched from its start for each of them. */
static void a_long_list_of_numbers_is_walked_once(void **state)
{
	uint32_t count = 200000;
	struct buffer text = {0};
	struct reading *reading;

	(void)state;
	buffer_append_slice(&text, SLICE("{\"resources\":[1.0"));
	for (uint32_t i = 1; i < count; i++)
		buffer_append_slice(&text, SLICE(",1.0"));
	buffer_append_slice(&text, SLICE("]}"));
	reading = read_slice(ENTRY_HYPERTY, BODY_PARTIAL, (struct slice){text.data, text.len});
	assert_int_equal(reading->result, BODY_OK);
	assert_int_equal(reading->body.fields.list[LIST_RESOURCES].count, count);
	reading_free(reading);
	buffer_deinit(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_create_takes_every_member),
		cmocka_unit_test(C6_C7_C17_D2_each_required_member_must_be_there_and_not_null),
		cmocka_unit_test(C8_C9_D3_other_members_are_ignored_whatever_they_hold),
		cmocka_unit_test(a_data_object_has_no_guid_and_no_p2p_handler),
		cmocka_unit_test(C13_C15_whole_seconds_are_taken_in_any_notation),
		cmocka_unit_test(C14_C16_other_seconds_are_refused),
		cmocka_unit_test(C21_numbers_and_booleans_are_taken_as_they_are_written),
		cmocka_unit_test(a_name_written_with_escapes_is_the_same_name),
		cmocka_unit_test(C18_C19_C20_lists_are_read_liberally_but_not_nested),
		cmocka_unit_test(a_problem_names_the_place),
		cmocka_unit_test(K14_null_is_absent),
		cmocka_unit_test(K3_K12_only_an_object_without_members_is_a_keep_alive),
		cmocka_unit_test(C22_K15_what_is_not_one_json_object_is_refused),
		cmocka_unit_test(C23_an_empty_object_creates_nothing),
		cmocka_unit_test(nesting_has_an_end),
		cmocka_unit_test(C31_escapes_and_raw_text_are_the_same),
		cmocka_unit_test(a_long_list_of_numbers_is_walked_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
