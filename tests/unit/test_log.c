/* The log: whole lines of JSON, whatever comes from outside, and never a wait. */
#include "log/log.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <regex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

/* A constant slice of a literal that may hold NULs. */
#define BYTES(literal)                                                                             \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}

struct fixture {
	int standard_error; /* the real one */
	int reader;
	char line[2 * PIPE_BUF];
};

static void restore(struct fixture *fixture)
{
	dup2(fixture->standard_error, STDERR_FILENO);
}

/* Standard error becomes a pipe. */
static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int ends[2];

	fixture->standard_error = dup(STDERR_FILENO);
	assert_int_equal(pipe(ends), 0);
	fixture->reader = ends[0];
	assert_int_equal(fcntl(fixture->reader, F_SETFL, O_NONBLOCK), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	log_set_level(LOG_LEVEL_INFO);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	restore(fixture);
	close(fixture->standard_error);
	close(fixture->reader);
	free(fixture);
	return 0;
}

/* All that was written; "" if nothing was. */
static const char *written(struct fixture *fixture)
{
	ssize_t n = read(fixture->reader, fixture->line, sizeof(fixture->line) - 1);

	fixture->line[n > 0 ? n : 0] = '\0';
	return fixture->line;
}

/* What was written is one line, and one JSON object. */
static json_t *written_object(struct fixture *fixture)
{
	const char *line = written(fixture);
	size_t len = strlen(line);
	json_error_t error;
	json_t *object;

	assert_true(len > 0 && len <= PIPE_BUF);
	assert_ptr_equal(strchr(line, '\n'), line + len - 1);
	object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	if (!object)
		fail_msg("%s in %s", error.text, line);
	return object;
}

static const char *member(json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "(none)";
}

static void a_line_is_one_object_with_agreed_names(void **state)
{
	struct fixture *fixture = *state;
	regex_t time;
	json_t *object;

	log_warn("store.unwritable", LOG_TEXT("path", "/data"), LOG_NUMBER("retry_ms", -5));

	object = written_object(fixture);
	assert_int_equal(regcomp(&time, "^20[0-9-]{8}T[0-9:]{8}\\.[0-9]{3}Z$", REG_EXTENDED), 0);
	assert_int_equal(regexec(&time, member(object, "@timestamp"), 0, NULL, 0), 0);
	assert_string_equal(member(object, "log.level"), "warn");
	assert_string_equal(member(object, "event.action"), "store.unwritable");
	assert_string_equal(member(object, "service.name"), "registryd");
	assert_string_equal(member(object, "path"), "/data");
	assert_int_equal(json_integer_value(json_object_get(object, "retry_ms")), -5);
	assert_int_equal(json_object_size(object), 6);
	regfree(&time);
	json_decref(object);
}

static void every_64_bit_number_is_exact(void **state)
{
	struct fixture *fixture = *state;
	json_t *object;

	log_info("x.y", LOG_NUMBER("least", INT64_MIN), LOG_NUMBER("most", INT64_MAX));

	object = written_object(fixture);
	assert_true(json_integer_value(json_object_get(object, "least")) == INT64_MIN);
	assert_true(json_integer_value(json_object_get(object, "most")) == INT64_MAX);
	json_decref(object);
}

static void text_from_outside_stays_a_value(void **state)
{
	/* As written; jansson gives it back as it was. */
	static const struct {
		struct slice text;
		const char *shown;
	} rows[] = {
		{BYTES("a\"b\\c"), "\"v\":\"a\\\"b\\\\c\""},
		{BYTES("\n{\"log.level\":\"error\"}"), "\"v\":\"\\u000a{\\\"log.level\\\":"},
		{BYTES("\0x"), "\"v\":\"\\u0000x\""},
		{BYTES("\x1b[2J\x7f"), "\"v\":\"\\u001b[2J\\u007f\""},
		{BYTES("\xc2\x9b"), "\"v\":\"\\u009b\""},
		{BYTES("\xe2\x80\xae\xe2\x80\xa8"), "\"v\":\"\\u202e\\u2028\""},
		{BYTES("\xf3\xa0\x80\x81"), "\"v\":\"\\udb40\\udc01\""},
		{BYTES("ä€😀"), "\"v\":\"ä€😀\""},
		{BYTES(""), "\"v\":\"\""},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *line;

		log_info("x.y", LOG_SLICE("v", rows[i].text));
		line = written(fixture);
		if (!strstr(line, rows[i].shown))
			fail_msg("expected %s, got %s", rows[i].shown, line);
		assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	}
}

static void bytes_that_are_not_utf8_are_shown_as_replacements(void **state)
{
	static const struct slice rows[] = {
		BYTES("a\377b"),             /* no such byte */
		BYTES("a\200b"),             /* a continuation of nothing */
		BYTES("a\303b"),             /* broken off */
		BYTES("a\355\240\200b"),     /* a surrogate */
		BYTES("a\300\257b"),         /* longer than need be */
		BYTES("a\364\220\200\200b"), /* beyond the last character */
		BYTES("ab\342\202"),         /* broken off by the end */
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *object;
		const char *text;

		log_info("x.y", LOG_SLICE("v", rows[i]));
		object = written_object(fixture);
		text = member(object, "v");
		assert_int_equal(text[0], 'a');
		assert_non_null(strstr(text, "\xef\xbf\xbd"));
		assert_non_null(strchr(text, 'b'));
		json_decref(object);
	}
}

static void long_values_are_cut_with_a_mark(void **state)
{
	struct fixture *fixture = *state;
	char text[20000];
	json_t *object;

	/* Each byte needs six. */
	memset(text, '\1', sizeof(text));
	log_info("x.y", LOG_SLICE("long", ((struct slice){text, sizeof(text)})),
		 LOG_TEXT("after", "here"));

	object = written_object(fixture);
	assert_non_null(strstr(member(object, "long"), "\1…"));
	assert_string_equal(member(object, "after"), "here");
	json_decref(object);
}

static void a_line_never_outgrows_what_a_pipe_takes_whole(void **state)
{
	struct fixture *fixture = *state;
	char text[3000];

	/* Every length, so that the end falls on every place. */
	memset(text, 'x', sizeof(text));
	for (size_t len = 0; len < 1100; len++) {
		struct slice value = {text, len};
		json_t *object;

		log_info("x.y", LOG_SLICE("a", value), LOG_SLICE("b", value), LOG_SLICE("c", value),
			 LOG_SLICE("d", value), LOG_NUMBER("n", INT64_MIN));
		object = written_object(fixture);
		assert_int_equal(member(object, "c")[0], len ? 'x' : '\0');
		json_decref(object);
	}
}

static void lines_below_the_level_are_not_written(void **state)
{
	struct fixture *fixture = *state;

	log_debug("x.y", LOG_NUMBER("n", 1));
	assert_string_equal(written(fixture), "");

	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("x.y", LOG_NUMBER("n", 1));
	assert_non_null(strstr(written(fixture), "\"log.level\":\"debug\""));

	log_set_level(LOG_LEVEL_ERROR);
	log_warn("x.y", LOG_NUMBER("n", 1));
	assert_string_equal(written(fixture), "");
	log_error("x.y", LOG_NUMBER("n", 1));
	assert_non_null(strstr(written(fixture), "\"log.level\":\"error\""));
}

static void level_names_are_known_in_any_case(void **state)
{
	enum log_level level = LOG_LEVEL_INFO;

	(void)state;
	assert_true(log_level_parse(SLICE("warn"), &level));
	assert_int_equal(level, LOG_LEVEL_WARN);
	assert_true(log_level_parse(SLICE("DEBUG"), &level));
	assert_int_equal(level, LOG_LEVEL_DEBUG);
	assert_false(log_level_parse(SLICE("warning"), &level));
	assert_false(log_level_parse(SLICE(""), &level));
	assert_int_equal(level, LOG_LEVEL_DEBUG);
}

static void a_reader_who_stands_still_costs_lines_and_not_time(void **state)
{
	struct fixture *fixture = *state;
	uint64_t before = log_dropped();
	unsigned lines = 0;

	/* A wait would end the test by its time limit. */
	alarm(30);
	while (log_dropped() < before + 3 && lines < 100000) {
		log_info("x.y", LOG_NUMBER("n", lines));
		lines++;
	}
	alarm(0);

	assert_int_equal(log_dropped(), before + 3);
	assert_true(lines > 3);

	/* Once it reads on, lines are taken again. */
	while (read(fixture->reader, fixture->line, sizeof(fixture->line)) > 0)
		;
	log_info("x.back", LOG_NUMBER("n", 1));
	assert_non_null(strstr(written(fixture), "x.back"));
	assert_int_equal(log_dropped(), before + 3);
}

static void a_reader_who_left_costs_lines_and_not_the_process(void **state)
{
	struct fixture *fixture = *state;
	uint64_t before = log_dropped();

	close(fixture->reader);
	fixture->reader = -1;

	log_info("x.y", LOG_NUMBER("n", 1));

	assert_int_equal(log_dropped(), before + 1);
}

static void a_closed_standard_error_is_borne(void **state)
{
	uint64_t before = log_dropped();

	(void)state;
	close(STDERR_FILENO);

	log_info("x.y", LOG_NUMBER("n", 1));

	assert_int_equal(log_dropped(), before + 1);
}

/* ---- The writer ---- */

static void start_writer(const char *path)
{
	char to[PATH_MAX + 8];
	char reason[256] = "";

	snprintf(to, sizeof(to), "file:%s", path);
	if (log_start(to, reason, sizeof(reason)) < 0)
		fail_msg("%s", reason);
}

/* Those events and no others, in their order. */
static void expect_events(const char *path, const char *first, const char *second)
{
	const char *events[] = {first, second};
	FILE *file = fopen(path, "r");
	char line[1024];
	size_t count = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		assert_true(count < 2 && events[count]);
		assert_non_null(strstr(line, events[count++]));
	}
	assert_int_equal(count, second ? 2 : 1);
	fclose(file);
	unlink(path);
}

static void lines_are_all_in_the_file_when_the_log_is_stopped(void **state)
{
	char path[] = "/tmp/test_log.XXXXXX";

	(void)state;
	close(mkstemp(path));
	start_writer(path);
	log_info("x.first", LOG_NUMBER("n", 1));
	log_info("x.second", LOG_NUMBER("n", 2));
	log_stop();
	expect_events(path, "x.first", "x.second");
}

/* Of a file that is not there. */
static const char *make_name(char *path)
{
	close(mkstemp(path));
	unlink(path);
	return path;
}

static void a_renamed_file_is_left_alone_after_it_was_reopened(void **state)
{
	char path[] = "/tmp/test_log.XXXXXX";
	char renamed[sizeof(path) + 2];

	(void)state;
	snprintf(renamed, sizeof(renamed), "%s.1", make_name(path));
	start_writer(path);
	assert_int_equal(rename(path, renamed), 0);
	log_reopen();
	log_info("x.after", LOG_NUMBER("n", 2));
	log_stop();
	assert_int_equal(unlink(renamed), 0);
	expect_events(path, "x.after", NULL);
}

static void what_a_reader_missed_is_told_when_he_reads_on(void **state)
{
	struct fixture *fixture = *state;
	uint64_t before = log_dropped();
	char reason[256];
	bool told = false;
	int nowhere;

	assert_int_equal(log_start("stderr", reason, sizeof(reason)), 0);
	/* A wait would end the test by its time limit. */
	alarm(60);
	while (log_dropped() == before)
		log_info("x.y", LOG_NUMBER("n", 1));
	while (!told) {
		ssize_t n = read(fixture->reader, fixture->line, sizeof(fixture->line) - 1);

		fixture->line[n > 0 ? n : 0] = '\0';
		told = strstr(fixture->line, "\"log.dropped\"");
	}
	alarm(0);
	/* What else there is goes where it is taken. */
	nowhere = open("/dev/null", O_WRONLY);
	dup2(nowhere, STDERR_FILENO);
	close(nowhere);
	log_stop();
}

#define THREADS 4
#define LINES_EACH 200

static void *write_lines(void *ctx)
{
	char text[900];

	memset(text, *(char *)ctx, sizeof(text));
	for (int i = 0; i < LINES_EACH; i++)
		log_info("x.y", LOG_SLICE("v", ((struct slice){text, sizeof(text)})));
	return NULL;
}

static void lines_of_several_threads_never_mix(void **state)
{
	struct fixture *fixture = *state;
	char names[THREADS] = {'a', 'b', 'c', 'd'};
	uint64_t before = log_dropped();
	pthread_t threads[THREADS];
	unsigned lines = 0;
	char *line = NULL;
	size_t size = 0;
	FILE *all;

	/* A file takes everything, whoever writes at the same time. */
	all = tmpfile();
	assert_int_equal(fcntl(fileno(all), F_SETFL, O_APPEND), 0);
	dup2(fileno(all), STDERR_FILENO);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &names[i]), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	restore(fixture);

	rewind(all);
	while (getline(&line, &size, all) > 0) {
		json_t *object = json_loads(line, 0, NULL);

		assert_non_null(object);
		assert_int_equal(strlen(member(object, "v")), 900);
		json_decref(object);
		lines++;
	}
	free(line);
	fclose(all);
	assert_int_equal(lines, THREADS * LINES_EACH);
	assert_int_equal(log_dropped(), before);
}

#define ROUNDS 1000

/* Each of its threads writes one line a round. */
struct crowd {
	pthread_barrier_t start;
	pthread_barrier_t end;
};

/* Longer than half of what a pipe takes whole, so that two lines never share a page of it. */
static void log_long_line(void)
{
	char text[900];
	struct slice value = {text, sizeof(text)};

	memset(text, 'x', sizeof(text));
	log_info("x.y", LOG_SLICE("a", value), LOG_SLICE("b", value), LOG_SLICE("c", value));
}

static void *log_a_line_each_round(void *ctx)
{
	struct crowd *crowd = ctx;

	for (int i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&crowd->start);
		log_long_line();
		pthread_barrier_wait(&crowd->end);
	}
	return NULL;
}

static void fill_pipe(void)
{
	uint64_t before = log_dropped();

	while (log_dropped() == before)
		log_long_line();
}

static void room_for_one_line_is_taken_by_one_thread_and_none_waits(void **state)
{
	struct fixture *fixture = *state;
	pthread_t threads[THREADS];
	struct crowd crowd;
	uint64_t before;
	ssize_t len;

	log_long_line();
	len = (ssize_t)strlen(written(fixture));
	pthread_barrier_init(&crowd.start, NULL, THREADS + 1);
	pthread_barrier_init(&crowd.end, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, log_a_line_each_round, &crowd),
				 0);
	fill_pipe();
	before = log_dropped();

	/* A wait would end the test by its time limit. */
	alarm(60);
	for (int i = 0; i < ROUNDS; i++) {
		assert_int_equal(read(fixture->reader, fixture->line, (size_t)len), len);
		assert_int_equal(fixture->line[0], '{');
		assert_int_equal(fixture->line[len - 1], '\n');
		pthread_barrier_wait(&crowd.start);
		pthread_barrier_wait(&crowd.end);
	}
	alarm(0);

	assert_int_equal(log_dropped(), before + ROUNDS * (THREADS - 1));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&crowd.start);
	pthread_barrier_destroy(&crowd.end);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_one_object_with_agreed_names),
		TEST(every_64_bit_number_is_exact),
		TEST(text_from_outside_stays_a_value),
		TEST(bytes_that_are_not_utf8_are_shown_as_replacements),
		TEST(long_values_are_cut_with_a_mark),
		TEST(a_line_never_outgrows_what_a_pipe_takes_whole),
		TEST(lines_below_the_level_are_not_written),
		TEST(level_names_are_known_in_any_case),
		TEST(a_reader_who_stands_still_costs_lines_and_not_time),
		TEST(a_reader_who_left_costs_lines_and_not_the_process),
		TEST(a_closed_standard_error_is_borne),
		TEST(lines_are_all_in_the_file_when_the_log_is_stopped),
		TEST(a_renamed_file_is_left_alone_after_it_was_reopened),
		TEST(what_a_reader_missed_is_told_when_he_reads_on),
		TEST(lines_of_several_threads_never_mix),
		TEST(room_for_one_line_is_taken_by_one_thread_and_none_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
