/* The numbers as Prometheus reads them. */
#include "monitor/prometheus.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The text, ended with a NUL, to be freed with buffer_deinit(). */
static struct buffer write_all(const struct counters *counters, const struct gauges *gauges)
{
	struct buffer out = {0};

	prometheus_write(counters, gauges, &out);
	buffer_append_byte(&out, '\0');
	assert_false(out.failed);
	return out;
}

static void assert_has(const struct buffer *text, const char *line)
{
	char needle[256];

	snprintf(needle, sizeof(needle), "\n%s\n", line);
	if (!strstr(text->data, needle))
		fail_msg("%s is not in\n%s", line, text->data);
}

static void every_counter_has_a_row_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < COUNTER_COUNT; i++) {
		const struct counter_row *row = &counter_rows[i];

		assert_non_null(row->name);
		assert_non_null(row->help);
		assert_string_equal(row->name + strlen(row->name) - strlen("_total"), "_total");
		assert_int_equal(row->help[strlen(row->help) - 1], '.');
		for (int j = 0; j < i; j++)
			assert_string_not_equal(row->name, counter_rows[j].name);
	}
}

static void each_counter_shows_its_own_number(void **state)
{
	static struct counters counters;
	struct gauges gauges = {0};
	struct buffer text;

	(void)state;
	for (int i = 0; i < COUNTER_COUNT; i++)
		counter_add(&counters, (enum counter)i, (uint64_t)i + 100);
	counter_add(&counters, COUNTER_EXPIRIES, UINT64_MAX - 100 - COUNTER_EXPIRIES);

	text = write_all(&counters, &gauges);

	for (int i = 0; i < COUNTER_COUNT; i++) {
		char line[128];

		snprintf(line, sizeof(line), "registryd_%s %llu", counter_rows[i].name,
			 (unsigned long long)(i == COUNTER_EXPIRIES ? UINT64_MAX : i + 100ULL));
		assert_has(&text, line);
	}
	buffer_deinit(&text);
}

static void each_gauge_shows_its_own_number(void **state)
{
	static struct counters counters;
	const struct gauges gauges = {
		.hyperties = UINT64_MAX,
		.data_objects = 2,
		.hyperties_disconnected = 9,
		.data_objects_disconnected = -1,
		.pending_updates = 3,
		.swept_until_s = INT64_MIN,
		.lifetime_s = 5,
		.requests_waiting = 6,
		.log_dropped = 7,
		.ready = true,
		.store_readable = false,
		.store_writable = true,
		.store_degraded = true,
		.store_nodes = 4,
		.store_nodes_up = 8,
	};
	struct buffer text;

	(void)state;
	text = write_all(&counters, &gauges);

	assert_has(&text, "registryd_hyperties 18446744073709551615");
	assert_has(&text, "registryd_data_objects 2");
	assert_has(&text, "registryd_hyperties_disconnected 9");
	assert_null(strstr(text.data, "registryd_data_objects_disconnected"));
	assert_has(&text, "registryd_pending_updates 3");
	assert_has(&text, "registryd_swept_until_seconds -9223372036854775808");
	assert_has(&text, "registryd_lifetime_seconds 5");
	assert_has(&text, "registryd_requests_waiting 6");
	assert_has(&text, "registryd_log_dropped_total 7");
	assert_has(&text, "registryd_ready 1");
	assert_has(&text, "registryd_store_readable 0");
	assert_has(&text, "registryd_store_writable 1");
	assert_has(&text, "registryd_store_degraded 1");
	assert_has(&text, "registryd_store_nodes 4");
	assert_has(&text, "registryd_store_nodes_up 8");
	assert_has(&text, "# TYPE registryd_ready gauge");
	assert_has(&text, "# TYPE registryd_log_dropped_total counter");
	assert_has(&text, "# TYPE registryd_expiries_total counter");
	buffer_deinit(&text);
}

static void assert_matches(const char *line, const char *pattern)
{
	regex_t compiled;

	assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
	if (regexec(&compiled, line, 0, NULL, 0) != 0)
		fail_msg("%s is not %s", line, pattern);
	regfree(&compiled);
}

static void the_text_is_help_type_and_value_again_and_again(void **state)
{
	static const char *const patterns[] = {
		"^# HELP registryd_[a-z0-9_]+ [^\\]+[.]$",
		"^# TYPE registryd_[a-z0-9_]+ (counter|gauge)$",
		"^registryd_[a-z0-9_]+ -?[0-9]+$",
	};
	static struct counters counters;
	struct gauges gauges = {0};
	struct buffer text = write_all(&counters, &gauges);
	size_t lines = 0;

	(void)state;
	assert_int_equal(text.data[text.len - 2], '\n');
	for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n"))
		assert_matches(line, patterns[lines++ % 3]);
	assert_int_equal(lines, 3 * (COUNTER_COUNT + 17));
	buffer_deinit(&text);
}

static void what_is_there_already_stays(void **state)
{
	static struct counters counters;
	struct gauges gauges = {0};
	struct buffer out = {0};

	(void)state;
	buffer_append(&out, "before", 6);
	prometheus_write(&counters, &gauges, &out);

	assert_memory_equal(out.data, "before# HELP registryd_", 23);
	buffer_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_counter_has_a_row_of_its_own),
		cmocka_unit_test(each_counter_shows_its_own_number),
		cmocka_unit_test(each_gauge_shows_its_own_number),
		cmocka_unit_test(the_text_is_help_type_and_value_again_and_again),
		cmocka_unit_test(what_is_there_already_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
