/* The nodes' clock: what is made of their answers, and how slowly it is followed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "store/cassandra_clock.h"

/* An answer half way between question and answer, on a clock that is ahead by so much. */
static struct cql_node_time time_of(const char *node, int64_t ahead_ms, int64_t took_ms)
{
	struct cql_node_time time = {.wall_ms = 5000 + ahead_ms,
				     .asked_ms = 5000 - took_ms / 2,
				     .answered_ms = 5000 + took_ms / 2};

	snprintf(time.address, sizeof(time.address), "%s", node);
	return time;
}

static void nobody_who_answers_is_no_measure(void **state)
{
	struct cass_clock_measure measure;

	(void)state;
	assert_false(cass_clock_measure(NULL, 0, &measure));
}

static void the_median_is_taken_in_the_middle_of_its_answer(void **state)
{
	const struct cql_node_time times[] = {time_of("a", 1300, 4), time_of("b", 1000, 20),
					      time_of("c", 900, 2)};
	struct cass_clock_measure measure;

	(void)state;
	assert_true(cass_clock_measure(times, 3, &measure));
	assert_int_equal(measure.offset_ms, 1000);
	assert_int_equal(measure.doubt_ms, 10);
	assert_int_equal(measure.agreeing, 3);
	assert_string_equal(measure.apart, "");
	assert_true(cass_clock_is_agreed(&measure));
}

static void a_clock_that_most_contradict_is_named(void **state)
{
	const struct cql_node_time times[] = {time_of("a", 0, 2), time_of("b", 3600000, 2),
					      time_of("c", 5, 2)};
	struct cass_clock_measure measure;

	(void)state;
	assert_true(cass_clock_measure(times, 3, &measure));
	assert_int_equal(measure.offset_ms, 5);
	assert_string_equal(measure.apart, "b");
	assert_int_equal(measure.apart_ms, 3599995);
	assert_true(cass_clock_is_agreed(&measure));
}

static void half_of_the_clocks_are_no_agreement(void **state)
{
	const struct cql_node_time times[] = {time_of("a", 0, 2), time_of("b", 3600000, 2)};
	struct cass_clock_measure measure;

	(void)state;
	assert_true(cass_clock_measure(times, 2, &measure));
	assert_false(cass_clock_is_agreed(&measure));
}

static void a_slow_answer_is_no_clock_apart(void **state)
{
	const struct cql_node_time times[] = {time_of("a", 0, 2), time_of("b", 2500, 2000)};
	struct cass_clock_measure measure;

	(void)state;
	assert_true(cass_clock_measure(times, 2, &measure));
	assert_int_equal(measure.agreeing, 2);
}

static void what_an_answer_does_not_contradict_stays(void **state)
{
	const struct cass_clock_measure measure = {.offset_ms = 1000, .doubt_ms = 100};

	(void)state;
	assert_int_equal(cass_clock_toward(950, &measure), 950);
	assert_int_equal(cass_clock_toward(1100, &measure), 1100);
	assert_int_equal(cass_clock_toward(500, &measure), 900);
	assert_int_equal(cass_clock_toward(2000, &measure), 1100);
}

static void the_offset_moves_slowly(void **state)
{
	(void)state;
	assert_int_equal(cass_clock_slew(1000, 1500, 10000), 1000 + 10 * CASS_CLOCK_SLEW_PER_S);
	assert_int_equal(cass_clock_slew(1000, 500, 10000), 1000 - 10 * CASS_CLOCK_SLEW_PER_S);
	assert_int_equal(cass_clock_slew(1000, 1003, 10000), 1003);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_who_answers_is_no_measure),
		cmocka_unit_test(the_median_is_taken_in_the_middle_of_its_answer),
		cmocka_unit_test(a_clock_that_most_contradict_is_named),
		cmocka_unit_test(half_of_the_clocks_are_no_agreement),
		cmocka_unit_test(a_slow_answer_is_no_clock_apart),
		cmocka_unit_test(what_an_answer_does_not_contradict_stays),
		cmocka_unit_test(the_offset_moves_slowly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
