/* Connections that are too many or too slow, and requests that come too late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include <cmocka.h>
#include <poll.h>

#include "http/late.h"
#include "http_fixture.h"

#define GET_NOW "GET /now HTTP/1.1\r\nHost: h\r\n\r\n"
#define PATIENCE_S 20
#define TRICKLE_MS 20
#define LARGE_BODY (8 << 20)

static struct fixture fixture;

static void start_with(const struct http_options *options)
{
	fixture_start(&fixture, options);
}

static int stop(void **state)
{
	(void)state;
	fixture_stop(&fixture);
	return 0;
}

static uint64_t counted(enum counter counter)
{
	return counter_get(&fixture.counters, counter);
}

static bool is_closed_within_ms(int fd, int ms)
{
	struct pollfd descriptor = {.fd = fd, .events = POLLIN | POLLRDHUP};

	return poll(&descriptor, 1, ms) > 0 && descriptor.revents & (POLLHUP | POLLERR | POLLRDHUP);
}

/* Byte by byte, so that the connection is never silent, until it is closed; at most for a while. */
static void trickle(struct raw_client *client, char byte)
{
	time_t until = time(NULL) + PATIENCE_S;

	while (!is_closed_within_ms(client->fd, TRICKLE_MS)) {
		assert_true(time(NULL) < until);
		raw_try_send(client, &byte, 1);
	}
}

/* ---- Slow clients ---- */

static void client_that_trickles(const char *beginning, char byte)
{
	struct http_options options = fixture_options();
	struct raw_client client;

	options.receive_timeout_ms = 300;
	start_with(&options);
	raw_connect(&client, fixture.port);
	raw_send(&client, beginning);
	trickle(&client, byte);
	raw_close(&client);
	fixture_await(EVENT_UNSENT, 1);
	assert_int_equal(fixture_seen(EVENT_BEGIN), 0);
	assert_int_equal(counted(COUNTER_HTTP_CLOSED_SLOW_RECEIVE), 1);
}

static void headers_that_trickle_in_end_the_connection(void **state)
{
	(void)state;
	client_that_trickles("GET /now HTTP/1.1\r\nX-Slow: ", 'a');
}

static void body_that_trickles_in_ends_the_connection(void **state)
{
	(void)state;
	client_that_trickles("PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n", 'b');
}

static void first_line_that_trickles_in_ends_the_connection(void **state)
{
	struct http_options options = fixture_options();
	struct raw_client client;

	(void)state;
	options.idle_timeout_s = 1;
	options.receive_timeout_ms = 300;
	start_with(&options);
	raw_connect(&client, fixture.port);
	raw_send(&client, "GET /");
	trickle(&client, 'c');
	raw_close(&client);
	assert_int_equal(counted(COUNTER_HTTP_CLOSED_SLOW_RECEIVE), 1);
}

static void answer_that_nobody_reads_ends_the_connection(void **state)
{
	struct http_options options = fixture_options();
	char *body = malloc(LARGE_BODY);
	struct raw_client client;
	int room = 4096;
	char head[128];

	(void)state;
	assert_non_null(body);
	memset(body, 'x', LARGE_BODY);
	options.body_max_bytes = LARGE_BODY;
	options.send_timeout_ms = 300;
	start_with(&options);
	raw_connect(&client, fixture.port);
	setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	snprintf(head, sizeof(head), "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n",
		 LARGE_BODY);
	raw_send(&client, head);
	assert_true(raw_try_send(&client, body, LARGE_BODY));
	fixture_await(EVENT_UNSENT, 1);
	assert_int_equal(fixture_seen(EVENT_BEGIN), 1);
	assert_int_equal(counted(COUNTER_HTTP_CLOSED_SLOW_SEND), 1);
	raw_close(&client);
	free(body);
}

static void request_that_waits_is_not_slow(void **state)
{
	struct http_options options = fixture_options();
	struct raw_client slow, client;
	struct raw_answer answer;

	(void)state;
	options.receive_timeout_ms = 300;
	options.send_timeout_ms = 300;
	start_with(&options);
	raw_connect(&client, fixture.port);
	raw_send(&client, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
	fixture_await(EVENT_WAITING, 1);

	/* Until another one, which came later, has been given up. */
	raw_connect(&slow, fixture.port);
	raw_send(&slow, "GET /now HTTP/1.1\r\nX-Slow: ");
	trickle(&slow, 'a');
	raw_close(&slow);

	http_request_wake(fixture_take());
	raw_receive(&client, &answer);
	assert_int_equal(answer.status, 200);
	raw_close(&client);
}

/* ---- Many connections ---- */

static void expect_served(struct raw_client *client)
{
	struct raw_answer answer;

	raw_send(client, GET_NOW);
	raw_receive(client, &answer);
	assert_int_equal(answer.status, 200);
}

static void await_connections(unsigned number)
{
	time_t until = time(NULL) + PATIENCE_S;

	while (http_server_connections(fixture.server) != number)
		assert_true(time(NULL) < until);
}

/* Two are allowed: a third is closed and what it asks is not begun; one that comes after one of the
 * two has left is served. */
static void expect_two(enum counter counter)
{
	struct raw_client clients[3];

	for (size_t i = 0; i < 2; i++) {
		raw_connect(&clients[i], fixture.port);
		expect_served(&clients[i]);
	}
	raw_connect(&clients[2], fixture.port);
	raw_try_send(&clients[2], GET_NOW, strlen(GET_NOW));
	raw_expect_end(&clients[2]);
	assert_int_equal(fixture_seen(EVENT_BEGIN), 2);
	raw_close(&clients[2]);
	assert_int_equal(counted(counter), 1);
	await_connections(2);
	expect_served(&clients[0]);

	raw_close(&clients[1]);
	await_connections(1);
	raw_connect(&clients[1], fixture.port);
	expect_served(&clients[1]);
	raw_close(&clients[0]);
	raw_close(&clients[1]);
}

static void connections_beyond_the_limit_are_closed(void **state)
{
	struct http_options options = fixture_options();

	(void)state;
	options.connections_max = 2;
	start_with(&options);
	expect_two(COUNTER_HTTP_REFUSED_CONNECTIONS);
}

static void connections_of_one_address_beyond_the_limit_are_closed(void **state)
{
	struct http_options options = fixture_options();

	(void)state;
	options.connections_per_address_max = 2;
	start_with(&options);
	expect_two(COUNTER_HTTP_REFUSED_ADDRESS);
}

static void load_balancers_may_have_any_number_of_connections(void **state)
{
	struct http_options options = fixture_options();
	struct raw_client clients[10];

	(void)state;
	options.connections_per_address_max = 2;
	options.allowed_peers = "127.0.0.1";
	start_with(&options);
	for (size_t i = 0; i < 10; i++) {
		raw_connect(&clients[i], fixture.port);
		expect_served(&clients[i]);
	}
	for (size_t i = 0; i < 10; i++)
		raw_close(&clients[i]);
}

/* ---- Late requests ---- */

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void ask_with_deadline(int64_t deadline_ms, struct raw_answer *answer)
{
	char request[256];

	snprintf(request, sizeof(request),
		 "PUT /now HTTP/1.1\r\nHost: h\r\nX-Request-Deadline: %lld\r\n"
		 "Content-Length: 2\r\n\r\n{}",
		 (long long)deadline_ms);
	fixture_ask(&fixture, request, answer);
}

static void request_past_its_deadline_is_not_begun(void **state)
{
	struct http_options options = fixture_options();
	struct raw_answer answer;

	(void)state;
	start_with(&options);
	ask_with_deadline(wall_ms() - 1000, &answer);
	assert_int_equal(answer.status, 503);
	assert_string_equal(answer.body, "{\"message\":\"Temporary Unavailable\","
					 "\"detail\":\"X-Request-Deadline: is past\"}");
	assert_true(raw_has_header(&answer, "Retry-After: 1"));
	assert_int_equal(fixture_seen(EVENT_BEGIN), 0);
	assert_int_equal(counted(COUNTER_HTTP_REFUSED_LATE), 1);
}

static void request_whose_body_comes_past_its_deadline_is_not_begun(void **state)
{
	struct http_options options = fixture_options();
	struct timespec deadline;
	struct raw_client client;
	struct raw_answer answer;
	int64_t deadline_ms;
	char request[256];

	(void)state;
	start_with(&options);
	deadline_ms = wall_ms() + 200;
	snprintf(request, sizeof(request),
		 "PUT /now HTTP/1.1\r\nHost: h\r\nX-Request-Deadline: %lld\r\n"
		 "Content-Length: 2\r\n\r\n",
		 (long long)deadline_ms);
	raw_connect(&client, fixture.port);
	raw_send(&client, request);
	deadline = (struct timespec){.tv_sec = deadline_ms / 1000 + 1};
	assert_int_equal(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &deadline, NULL), 0);
	raw_send(&client, "{}");
	raw_receive(&client, &answer);
	assert_int_equal(answer.status, 503);
	assert_int_equal(fixture_seen(EVENT_BEGIN), 0);
	assert_int_equal(counted(COUNTER_HTTP_REFUSED_LATE), 1);
	raw_close(&client);
}

static void request_before_its_deadline_is_served(void **state)
{
	struct http_options options = fixture_options();
	struct raw_answer answer;

	(void)state;
	start_with(&options);
	ask_with_deadline(wall_ms() + 60000, &answer);
	assert_int_equal(answer.status, 200);
}

static void stamp_that_is_no_moment_says_nothing(void **state)
{
	const char *stamps[] = {"", "soon", "-1", "1e3", "12345678901234567", " 1"};

	(void)state;
	for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++)
		assert_false(late_is_past(slice_of(stamps[i]), INT64_MAX));
	assert_true(late_is_past(SLICE("1700000000000"), 1700000000001));
	assert_false(late_is_past(SLICE("1700000000000"), 1700000000000));
}

#define served(test) cmocka_unit_test_teardown(test, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		served(headers_that_trickle_in_end_the_connection),
		served(body_that_trickles_in_ends_the_connection),
		served(first_line_that_trickles_in_ends_the_connection),
		served(answer_that_nobody_reads_ends_the_connection),
		served(request_that_waits_is_not_slow),
		served(connections_beyond_the_limit_are_closed),
		served(connections_of_one_address_beyond_the_limit_are_closed),
		served(load_balancers_may_have_any_number_of_connections),
		served(request_past_its_deadline_is_not_begun),
		served(request_whose_body_comes_past_its_deadline_is_not_begun),
		served(request_before_its_deadline_is_served),
		cmocka_unit_test(stamp_that_is_no_moment_says_nothing),
	};

	return cmocka_run_group_tests_name("http_limits", tests, NULL, NULL);
}
