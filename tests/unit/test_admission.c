/* Which requests are refused at which load: a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/admission.h"

static const struct admission_limits limits = {.waiting_max = 100, .wait_max_ms = 1000};

/* Search, create, read, write, updates, service: a letter for each that is refused. */
static const char *refused(const struct admission_limits *of, struct admission_load load)
{
	static const struct {
		enum histogram class;
		char letter;
	} classes[] = {
		{HISTOGRAM_REQUEST_SEARCH, 's'},  {HISTOGRAM_REQUEST_CREATE, 'c'},
		{HISTOGRAM_REQUEST_READ, 'r'},    {HISTOGRAM_REQUEST_WRITE, 'w'},
		{HISTOGRAM_REQUEST_UPDATES, 'u'}, {HISTOGRAM_REQUEST_SERVICE, 'l'},
	};
	static char letters[8];
	size_t count = 0;
	enum counter counter;

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (admission_refuses(classes[i].class, of, &load, &counter))
			letters[count++] = classes[i].letter;
	}
	letters[count] = '\0';
	return letters;
}

#define at(...) refused(&limits, (struct admission_load){__VA_ARGS__})

static void those_that_wait_are_a_load(void **state)
{
	(void)state;
	assert_string_equal(at(.waiting = 49), "");
	assert_string_equal(at(.waiting = 50), "s");
	assert_string_equal(at(.waiting = 60), "sc");
	assert_string_equal(at(.waiting = 80), "scr");
	assert_string_equal(at(.waiting = 4000000000u), "scr");
}

static void how_long_they_wait_is_a_load(void **state)
{
	(void)state;
	assert_string_equal(at(.waiting = 1, .oldest_ms = 499), "");
	assert_string_equal(at(.waiting = 1, .oldest_ms = 500), "s");
	assert_string_equal(at(.waiting = 1, .oldest_ms = 600), "sc");
	assert_string_equal(at(.waiting = 1, .oldest_ms = 800), "scr");
	assert_string_equal(at(.waiting = 55, .oldest_ms = 700), "sc");
}

static void what_needs_memory_is_refused_when_there_is_none(void **state)
{
	(void)state;
	assert_string_equal(at(.memory_is_full = true), "sc");
	assert_string_equal(at(.memory_is_full = true, .waiting = 80), "scr");
	assert_string_equal(at(.memory_is_full = true, .is_large = true), "scw");
	assert_string_equal(at(.is_large = true), "");
}

static void without_limits_nothing_is_refused(void **state)
{
	static const struct admission_limits none;

	(void)state;
	assert_string_equal(
		refused(&none, (struct admission_load){.waiting = 1000000, .oldest_ms = 3600000}),
		"");
}

static void refusals_are_counted_by_what_was_asked(void **state)
{
	const struct admission_load load = {.waiting = 100};
	const struct admission_load full = {.waiting = 100, .memory_is_full = true};
	enum counter counter;

	(void)state;
	assert_true(admission_refuses(HISTOGRAM_REQUEST_READ, &limits, &load, &counter));
	assert_int_equal(counter, COUNTER_SHED_READS);
	assert_true(admission_refuses(HISTOGRAM_REQUEST_CREATE, &limits, &load, &counter));
	assert_int_equal(counter, COUNTER_SHED_CREATES);
	assert_true(admission_refuses(HISTOGRAM_REQUEST_CREATE, &limits, &full, &counter));
	assert_int_equal(counter, COUNTER_SHED_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_that_wait_are_a_load),
		cmocka_unit_test(how_long_they_wait_is_a_load),
		cmocka_unit_test(what_needs_memory_is_refused_when_there_is_none),
		cmocka_unit_test(without_limits_nothing_is_refused),
		cmocka_unit_test(refusals_are_counted_by_what_was_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
