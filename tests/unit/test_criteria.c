/* Search queries: which are valid, and what they ask for (spec 8). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include "api/criteria.h"
#include "model/text_list.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void S8_other_parameters_are_not_a_search(void **state)
{
	static const struct {
		const char *query;
		enum criteria_result result;
	} cases[] = {
		{NULL, CRITERIA_NONE},
		{"", CRITERIA_NONE},
		{"&", CRITERIA_NONE},
		{"&&", CRITERIA_NONE},
		{"x=1", CRITERIA_UNKNOWN},
		{"x", CRITERIA_UNKNOWN},
		{"=chat", CRITERIA_UNKNOWN},
		{"resources=chat&x=1", CRITERIA_UNKNOWN},
		{"x=1&resources=chat", CRITERIA_UNKNOWN},
		{"resources=chat&dataSchemes=comm&third=1", CRITERIA_UNKNOWN},
		{"Resources=chat", CRITERIA_UNKNOWN},
		{"resource=chat", CRITERIA_UNKNOWN},
		{"resources%20=chat", CRITERIA_UNKNOWN},
		{"dataschemes=comm", CRITERIA_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena;
		struct search search;

		arena_init(&arena, NULL, 0);
		if (criteria_read(slice_of(cases[i].query), &arena, &search) !=
		    (int)cases[i].result)
			fail_msg("%s", cases[i].query ? cases[i].query : "no query");
		arena_deinit(&arena);
	}
}

/* ---- What is asked for ---- */

/* The texts, each followed by '|'. */
static void assert_wanted(const char *query, const struct wanted *wanted, const char *expected)
{
	struct buffer joined = {0};

	for (uint32_t i = 0; i < wanted->count; i++) {
		buffer_append_slice(&joined, wanted->texts[i]);
		buffer_append_byte(&joined, '|');
	}
	buffer_append_byte(&joined, '\0');
	if (strcmp(joined.data, expected) != 0)
		fail_msg("%s asks for %s", query, joined.data);
	buffer_deinit(&joined);
}

static void S1_to_S16_values_are_split_at_commas_after_decoding_and_each_kept_once(void **state)
{
	static const struct {
		const char *query;
		const char *resources;
		const char *schemes;
	} cases[] = {
		{"resources=voice", "voice|", ""},
		{"dataSchemes=comm", "", "comm|"},
		{"dataSchemes=comm&resources=chat,video", "chat|video|", "comm|"},
		{"resources=voice%2Cchat", "chat|voice|", ""},
		{"resources=voice,chat,voice", "chat|voice|", ""},
		{"resources=chat,", "chat|", ""},
		{"resources=chat,,,", "chat|", ""},
		{"resources=,", "", ""},
		{"resources=", "|", ""},
		{"resources", "|", ""},
		{"resources=,chat", "|chat|", ""},
		{"resources=a,,b", "|a|b|", ""},
		{"resources=b,a&resources=,a,,", "|a|b|", ""},
		{"resources=chat&dataSchemes=", "chat|", "|"},
		{"resources=chat&resources=voice", "chat|voice|", ""},
		{"resources=a+b,%20c", " c|a b|", ""},
		{"&resources=a&&", "a|", ""},
		{"resources=a=b", "a=b|", ""},
		{"%72esources=a", "a|", ""},
		{"resources=%zz", "%zz|", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *query = cases[i].query;
		struct arena arena;
		struct search search;

		arena_init(&arena, NULL, 0);
		assert_int_equal(criteria_read(slice_of(query), &arena, &search), CRITERIA_OK);
		assert_wanted(query, &search.wanted[LIST_RESOURCES], cases[i].resources);
		assert_wanted(query, &search.wanted[LIST_DATA_SCHEMES], cases[i].schemes);
		arena_deinit(&arena);
	}
}

/* name=0,1,…,count-1, each twice. */
static void query_for(struct buffer *memory, const char *name, unsigned count)
{
	buffer_append_slice(memory, slice_of(name));
	for (unsigned i = 0; i < 2 * count; i++) {
		buffer_append_byte(memory, i == 0 ? '=' : ',');
		buffer_append_uint(memory, i % count);
	}
	buffer_append_byte(memory, '\0');
}

static void more_than_64_different_values_are_too_many(void **state)
{
	static const struct {
		const char *name;
		unsigned count;
		int result;
	} cases[] = {
		{"resources", 64, CRITERIA_OK},
		{"resources", 65, CRITERIA_TOO_MANY},
		{"dataSchemes", 64, CRITERIA_OK},
		{"dataSchemes", 65, CRITERIA_TOO_MANY},
		{"resources=a,b&dataSchemes", 64, CRITERIA_OK},
		{"x=1&resources", 65, CRITERIA_UNKNOWN},
		{"resources", 5000, CRITERIA_TOO_MANY},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer query = {0};
		struct arena arena;
		struct search search;

		arena_init(&arena, NULL, 0);
		query_for(&query, cases[i].name, cases[i].count);
		assert_int_equal(criteria_read(slice_of(query.data), &arena, &search),
				 cases[i].result);
		arena_deinit(&arena);
		buffer_deinit(&query);
	}
}

/* ---- Against entries ---- */

static struct text_list packed(struct buffer *memory, const char *first, const char *second)
{
	text_list_append(memory, slice_of(first));
	if (second)
		text_list_append(memory, slice_of(second));
	return (struct text_list){{memory->data, memory->len}, second ? 2 : 1};
}

static void S1_to_S9_an_entry_matches_if_it_has_everything_asked_for(void **state)
{
	static const struct {
		const char *query;
		bool matches;
	} cases[] = {
		{"resources=voice", true},
		{"resources=voice,chat", true},
		{"resources=voice,chat,voice", true},
		{"resources=chat,", true},
		{"dataSchemes=comm", true},
		{"resources=chat&dataSchemes=comm", true},
		{"resources=messaging", false},
		{"resources=comm", false},
		{"resources=voice&dataSchemes=other", false},
		{"resources=", false},
		{"resources", false},
		{"resources=,chat", false},
		{"resources=chat&dataSchemes=", false},
		{"resources=Chat", false},
		{"resources=chat&resources=video", false},
	};
	struct buffer resources = {0}, schemes = {0};
	struct entry entry = {.key = {ENTRY_HYPERTY, SLICE("h")}};

	(void)state;
	entry.fields.list[LIST_RESOURCES] = packed(&resources, "chat", "voice");
	entry.fields.list[LIST_DATA_SCHEMES] = packed(&schemes, "comm", NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena;
		struct search search;

		arena_init(&arena, NULL, 0);
		assert_int_equal(criteria_read(slice_of(cases[i].query), &arena, &search),
				 CRITERIA_OK);
		if (search_matches(&search, &entry) != cases[i].matches)
			fail_msg("%s", cases[i].query);
		arena_deinit(&arena);
	}
	buffer_deinit(&resources);
	buffer_deinit(&schemes);
}

/* The linker leads every look at an item of a list here. */
bool __real_varint_take_text(struct slice *cursor, struct slice *ret_text);
bool __wrap_varint_take_text(struct slice *cursor, struct slice *ret_text);
static unsigned long items_seen;

bool __wrap_varint_take_text(struct slice *cursor, struct slice *ret_text)
{
	items_seen++;
	return __real_varint_take_text(cursor, ret_text);
}

#define MANY 10000

static void a_long_list_is_walked_once_whatever_is_asked_for(void **state)
{
	struct buffer query = {0}, resources = {0};
	struct entry entry = {.key = {ENTRY_HYPERTY, SLICE("h")}};
	struct arena arena;
	struct search search;
	bool matched;

	(void)state;
	arena_init(&arena, NULL, 0);
	query_for(&query, "resources", 64);
	assert_int_equal(criteria_read(slice_of(query.data), &arena, &search), CRITERIA_OK);
	for (unsigned i = 0; i < MANY; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%u", MANY - i);
		text_list_append(&resources, slice_of(text));
	}
	entry.fields.list[LIST_RESOURCES] =
		(struct text_list){{resources.data, resources.len}, MANY};

	/* All but "0" is there. */
	items_seen = 0;
	matched = search_matches(&search, &entry);
	assert_false(matched);
	assert_in_range(items_seen, MANY, MANY + 1);

	/* With it, everything is, and what comes behind it is not looked at. */
	text_list_append(&resources, SLICE("0"));
	text_list_append(&resources, SLICE("more"));
	entry.fields.list[LIST_RESOURCES] =
		(struct text_list){{resources.data, resources.len}, MANY + 2};
	items_seen = 0;
	matched = search_matches(&search, &entry);
	assert_true(matched);
	assert_int_equal(items_seen, MANY + 1);

	arena_deinit(&arena);
	buffer_deinit(&resources);
	buffer_deinit(&query);
}

static void a_list_shorter_than_what_is_asked_for_is_not_walked(void **state)
{
	struct buffer resources = {0};
	struct entry entry = {.key = {ENTRY_HYPERTY, SLICE("h")}};
	struct arena arena;
	struct search search;

	(void)state;
	arena_init(&arena, NULL, 0);
	assert_int_equal(criteria_read(SLICE("resources=a,b,c"), &arena, &search), CRITERIA_OK);
	entry.fields.list[LIST_RESOURCES] = packed(&resources, "a", "b");

	items_seen = 0;
	assert_false(search_matches(&search, &entry));
	assert_int_equal(items_seen, 0);

	arena_deinit(&arena);
	buffer_deinit(&resources);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(S8_other_parameters_are_not_a_search),
		cmocka_unit_test(
			S1_to_S16_values_are_split_at_commas_after_decoding_and_each_kept_once),
		cmocka_unit_test(more_than_64_different_values_are_too_many),
		cmocka_unit_test(S1_to_S9_an_entry_matches_if_it_has_everything_asked_for),
		cmocka_unit_test(a_long_list_is_walked_once_whatever_is_asked_for),
		cmocka_unit_test(a_list_shorter_than_what_is_asked_for_is_not_walked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
