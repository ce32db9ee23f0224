/* Connects, makes a keyspace's name that nobody else has, and empties it again and again. */
#include "cassandra_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "latch.h"

#define READY_LIMIT_MS 60000
#define LOOK_MS 5
#define DELETED_MAX 500
#define TRIES 10

/* What wipe() empties: each table's partition key, and how many columns that is. */
static const struct {
	const char *table;
	const char *key;
	size_t columns;
} tables[] = {
	{"hyperties", "owner", 1},
	{"data_objects", "id", 1},
	{"data_objects_by_name", "name", 1},
	{"data_objects_by_reporter", "reporter", 1},
	{"users_by_email", "email", 1},
	{"users_by_guid", "guid", 1},
	{"owners", "id", 1},
	{"claims", "id", 1},
	{"conflicts", "month", 1},
	{"due", "shard, bucket", 2},
	{"pending", "bucket", 1},
	{"buckets", "queue", 1},
	{"leases", "name", 1},
	{"counts", "part", 1},
};

struct answer {
	struct cql_request request; /* first */
	struct latch latch;
};

static void on_answer(struct cql_request *request)
{
	latch_open(&((struct answer *)request)->latch);
}

static struct cql_request ask(struct cassandra_fixture *fixture, const struct cql_bound *bound)
{
	struct answer answer = {.request = {.complete = on_answer,
					    .consistency = CQL_QUORUM,
					    .serial_consistency = CQL_SERIAL}};

	latch_init(&answer.latch);
	cql_execute(fixture->cql, CQL_SINGLE, bound, 1, &answer.request);
	latch_wait(&answer.latch);
	latch_deinit(&answer.latch);
	return answer.request;
}

/* May be repeated: it reads or deletes. A node that is busy with other tests may not answer in
 * time. */
static struct cql_rows *execute(struct cassandra_fixture *fixture, const char *text,
				const struct cql_value *values, size_t count)
{
	const struct cql_statement *statement;
	struct cql_request request = {.result = CQL_CLOSED};
	char reason[256] = "";
	struct cql_bound bound;

	if (cql_prepare(fixture->cql, text, true, &statement, reason, sizeof(reason)) < 0) {
		fprintf(stderr, "%s: %s\n", text, reason);
		abort();
	}
	bound = (struct cql_bound){statement, values, count};
	for (int i = 0; i < TRIES && request.result != CQL_DONE; i++)
		request = ask(fixture, &bound);
	if (request.result != CQL_DONE) {
		fprintf(stderr, "%s: %s\n", text, request.error);
		abort();
	}
	return request.rows;
}

static void fill_in(const struct cassandra_fixture *fixture, const char *text, char *ret_text,
		    size_t size)
{
	const char *mark = strstr(text, "{keyspace}");
	int before = mark ? (int)(mark - text) : (int)strlen(text);

	snprintf(ret_text, size, "%.*s%s%s", before, text, mark ? fixture->keyspace : "",
		 mark ? mark + strlen("{keyspace}") : "");
}

struct cql_rows *cassandra_fixture_run(struct cassandra_fixture *fixture, const char *text)
{
	char whole[1024];

	fill_in(fixture, text, whole, sizeof(whole));
	return execute(fixture, whole, NULL, 0);
}

static void ddl(struct cassandra_fixture *fixture, const char *text)
{
	char reason[256] = "";

	if (cql_run(fixture->cql, text, reason, sizeof(reason)) < 0) {
		fprintf(stderr, "%s: %s\n", text, reason);
		abort();
	}
}

static bool same_key(const struct cql_value *a, const struct cql_value *b, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (a[i].len != b[i].len || memcmp(a[i].data, b[i].data, a[i].len) != 0)
			return false;
	}
	return true;
}

/* Each partition once: its rows stand together. */
static void delete_partitions(struct cassandra_fixture *fixture, size_t i, struct cql_rows *rows)
{
	size_t columns = tables[i].columns;
	struct cql_value key[2], before[2];
	bool is_first = true;
	char text[512];

	snprintf(text, sizeof(text),
		 columns == 2 ? "DELETE FROM %s.%s WHERE shard = ? AND bucket = ?"
			      : "DELETE FROM %s.%s WHERE %s = ?",
		 fixture->keyspace, tables[i].table, tables[i].key);
	for (; cql_rows_next(rows, key, columns); is_first = false) {
		if (is_first || !same_key(key, before, columns))
			cql_rows_free(execute(fixture, text, key, columns));
		memcpy(before, key, sizeof(before));
	}
}

/* Deleting is quicker than truncating, up to some number; and what is deleted stays in the way of
 * who reads the whole table. */
static void wipe_table(struct cassandra_fixture *fixture, size_t i)
{
	struct cql_rows *rows;
	char text[512];

	snprintf(text, sizeof(text), "SELECT %s FROM %s.%s LIMIT %d", tables[i].key,
		 fixture->keyspace, tables[i].table, DELETED_MAX);
	rows = execute(fixture, text, NULL, 0);
	snprintf(text, sizeof(text), "TRUNCATE %s.%s", fixture->keyspace, tables[i].table);
	if (rows && cql_rows_count(rows) == DELETED_MAX)
		ddl(fixture, text);
	else if (rows)
		delete_partitions(fixture, i, rows);
	cql_rows_free(rows);
}

void cassandra_fixture_wipe(struct cassandra_fixture *fixture)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		wipe_table(fixture, i);
}

static int wait_until_ready(struct store *store)
{
	struct timespec look = {.tv_nsec = LOOK_MS * 1000000};
	struct store_health health = {0};

	for (int i = 0; i < READY_LIMIT_MS / LOOK_MS; i++) {
		store_health(store, &health);
		if (health.readable && health.writable)
			return 0;
		nanosleep(&look, NULL);
	}
	fprintf(stderr, "the store is not ready: %s\n", health.reason);
	return -ETIMEDOUT;
}

int cassandra_fixture_open(struct cassandra_fixture *fixture, struct clock *clock,
			   struct counters *counters, struct store **ret_store)
{
	char reason[256] = "";
	struct store *store;
	int r = store_cassandra_new(&fixture->options, clock, counters, &store, reason,
				    sizeof(reason));

	if (r < 0) {
		fprintf(stderr, "%s\n", reason);
		return r;
	}
	r = wait_until_ready(store);
	if (r < 0) {
		store_free(store);
		return r;
	}
	*ret_store = store;
	return 0;
}

int cassandra_fixture_init(struct cassandra_fixture *fixture)
{
	const char *contact_points = getenv("CASSANDRA");
	struct cql_options options = {.port = 9042,
				      .data_centre = "",
				      .user = "",
				      .password = "",
				      .tls_ca = "",
				      .tls_certificate = "",
				      .tls_key = "",
				      .connect_timeout_ms = 5000,
				      .request_timeout_ms = 20000};
	char reason[256] = "";

	*fixture = (struct cassandra_fixture){0};
	if (!contact_points) {
		fprintf(stderr,
			"CASSANDRA must name a node, as 127.0.0.1:9042: see make cassandra\n");
		return -1;
	}
	snprintf(fixture->contact_points, sizeof(fixture->contact_points), "%s", contact_points);
	snprintf(fixture->keyspace, sizeof(fixture->keyspace), "test_%ld_%d", (long)time(NULL),
		 (int)getpid());
	options.contact_points = fixture->contact_points;
	if (cql_connect(&options, &fixture->cql, reason, sizeof(reason)) < 0) {
		fprintf(stderr, "%s\n", reason);
		return -1;
	}
	fixture->options = (struct store_cassandra_options){
		.contact_points = fixture->contact_points,
		.port = 9042,
		.keyspace = fixture->keyspace,
		.replication =
			getenv("CASSANDRA_REPLICATION") ? getenv("CASSANDRA_REPLICATION") : "1",
		.consistency = "local_quorum",
		.connect_timeout_ms = 5000,
		.timeout_ms = 5000,
		.speculation_ms = 100,
		.migrate = true,
	};
	return 0;
}

void cassandra_fixture_deinit(struct cassandra_fixture *fixture)
{
	char text[128];

	snprintf(text, sizeof(text), "DROP KEYSPACE IF EXISTS %s", fixture->keyspace);
	ddl(fixture, text);
	cql_free(fixture->cql);
}
