/* How sessions with Cassandra (cql/cql.h) begin, serve threads, and end, against a real node. */
#include "cql_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/container.h"

/* ---- Connections that cannot be ---- */

static int refused(const struct cql_options *options, char reason[200])
{
	struct cql *cql = NULL;
	int r = cql_connect(options, &cql, reason, 200);

	assert_null(cql);
	assert_true(r < 0);
	return r;
}

/* A port of loopback that nobody accepts at; closed, nobody even listens. */
static int silent_port(char ret_point[32])
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	snprintf(ret_point, 32, "127.0.0.1:%u", ntohs(address.sin_port));
	return fd;
}

static void a_node_that_is_not_there_is_named(void **state)
{
	struct cql_options options = cql_options_here();
	char reason[200], point[32];

	(void)state;
	close(silent_port(point));
	options.contact_points = point;
	assert_int_equal(refused(&options, reason), -EHOSTUNREACH);
	assert_non_null(strstr(reason, point));
	assert_non_null(strstr(reason, "refused"));
}

static void a_node_that_is_silent_is_given_up_in_time(void **state)
{
	struct cql_options options = cql_options_here();
	int64_t began = clock_system()->steady_ms(clock_system());
	char reason[200], point[32];
	int fd = silent_port(point);

	(void)state;
	options.contact_points = point;
	options.connect_timeout_ms = 200;
	assert_int_equal(refused(&options, reason), -EHOSTUNREACH);
	assert_non_null(strstr(reason, "no answer in time"));
	assert_true(clock_system()->steady_ms(clock_system()) - began < 5000);
	close(fd);
}

static void the_first_contact_point_that_answers_is_enough(void **state)
{
	struct cql_options options = cql_options_here();
	char reason[200] = "", point[32], points[300];
	struct cql *cql = NULL;

	(void)state;
	close(silent_port(point));
	snprintf(points, sizeof(points), "%s, %s", point, options.contact_points);
	options.contact_points = points;
	assert_int_equal(cql_connect(&options, &cql, reason, sizeof(reason)), 0);
	cql_free(cql);
}

static void options_that_cannot_be_used_are_told(void **state)
{
	static const struct {
		struct cql_options options;
		const char *reason;
	} cases[] = {
		{{.contact_points = "127.0.0.1:99999"}, "127.0.0.1:99999"},
		{{.contact_points = "a b"}, "\"a b\" is not a contact point"},
		{{.contact_points = " , "}, "no contact point"},
		{{.contact_points = "::1", .tls_ca = "/nonexistent/ca.pem"}, "/nonexistent/ca.pem"},
		{{.contact_points = "[::1]:1", .tls_ca = "/dev/null", .tls_certificate = "/none"},
		 "/dev/null"},
	};
	char reason[200];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(refused(&cases[i].options, reason), -EINVAL);
		if (!strstr(reason, cases[i].reason))
			fail_msg("%s", reason);
	}
}

static void an_unknown_data_centre_is_refused_with_those_known(void **state)
{
	struct cql_options options = cql_options_here();
	char reason[200];

	(void)state;
	options.data_centre = "atlantis";
	assert_int_equal(refused(&options, reason), -EINVAL);
	assert_non_null(strstr(reason, "no data centre \"atlantis\", but "));
}

/* ---- The nodes ---- */

static void nodes_are_counted(void **state)
{
	struct cql *cql = cql_connect_here();
	struct cql_health health;

	(void)state;
	cql_health(cql, &health);
	assert_true(health.nodes >= 1);
	assert_true(health.nodes_up >= 1 && health.nodes_up <= health.nodes);
	cql_free(cql);
}

/* The nodes run on this machine, so that their clocks are ours. */
static void nodes_tell_their_time(void **state)
{
	struct cql *cql = cql_connect_here();
	int64_t before = clock_system()->steady_ms(clock_system());
	int64_t wall = clock_system()->wall_ms(clock_system());
	struct cql_node_time times[8];
	struct cql_health health;
	size_t count;

	(void)state;
	cql_health(cql, &health);
	count = cql_node_times(cql, 5000, times, 8);
	assert_int_equal(count, health.nodes_up);
	for (size_t i = 0; i < count; i++) {
		assert_true(times[i].asked_ms >= before);
		assert_true(times[i].answered_ms >= times[i].asked_ms);
		assert_true(times[i].wall_ms >= wall - 1);
		assert_true(times[i].wall_ms <= wall + (times[i].answered_ms - before) + 1);
		assert_non_null(strchr(times[i].address, ':'));
	}
	assert_int_equal(cql_node_times(cql, 5000, times, 0), 0);
	cql_free(cql);
}

/* ---- Threads ---- */

enum { THREADS = 4, EACH = 200 };

struct worker {
	pthread_t thread;
	struct cql *cql;
	const struct cql_statement *insert;
	unsigned number, failed;
};

static void *write_some(void *argument)
{
	struct worker *worker = argument;
	char id[32];

	for (unsigned i = 0; i < EACH; i++) {
		struct cql_value row[] = {cql_text("threads"), {.data = id}};
		struct asked asked;

		row[1].len = (uint32_t)snprintf(id, sizeof(id), "%u-%u", worker->number, i);
		cql_do(worker->cql, worker->insert, row, 2, &asked);
		worker->failed += asked.request.result != CQL_DONE;
	}
	return NULL;
}

static void threads_may_submit_at_once(void **state)
{
	struct cql *cql = cql_connect_here();
	struct worker workers[THREADS];
	const struct cql_statement *insert;

	(void)state;
	cql_make_table(cql);
	insert = cql_prepare_here(cql, "INSERT INTO " CQL_TEST_TABLE " (place, id) VALUES (?, ?)",
				  true);
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.cql = cql, .insert = insert, .number = i};
		assert_int_equal(pthread_create(&workers[i].thread, NULL, write_some, &workers[i]),
				 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		assert_int_equal(workers[i].failed, 0);
	}
	cql_free(cql);
}

/* ---- Time ---- */

static void a_wait_is_over_when_its_time_is(void **state)
{
	struct cql *cql = cql_connect_here();
	int64_t began = clock_system()->steady_ms(clock_system());
	struct asked asked;

	(void)state;
	asked_init(&asked);
	cql_wait(cql, 50, &asked.request);
	asked_wait(&asked);
	asked_done(&asked);
	assert_true(clock_system()->steady_ms(clock_system()) - began >= 50);
	cql_free(cql);
}

/* ---- The end ---- */

static void what_is_pending_at_the_end_is_closed_once(void **state)
{
	struct cql *cql = cql_connect_here();
	const struct cql_statement *read =
		cql_prepare_here(cql, "SELECT * FROM system.local", true);
	const struct cql_bound bound = {read, NULL, 0};
	struct asked wait, asked[200];

	(void)state;
	asked_init(&wait);
	cql_wait(cql, 3600000, &wait.request);
	for (size_t i = 0; i < 200; i++) {
		asked_init(&asked[i]);
		asked[i].request.consistency = CQL_ONE;
		cql_execute(cql, CQL_SINGLE, &bound, 1, &asked[i].request);
	}
	cql_free(cql);

	asked_wait(&wait);
	assert_int_equal(wait.request.result, CQL_CLOSED);
	for (size_t i = 0; i < 200; i++) {
		asked_wait(&asked[i]);
		assert_true(asked[i].request.result == CQL_DONE ||
			    asked[i].request.result == CQL_CLOSED);
		cql_rows_free(asked[i].request.rows);
	}
}

/* Submits another request whenever it completes, until the session is closed. */
struct endless {
	struct cql_request request;
	struct cql *cql;
	const struct cql_statement *read;
	struct latch begun;
	unsigned done, closed;
};

static void endless_go(struct endless *endless)
{
	const struct cql_bound bound = {endless->read, NULL, 0};

	cql_execute(endless->cql, CQL_SINGLE, &bound, 1, &endless->request);
}

static void endless_over(struct cql_request *request)
{
	struct endless *endless = container_of(request, struct endless, request);

	cql_rows_free(request->rows);
	if (request->result == CQL_DONE) {
		endless->done++;
		latch_open(&endless->begun);
		endless_go(endless);
	} else if (endless->closed++ == 0) {
		endless_go(endless); /* what comes after the end is closed, too */
	}
}

static void requests_of_completions_are_closed_at_the_end(void **state)
{
	struct endless endless = {.request = {.complete = endless_over, .consistency = CQL_ONE}};

	(void)state;
	latch_init(&endless.begun);
	endless.cql = cql_connect_here();
	endless.read = cql_prepare_here(endless.cql, "SELECT key FROM system.local", true);
	endless_go(&endless);
	assert_true(latch_wait(&endless.begun));
	cql_free(endless.cql);
	latch_deinit(&endless.begun);
	assert_true(endless.done >= 1);
	assert_int_equal(endless.closed, 2);
	assert_int_equal(endless.request.result, CQL_CLOSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_that_is_not_there_is_named),
		cmocka_unit_test(a_node_that_is_silent_is_given_up_in_time),
		cmocka_unit_test(the_first_contact_point_that_answers_is_enough),
		cmocka_unit_test(options_that_cannot_be_used_are_told),
		cmocka_unit_test(an_unknown_data_centre_is_refused_with_those_known),
		cmocka_unit_test(nodes_are_counted),
		cmocka_unit_test(nodes_tell_their_time),
		cmocka_unit_test(threads_may_submit_at_once),
		cmocka_unit_test(a_wait_is_over_when_its_time_is),
		cmocka_unit_test(what_is_pending_at_the_end_is_closed_once),
		cmocka_unit_test(requests_of_completions_are_closed_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
