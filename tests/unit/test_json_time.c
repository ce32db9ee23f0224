/* Times in entries: what is written, and what is taken for one. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <time.h>

#include "api/json_time.h"
#include "contents.h"

static void times_are_utc_in_whole_seconds(void **state)
{
	static const struct {
		int64_t wall_s;
		const char *expected;
	} cases[] = {
		{0, "\"1970-01-01T00:00:00Z\""},
		{-1, "\"1969-12-31T23:59:59Z\""},
		{951782399, "\"2000-02-28T23:59:59Z\""},
		{951782400, "\"2000-02-29T00:00:00Z\""},
		{1488360605, "\"2017-03-01T09:30:05Z\""},
		{4107542399, "\"2100-02-28T23:59:59Z\""},
		{4107542400, "\"2100-03-01T00:00:00Z\""},
		{253402300799, "\"9999-12-31T23:59:59Z\""},
		{-62167219200, "\"0000-01-01T00:00:00Z\""},
		/* Beyond what the format holds. */
		{253402300800, "\"9999-12-31T23:59:59Z\""},
		{INT64_MAX, "\"9999-12-31T23:59:59Z\""},
		{INT64_MIN, "\"0000-01-01T00:00:00Z\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer out = {0};

		json_write_time(&out, cases[i].wall_s);
		assert_contents(&out, cases[i].expected);
		buffer_deinit(&out);
	}
}

static void every_day_of_a_thousand_years_is_as_the_c_library_has_it(void **state)
{
	(void)state;
	for (int64_t day = -200000; day < 200000; day++) {
		time_t moment = (time_t)(day * 86400 + (day * 7919 % 86400 + 86400) % 86400);
		struct buffer out = {0};
		char expected[32];
		struct tm tm;

		assert_non_null(gmtime_r(&moment, &tm));
		strftime(expected, sizeof(expected), "\"%Y-%m-%dT%H:%M:%SZ\"", &tm);
		json_write_time(&out, moment);
		assert_contents(&out, expected);
		buffer_deinit(&out);
	}
}

static void what_is_read_is_utc(void **state)
{
	int64_t wall_s = 0;

	(void)state;
	assert_true(json_read_time(SLICE("2017-03-01T09:30:05Z"), &wall_s));
	assert_int_equal(wall_s, 1488360605);
	assert_true(json_read_time(SLICE("1970-01-01T00:00:00Z"), &wall_s));
	assert_int_equal(wall_s, 0);
	assert_true(json_read_time(SLICE("2016-02-29T23:59:59Z"), &wall_s));
	assert_int_equal(wall_s, 1456790399);
}

static void other_forms_are_no_times(void **state)
{
	static const char *const texts[] = {
		"",
		"2017-03-01",
		"2017-03-01 09:30:05Z",
		"2017-03-01T09:30:05",
		"2017-03-01T09:30:05ZZ",
		"2017-03-01T09:30:0aZ",
		"2017-02-29T09:30:05Z",
		"2017-13-01T09:30:05Z",
		"2017-00-01T09:30:05Z",
		"2017-03-00T09:30:05Z",
		"2017-03-01T24:30:05Z",
		"2017-03-01T09:60:05Z",
		"2017-03-01T09:30:60Z",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int64_t wall_s = 7;

		assert_false(json_read_time(slice_of(texts[i]), &wall_s));
		assert_int_equal(wall_s, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_utc_in_whole_seconds),
		cmocka_unit_test(every_day_of_a_thousand_years_is_as_the_c_library_has_it),
		cmocka_unit_test(what_is_read_is_utc),
		cmocka_unit_test(other_forms_are_no_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
