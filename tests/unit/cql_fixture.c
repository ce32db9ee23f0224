/* A session with the nodes that CASSANDRA names, and requests that are waited for. */
#include "cql_fixture.h"

#include <stdlib.h>

#include "base/container.h"

/* Longer than anybody waits here: what fails must not wait for it. */
#define SPECULATION_MS 60000

struct cql_options cql_options_here(void)
{
	const char *nodes = getenv("CASSANDRA");

	if (!nodes)
		fail_msg("CASSANDRA names no node: say, CASSANDRA=127.0.0.1:9042");
	return (struct cql_options){.contact_points = nodes,
				    .port = 9042,
				    .data_centre = "",
				    .user = "",
				    .password = "",
				    .tls_ca = "",
				    .tls_certificate = "",
				    .tls_key = "",
				    .connect_timeout_ms = 5000,
				    .request_timeout_ms = 90000,
				    .speculation_ms = SPECULATION_MS};
}

struct cql *cql_connect_here(void)
{
	struct cql_options options = cql_options_here();
	char reason[200] = "";
	struct cql *cql = NULL;

	if (cql_connect(&options, &cql, reason, sizeof(reason)) < 0)
		fail_msg("%s", reason);
	return cql;
}

void cql_run_here(struct cql *cql, const char *text)
{
	char reason[200] = "";

	if (cql_run(cql, text, reason, sizeof(reason)) < 0)
		fail_msg("%s: %s", text, reason);
}

const struct cql_statement *cql_prepare_here(struct cql *cql, const char *text, bool idempotent)
{
	const struct cql_statement *statement = NULL;
	char reason[200] = "";

	if (cql_prepare(cql, text, idempotent, &statement, reason, sizeof(reason)) < 0)
		fail_msg("%s: %s", text, reason);
	return statement;
}

void cql_make_table(struct cql *cql)
{
	cql_run_here(cql, "CREATE KEYSPACE IF NOT EXISTS " CQL_TEST_KEYSPACE " WITH replication = "
			  "{'class': 'SimpleStrategy', 'replication_factor': 1}");
	cql_run_here(cql, "CREATE TABLE IF NOT EXISTS " CQL_TEST_TABLE
			  " (place text, id text, number bigint, data blob, "
			  "PRIMARY KEY ((place), id))");
	cql_run_here(cql, "TRUNCATE " CQL_TEST_TABLE);
}

static void asked_over(struct cql_request *request)
{
	struct asked *asked = container_of(request, struct asked, request);

	asked->completed++;
	latch_open(&asked->over);
}

void asked_init(struct asked *asked)
{
	*asked = (struct asked){.request = {.complete = asked_over,
					    .consistency = CQL_LOCAL_QUORUM,
					    .serial_consistency = CQL_SERIAL}};
	latch_init(&asked->over);
}

void asked_wait(struct asked *asked)
{
	assert_true(latch_wait(&asked->over));
	latch_deinit(&asked->over);
	assert_int_equal(asked->completed, 1);
}

void asked_done(const struct asked *asked)
{
	if (asked->request.result != CQL_DONE)
		fail_msg("%d: %s", (int)asked->request.result, asked->request.error);
	assert_string_equal(asked->request.error, "");
}

void cql_do(struct cql *cql, const struct cql_statement *statement, const struct cql_value *values,
	    size_t count, struct asked *ret_asked)
{
	const struct cql_bound bound = {statement, values, count};

	asked_init(ret_asked);
	cql_execute(cql, CQL_SINGLE, &bound, 1, &ret_asked->request);
	asked_wait(ret_asked);
}
