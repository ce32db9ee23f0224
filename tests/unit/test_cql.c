/* The client of Cassandra (cql/cql.h), against the nodes that CASSANDRA names. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/container.h"
#include "cql/cql.h"
#include "latch.h"

#define TABLE "cql_test.things"

static struct cql *cql;
static const struct cql_statement *insert, *read_one, *read_all, *claim, *forget;

/* ---- A session ---- */

static struct cql_options options_here(void)
{
	return (struct cql_options){.contact_points = getenv("CASSANDRA"),
				    .port = 9042,
				    .data_centre = "",
				    .user = "",
				    .password = "",
				    .tls_ca = "",
				    .tls_certificate = "",
				    .tls_key = "",
				    .connect_timeout_ms = 5000,
				    .request_timeout_ms = 10000,
				    .speculation_ms = 0};
}

static struct cql *connect_as(const struct cql_options *options)
{
	char reason[200] = "";
	struct cql *mine = NULL;
	int r = cql_connect(options, &mine, reason, sizeof(reason));

	if (r < 0)
		fail_msg("%s", reason);
	return mine;
}

static void run(const char *text)
{
	char reason[200] = "";

	if (cql_run(cql, text, reason, sizeof(reason)) < 0)
		fail_msg("%s: %s", text, reason);
}

static const struct cql_statement *prepare(const char *text, bool idempotent)
{
	const struct cql_statement *statement = NULL;
	char reason[200] = "";

	if (cql_prepare(cql, text, idempotent, &statement, reason, sizeof(reason)) < 0)
		fail_msg("%s: %s", text, reason);
	return statement;
}

static int set_up(void **state)
{
	struct cql_options options = options_here();

	(void)state;
	if (!options.contact_points)
		fail_msg("CASSANDRA names no node: say, CASSANDRA=127.0.0.1:9042");
	cql = connect_as(&options);
	run("CREATE KEYSPACE IF NOT EXISTS cql_test WITH replication = "
	    "{'class': 'SimpleStrategy', 'replication_factor': 1}");
	run("CREATE TABLE IF NOT EXISTS " TABLE
	    " (place text, id text, number bigint, size int, data blob, words list<text>, "
	    "PRIMARY KEY ((place), id))");
	run("TRUNCATE " TABLE);
	insert = prepare("INSERT INTO " TABLE " (place, id, number, size, data, words) "
			 "VALUES (?, ?, ?, ?, ?, ?)",
			 true);
	read_one = prepare(
		"SELECT number, size, data, words FROM " TABLE " WHERE place = ? AND id = ?", true);
	read_all = prepare("SELECT id FROM " TABLE " WHERE place = ?", true);
	claim = prepare("INSERT INTO " TABLE " (place, id, number) VALUES (?, ?, ?) IF NOT EXISTS",
			false);
	forget = prepare("DELETE FROM " TABLE " WHERE place = ? AND id = ?", true);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	cql_free(cql);
	return 0;
}

/* ---- A request that is waited for ---- */

struct asked {
	struct cql_request request;
	struct latch over;
};

static void asked_over(struct cql_request *request)
{
	latch_open(&container_of(request, struct asked, request)->over);
}

static void asked_init(struct asked *asked)
{
	*asked = (struct asked){.request = {.complete = asked_over,
					    .consistency = CQL_LOCAL_QUORUM,
					    .serial_consistency = CQL_SERIAL}};
	latch_init(&asked->over);
}

static void asked_wait(struct asked *asked)
{
	assert_true(latch_wait(&asked->over));
	latch_deinit(&asked->over);
}

static struct cql_value text(const char *letters)
{
	return (struct cql_value){.data = letters, .len = (uint32_t)strlen(letters)};
}

static struct cql_bound bound_to(const struct cql_statement *statement,
				 const struct cql_value *values, size_t count)
{
	return (struct cql_bound){statement, values, count};
}

static void execute(struct asked *asked, enum cql_batch batch, const struct cql_bound *bound,
		    size_t count)
{
	cql_execute(cql, batch, bound, count, &asked->request);
	asked_wait(asked);
}

static void expect_done(struct asked *asked)
{
	if (asked->request.result != CQL_DONE)
		fail_msg("%d: %s", (int)asked->request.result, asked->request.error);
	assert_string_equal(asked->request.error, "");
}

static void expect_bytes(const struct cql_value *value, const void *data, uint32_t len)
{
	assert_non_null(value->data);
	assert_int_equal(value->len, len);
	assert_memory_equal(value->data, data, len);
}

static const char NUMBER[8] = {1, 2, 3, 4, 5, 6, 7, 8};
static const char SIZE[4] = {0, 0, 1, 0};
static const char WORDS[] = "\0\0\0\2\0\0\0\1a\0\0\0\2bc";

static struct cql_value number(void)
{
	return (struct cql_value){.data = NUMBER, .len = sizeof(NUMBER)};
}

/* ---- What is written is read ---- */

static void a_row_is_read_as_it_was_written(void **state)
{
	const struct cql_value size = {.data = SIZE, .len = sizeof(SIZE)};
	const struct cql_value words = {.data = WORDS, .len = sizeof(WORDS) - 1};
	const struct cql_value row[] = {text("here"), text("one"), number(), size, text(""), words};
	struct cql_bound bound = bound_to(insert, row, 6);
	struct cql_value got[4];
	struct asked asked;

	(void)state;
	asked_init(&asked);
	execute(&asked, CQL_SINGLE, &bound, 1);
	expect_done(&asked);
	assert_null(asked.request.rows);

	asked_init(&asked);
	bound = bound_to(read_one, row, 2);
	execute(&asked, CQL_SINGLE, &bound, 1);
	expect_done(&asked);
	assert_int_equal(cql_rows_count(asked.request.rows), 1);
	assert_null(cql_rows_page(asked.request.rows).data);
	assert_true(cql_rows_next(asked.request.rows, got, 4));
	expect_bytes(&got[0], NUMBER, sizeof(NUMBER));
	expect_bytes(&got[1], SIZE, sizeof(SIZE));
	expect_bytes(&got[2], "", 0);
	expect_bytes(&got[3], WORDS, sizeof(WORDS) - 1);
	assert_false(cql_rows_next(asked.request.rows, got, 4));
	cql_rows_free(asked.request.rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_read_as_it_was_written),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
