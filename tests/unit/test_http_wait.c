/* Requests that wait: woken early, late or never; clients that left; drain and shutdown. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "http_fixture.h"

static struct fixture fixture;

static int start(void **state)
{
	struct http_options options = fixture_options();

	(void)state;
	fixture_start(&fixture, &options);
	return 0;
}

/* Where the time-out is what is tested. */
static int start_impatient(void **state)
{
	struct http_options options = fixture_options();

	(void)state;
	options.request_timeout_ms = 20;
	fixture_start(&fixture, &options);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	fixture_stop(&fixture);
	return 0;
}

static void ask(struct raw_client *client, const char *path)
{
	char request[128];

	snprintf(request, sizeof(request), "GET /%s HTTP/1.1\r\nHost: h\r\n\r\n", path);
	raw_send(client, request);
}

static void expect_answer(struct raw_client *client, int status, const char *body)
{
	struct raw_answer answer;

	raw_receive(client, &answer);
	assert_int_equal(answer.status, status);
	assert_string_equal(answer.body, body);
}

static void woken_request_is_resumed_and_answered(void **state)
{
	struct raw_client client;

	(void)state;
	raw_connect(&client, fixture.port);
	ask(&client, "wait");
	http_request_wake(fixture_take());
	expect_answer(&client, 200, "GET|wait 0 ");
	raw_close(&client);

	fixture_await(EVENT_SENT, 1);
	assert_int_equal(fixture_seen(EVENT_RESUME), 1);
	assert_int_equal(fixture_seen(EVENT_TIMED_OUT), 0);
	assert_int_equal(fixture_seen(EVENT_LATE), 0);
}

static void wake_may_come_before_begin_has_returned(void **state)
{
	struct raw_client client;

	(void)state;
	raw_connect(&client, fixture.port);
	for (int i = 0; i < 100; i++) {
		ask(&client, "early");
		expect_answer(&client, 200, "GET|early 0 ");
	}
	raw_close(&client);
	fixture_await(EVENT_SENT, 100);
	assert_int_equal(fixture_seen(EVENT_RESUME), 100);
}

static void resumed_request_may_wait_again(void **state)
{
	struct raw_client client;

	(void)state;
	raw_connect(&client, fixture.port);
	ask(&client, "again");
	http_request_wake(fixture_take());
	http_request_wake(fixture_take());
	expect_answer(&client, 200, "GET|again 0 ");
	raw_close(&client);
	assert_int_equal(fixture_seen(EVENT_RESUME), 2);
}

static void request_behind_one_that_waits_is_answered_after_it(void **state)
{
	struct raw_client client;

	(void)state;
	raw_connect(&client, fixture.port);
	ask(&client, "wait/first");
	ask(&client, "now/second");
	ask(&client, "wait/third");
	http_request_wake(fixture_take());
	expect_answer(&client, 200, "GET|wait|first 0 ");
	expect_answer(&client, 200, "GET|now|second 0 ");
	http_request_wake(fixture_take());
	expect_answer(&client, 200, "GET|wait|third 0 ");
	raw_close(&client);
}

static void others_are_served_while_one_waits(void **state)
{
	struct http_options options = fixture_options();
	struct raw_client waiting, other;

	(void)state;
	options.threads = 1;
	fixture_start(&fixture, &options);
	raw_connect(&waiting, fixture.port);
	raw_connect(&other, fixture.port);
	ask(&waiting, "wait");
	fixture_await(EVENT_WAITING, 1);
	ask(&other, "now");
	expect_answer(&other, 200, "GET|now 0 ");
	http_request_wake(fixture_take());
	expect_answer(&waiting, 200, "GET|wait 0 ");
	raw_close(&other);
	raw_close(&waiting);
	fixture_stop(&fixture);
}

static void requests_are_counted_while_they_wait(void **state)
{
	struct raw_client clients[3];
	struct http_request *requests[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		raw_connect(&clients[i], fixture.port);
		ask(&clients[i], "wait");
		requests[i] = fixture_take();
	}
	assert_int_equal(http_server_in_flight(fixture.server), 3);
	http_request_wake(requests[1]);
	expect_answer(&clients[1], 200, "GET|wait 0 ");
	fixture_await(EVENT_SENT, 1);
	assert_int_equal(http_server_waiting(fixture.server), 2);

	http_request_wake(requests[0]);
	http_request_wake(requests[2]);
	fixture_await(EVENT_SENT, 3);
	assert_int_equal(http_server_waiting(fixture.server), 0);
	for (int i = 0; i < 3; i++)
		raw_close(&clients[i]);
}

static void long_wait_is_given_up_and_its_wake_is_late(void **state)
{
	struct http_request *request;
	struct raw_client client;

	(void)state;
	raw_connect(&client, fixture.port);
	ask(&client, "wait");
	request = fixture_take();
	expect_answer(&client, 503, "{}");
	fixture_await(EVENT_SENT, 1);
	ask(&client, "now");
	expect_answer(&client, 200, "GET|now 0 ");

	assert_int_equal(fixture_seen(EVENT_LATE), 0);
	http_request_wake(request);
	assert_int_equal(fixture_seen(EVENT_LATE), 1);
	assert_int_equal(fixture_seen(EVENT_TIMED_OUT), 1);
	assert_int_equal(fixture_seen(EVENT_RESUME), 0);
	assert_int_equal(counter_get(&fixture.counters, COUNTER_HTTP_TIMED_OUT), 1);
	assert_int_equal(counter_get(&fixture.counters, COUNTER_HTTP_LATE), 1);
	raw_close(&client);
}

static void wake_while_it_is_given_up_is_late(void **state)
{
	struct raw_client client;

	(void)state;
	raw_connect(&client, fixture.port);
	ask(&client, "giving-up");
	fixture_take();
	expect_answer(&client, 503, "{}");
	fixture_await(EVENT_LATE, 1);
	fixture_await(EVENT_SENT, 1);
	assert_int_equal(fixture_seen(EVENT_RESUME), 0);
	raw_close(&client);
}

static void waits_are_given_up_in_their_order(void **state)
{
	struct raw_client clients[5];

	(void)state;
	for (int i = 0; i < 5; i++) {
		raw_connect(&clients[i], fixture.port);
		ask(&clients[i], "wait");
		fixture_await(EVENT_WAITING, (unsigned)i + 1);
	}
	for (int i = 0; i < 5; i++) {
		expect_answer(&clients[i], 503, "{}");
		raw_close(&clients[i]);
	}
	fixture_await(EVENT_SENT, 5);
	assert_int_equal(fixture_seen(EVENT_TIMED_OUT), 5);
}

static void client_that_left_while_it_waited_was_sent_nothing(void **state)
{
	void (*const leave[])(struct raw_client *) = {raw_close, raw_reset};
	struct raw_client client;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct http_request *request;

		raw_connect(&client, fixture.port);
		ask(&client, "wait");
		request = fixture_take();
		leave[i](&client);
		http_request_wake(request);
		fixture_await(EVENT_UNSENT, i + 1);
		assert_int_equal(fixture_seen(EVENT_RESUME), i + 1);
	}
	assert_int_equal(fixture_seen(EVENT_SENT), 0);
	fixture_await_in_flight(&fixture, 0);
}

/* It may read on, or not: it is answered, and what was for it alone does not count as sent. */
static void client_that_only_ended_its_sending_is_answered_in_doubt(void **state)
{
	struct http_request *request;
	struct raw_client client;
	struct raw_answer answer;

	(void)state;
	raw_connect(&client, fixture.port);
	ask(&client, "wait");
	request = fixture_take();
	raw_end_sending(&client);
	http_request_wake(request);
	raw_receive(&client, &answer);
	assert_int_equal(answer.status, 200);
	fixture_await(EVENT_UNSENT, 1);
	raw_close(&client);
}

static void client_that_left_before_a_second_wait_was_sent_nothing(void **state)
{
	struct http_request *request;
	struct raw_client client;

	(void)state;
	raw_connect(&client, fixture.port);
	ask(&client, "again");
	request = fixture_take();
	raw_reset(&client);
	http_request_wake(request);
	/* Whether it may wait again or is told to give up is the network's choice. */
	http_request_wake(fixture_take());
	fixture_await(EVENT_UNSENT, 1);
	assert_int_equal(fixture_seen(EVENT_RESUME) + fixture_seen(EVENT_TIMED_OUT), 2);
	assert_int_equal(fixture_seen(EVENT_LATE), fixture_seen(EVENT_TIMED_OUT));
}

static void abandoned_waits_are_answered_and_wakes_come_late(void **state)
{
	struct http_request *requests[3];
	struct raw_client clients[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		raw_connect(&clients[i], fixture.port);
		ask(&clients[i], "wait");
		requests[i] = fixture_take();
	}
	http_server_abandon_waits(fixture.server);
	assert_int_equal(fixture_seen(EVENT_TIMED_OUT), 3);
	assert_int_equal(http_server_waiting(fixture.server), 0);
	for (int i = 0; i < 3; i++)
		expect_answer(&clients[i], 503, "{}");

	for (int i = 0; i < 3; i++)
		http_request_wake(requests[i]);
	assert_int_equal(fixture_seen(EVENT_LATE), 3);
	for (int i = 0; i < 3; i++)
		raw_close(&clients[i]);
}

static void nothing_new_begins_once_refused_but_what_waits_goes_on(void **state)
{
	struct http_request *request;
	struct raw_client waiting;
	struct raw_client idle;

	(void)state;
	raw_connect(&waiting, fixture.port);
	raw_connect(&idle, fixture.port);
	ask(&idle, "now");
	expect_answer(&idle, 200, "GET|now 0 ");
	ask(&waiting, "wait");
	request = fixture_take();
	http_server_quiesce(fixture.server);
	http_server_refuse(fixture.server);

	ask(&idle, "now");
	raw_expect_end(&idle);
	http_request_wake(request);
	expect_answer(&waiting, 200, "GET|wait 0 ");
	raw_expect_end(&waiting);
	raw_close(&waiting);
	raw_close(&idle);
	assert_int_equal(fixture_seen(EVENT_BEGIN), 2);
}

static void nothing_begins_once_waits_are_abandoned(void **state)
{
	struct raw_client client;

	(void)state;
	raw_connect(&client, fixture.port);
	ask(&client, "now");
	expect_answer(&client, 200, "GET|now 0 ");
	http_server_abandon_waits(fixture.server);

	ask(&client, "now");
	raw_expect_end(&client);
	raw_close(&client);
	assert_int_equal(fixture_seen(EVENT_BEGIN), 1);
}

static void quiesced_server_ends_each_connection_behind_its_answer(void **state)
{
	struct raw_client idle, waiting, late;
	struct raw_answer answer;

	(void)state;
	raw_connect(&idle, fixture.port);
	ask(&idle, "now");
	expect_answer(&idle, 200, "GET|now 0 ");
	raw_connect(&waiting, fixture.port);
	ask(&waiting, "wait");
	fixture_await(EVENT_WAITING, 1);

	http_server_quiesce(fixture.server);
	assert_false(raw_try_connect(&late, fixture.port));
	fixture_await_in_flight(&fixture, 1);

	ask(&idle, "now");
	raw_receive(&idle, &answer);
	assert_int_equal(answer.status, 200);
	assert_true(raw_has_header(&answer, "Connection: close"));
	raw_expect_end(&idle);

	http_request_wake(fixture_take());
	raw_receive(&waiting, &answer);
	assert_int_equal(answer.status, 200);
	assert_true(raw_has_header(&answer, "Connection: close"));
	raw_expect_end(&waiting);
	fixture_await(EVENT_SENT, 3);
	fixture_await_in_flight(&fixture, 0);
	raw_close(&waiting);
	raw_close(&idle);
}

static void server_is_freed_with_connections_in_every_state(void **state)
{
	struct raw_client idle, reading, waiting, pipelined;

	start(state);
	raw_connect(&idle, fixture.port);
	ask(&idle, "now");
	expect_answer(&idle, 200, "GET|now 0 ");
	raw_connect(&reading, fixture.port);
	raw_send(&reading, "PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo");
	raw_connect(&waiting, fixture.port);
	ask(&waiting, "wait");
	raw_connect(&pipelined, fixture.port);
	ask(&pipelined, "wait");
	ask(&pipelined, "wait");
	fixture_await(EVENT_WAITING, 2);

	fixture_stop(&fixture);
	assert_int_equal(fixture_seen(EVENT_TIMED_OUT), 2);
	assert_int_equal(fixture_seen(EVENT_LATE), 2);
	raw_drain(&idle);
	raw_drain(&reading);
	raw_drain(&waiting);
	raw_drain(&pipelined);
	raw_close(&idle);
	raw_close(&reading);
	raw_close(&waiting);
	raw_close(&pipelined);
}

#define RACERS 4
#define ROUNDS 150

/* Wakes race with a time-out of a few milliseconds. */
static void *race(void *ctx)
{
	struct raw_client *client = ctx;
	struct raw_answer answer;

	raw_connect(client, fixture.port);
	for (int i = 0; i < ROUNDS; i++) {
		ask(client, i % 8 == 0 ? "early" : "wait");
		raw_receive(client, &answer);
	}
	raw_close(client);
	return NULL;
}

static void every_wait_ends_once_whoever_wins(void **state)
{
	const unsigned waits = RACERS * (ROUNDS - (ROUNDS + 7) / 8);
	static struct raw_client clients[RACERS];
	struct http_options options = fixture_options();
	pthread_t threads[RACERS];

	(void)state;
	options.request_timeout_ms = 2;
	fixture_start(&fixture, &options);
	for (int i = 0; i < RACERS; i++)
		pthread_create(&threads[i], NULL, race, &clients[i]);
	for (unsigned i = 0; i < waits; i++) {
		struct http_request *request = fixture_take();

		/* Before, around and after the time-out. */
		poll(NULL, 0, (int)(i % 4));
		http_request_wake(request);
	}
	for (int i = 0; i < RACERS; i++)
		pthread_join(threads[i], NULL);

	fixture_await(EVENT_SENT, RACERS * ROUNDS);
	assert_int_equal(fixture_seen(EVENT_RESUME) + fixture_seen(EVENT_TIMED_OUT),
			 RACERS * ROUNDS);
	assert_int_equal(fixture_seen(EVENT_LATE), fixture_seen(EVENT_TIMED_OUT));
	assert_true(fixture_seen(EVENT_LATE) > 0);
	fixture_stop(&fixture);
}

#define served(test) cmocka_unit_test_setup_teardown(test, start, stop)
#define impatient(test) cmocka_unit_test_setup_teardown(test, start_impatient, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		served(woken_request_is_resumed_and_answered),
		served(wake_may_come_before_begin_has_returned),
		served(resumed_request_may_wait_again),
		served(request_behind_one_that_waits_is_answered_after_it),
		cmocka_unit_test(others_are_served_while_one_waits),
		served(requests_are_counted_while_they_wait),
		impatient(long_wait_is_given_up_and_its_wake_is_late),
		impatient(wake_while_it_is_given_up_is_late),
		impatient(waits_are_given_up_in_their_order),
		served(client_that_left_while_it_waited_was_sent_nothing),
		served(client_that_only_ended_its_sending_is_answered_in_doubt),
		served(client_that_left_before_a_second_wait_was_sent_nothing),
		served(abandoned_waits_are_answered_and_wakes_come_late),
		served(nothing_new_begins_once_refused_but_what_waits_goes_on),
		served(nothing_begins_once_waits_are_abandoned),
		served(quiesced_server_ends_each_connection_behind_its_answer),
		cmocka_unit_test(server_is_freed_with_connections_in_every_state),
		cmocka_unit_test(every_wait_ends_once_whoever_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
