/* Search queries: which are valid, and what they ask for (spec 8). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "api/criteria.h"
#include "model/text_list.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void S8_other_parameters_are_not_a_search(void **state)
{
	static const char *const cases[] = {
		NULL,
		"",
		"&",
		"&&",
		"x=1",
		"x",
		"=chat",
		"resources=chat&x=1",
		"x=1&resources=chat",
		"resources=chat&dataSchemes=comm&third=1",
		"Resources=chat",
		"resource=chat",
		"resources%20=chat",
		"dataschemes=comm",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena;
		struct search search;

		arena_init(&arena, NULL, 0);
		if (criteria_read(slice_of(cases[i]), &arena, &search) != CRITERIA_INVALID)
			fail_msg("%s was taken", cases[i] ? cases[i] : "no query");
		arena_deinit(&arena);
	}
}

/* ---- What is asked for ---- */

/* The items, each followed by '|'. */
static void assert_wanted(const char *query, struct text_list list, const char *expected)
{
	struct slice cursor = list.packed;
	struct buffer joined = {0};
	struct slice item;
	uint32_t count = 0;

	while (text_list_next(&cursor, &item)) {
		buffer_append_slice(&joined, item);
		buffer_append_byte(&joined, '|');
		count++;
	}
	buffer_append_byte(&joined, '\0');
	if (count != list.count || strcmp(joined.data, expected) != 0)
		fail_msg("%s asks for %s", query, joined.data);
	buffer_deinit(&joined);
}

static void S1_to_S16_values_are_split_at_commas_after_decoding(void **state)
{
	static const struct {
		const char *query;
		const char *resources;
		const char *schemes;
	} cases[] = {
		{"resources=voice", "voice|", ""},
		{"dataSchemes=comm", "", "comm|"},
		{"dataSchemes=comm&resources=chat,video", "chat|video|", "comm|"},
		{"resources=voice%2Cchat", "voice|chat|", ""},
		{"resources=voice,chat,voice", "voice|chat|voice|", ""},
		{"resources=chat,", "chat|", ""},
		{"resources=chat,,,", "chat|", ""},
		{"resources=,", "", ""},
		{"resources=", "|", ""},
		{"resources", "|", ""},
		{"resources=,chat", "|chat|", ""},
		{"resources=a,,b", "a||b|", ""},
		{"resources=chat&dataSchemes=", "chat|", "|"},
		{"resources=chat&resources=voice", "chat|voice|", ""},
		{"resources=a+b,%20c", "a b| c|", ""},
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
		assert_wanted(query, search.wanted[LIST_RESOURCES], cases[i].resources);
		assert_wanted(query, search.wanted[LIST_DATA_SCHEMES], cases[i].schemes);
		arena_deinit(&arena);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(S8_other_parameters_are_not_a_search),
		cmocka_unit_test(S1_to_S16_values_are_split_at_commas_after_decoding),
		cmocka_unit_test(S1_to_S9_an_entry_matches_if_it_has_everything_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
