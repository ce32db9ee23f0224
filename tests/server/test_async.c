/*
 * Requests whose store answers late, never, twice or with failures: what clients get, and that
 * nothing is lost, leaked or told twice. Every moment is waited for, none is slept through.
 */
#include "async_rig.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "latch.h"

static struct rig rig;

static int start_patient(void **state)
{
	(void)state;
	rig_start(&rig, PATIENT_MS);
	return 0;
}

static int start_impatient(void **state)
{
	(void)state;
	rig_start(&rig, IMPATIENT_MS);
	return 0;
}

static int end(void **state)
{
	(void)state;
	rig_end(&rig);
	return 0;
}

static void release(void)
{
	store_fake_release(rig.store);
	assert_true(store_fake_wait_released(rig.store));
}

/* A request of each kind, what it is answered while h1 is there, and what its lack of a store. */
struct row {
	const char *text;
	int status;
	const char *part;
};

static const struct row rows[] = {
	{PUT_H1, 200, "{\"message\":\"Hyperty created\"}"},
	{KEEP_ALIVE_H1, 200, "Keep alive"},
	{GET_H1, 200, "\"hypertyID\":\"h1\""},
	{GET_ANN, 200, "{\"h1\":{"},
	{GET("/hyperty/user/ann/x?resources=chat"), 200, "{\"h1\":{"},
	{GET("/hyperty/user/ann/x?resources=tea"), 404, "Not Found"},
	{GET("/hyperty/url/h2"), 404, "Not Found"},
	{GET("/hyperty/user/bob"), 404, "Not Found"},
	{GET_UPDATED, 200, "{}"},
	{GET("/overview"), 200, "<bdi>h1</bdi>"},
	{GET("/overview?list=users"), 200, "<bdi>ann</bdi>"},
	{GET("/overview?list=updates"), 200, ">None.<"},
	{GET("/overview?by=user&q=ann"), 200, "<bdi>h1</bdi>"},
	{GET("/overview?by=hyperty&q=h2"), 200, ">None.<"},
	{DELETE_H1, 200, "Hyperty deleted"},
};
#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

/* ---- Late, but in time ---- */

static void a_late_answer_is_sent_when_it_comes(void **state)
{
	struct raw_client client;

	(void)state;
	rig_make_hyperty(&rig);
	rig_conduct(&rig, FAKE_LATE, 0);
	for (size_t i = 0; i < ROW_COUNT; i++) {
		rig_send_held(&rig, &client, rows[i].text, 1);
		store_fake_release(rig.store);
		rig_receive(&client, rows[i].status, rows[i].part);
		raw_close(&client);
	}
	assert_int_equal(rig_counter(&rig, COUNTER_HTTP_LATE), 0);
}

static void an_answer_may_come_before_the_submission_returns(void **state)
{
	(void)state;
	rig_make_hyperty(&rig);
	rig_conduct(&rig, FAKE_EARLY, 0);
	for (size_t i = 0; i < ROW_COUNT; i++)
		rig_expect(&rig, rows[i].text, rows[i].status, rows[i].part);
}

static void others_are_served_while_many_wait(void **state)
{
	static struct raw_client clients[40];

	(void)state;
	rig_make_hyperty(&rig);
	store_fake_conduct(rig.store, FAKE_GET, FAKE_LATE, 0);
	for (unsigned i = 0; i < 40; i++)
		rig_send_held(&rig, &clients[i], GET_H1, i + 1);

	rig_expect(&rig, GET_ANN, 200, "{\"h1\":{");
	rig_expect(&rig, KEEP_ALIVE_H1, 200, "Keep alive");
	assert_int_equal(http_server_in_flight(rig.http) >= 40, 1);
	store_fake_release(rig.store);
	for (unsigned i = 0; i < 40; i++) {
		rig_receive(&clients[i], 200, "\"status\":\"live\"");
		raw_close(&clients[i]);
	}
}

static void pipelined_answers_keep_their_order(void **state)
{
	struct raw_client client;

	(void)state;
	rig_make_hyperty(&rig);
	store_fake_conduct(rig.store, FAKE_GET, FAKE_LATE, 0);
	rig_send_held(&rig, &client, GET_H1 GET_ANN GET("/nope"), 1);
	store_fake_release(rig.store);

	rig_receive(&client, 200, "{\"resources\"");
	rig_receive(&client, 200, "{\"h1\":{");
	rig_receive(&client, 404, "Not Found");
	raw_close(&client);
}

static void a_head_that_waits_is_answered_without_a_body(void **state)
{
	struct raw_client client;
	struct raw_answer answer;

	(void)state;
	rig_make_hyperty(&rig);
	store_fake_conduct(rig.store, FAKE_GET, FAKE_LATE, 0);
	rig_send_held(&rig, &client, "HEAD /hyperty/url/h1 HTTP/1.1\r\nHost: t\r\n\r\n", 1);
	store_fake_release(rig.store);

	raw_receive_head(&client, &answer);
	assert_int_equal(answer.status, 200);
	raw_send(&client, GET("/nope"));
	rig_receive(&client, 404, "Not Found");
	raw_close(&client);
}

static void a_late_write_counts_in_its_order(void **state)
{
	struct raw_client put, get;

	(void)state;
	rig_conduct(&rig, FAKE_LATE, 0);
	rig_send_held(&rig, &put, PUT_H1, 1);
	rig_send_held(&rig, &get, GET_H1, 2);
	store_fake_release(rig.store);

	rig_receive(&put, 200, "Hyperty created");
	rig_receive(&get, 200, "\"hypertyID\":\"h1\"");
	raw_close(&put);
	raw_close(&get);
}

/* ---- Too late ---- */

static void a_wait_that_is_too_long_ends_with_503_and_the_late_answer_is_thrown_away(void **state)
{
	struct raw_client client;
	unsigned late = 0;

	(void)state;
	rig_make_hyperty(&rig);
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (strcmp(rows[i].text, GET_UPDATED) == 0)
			continue;
		rig_conduct(&rig, FAKE_LATE, 0);
		rig_send_held(&rig, &client, rows[i].text, 1);
		rig_receive_unavailable(&client);
		assert_int_equal(rig_counter(&rig, COUNTER_HTTP_LATE), late);
		release();
		late++;

		assert_int_equal(rig_counter(&rig, COUNTER_HTTP_TIMED_OUT), late);
		assert_int_equal(rig_counter(&rig, COUNTER_HTTP_LATE), late);
		rig_conduct(&rig, FAKE_AT_ONCE, 0);
		raw_send(&client, GET("/nope")); /* the connection goes on */
		rig_receive(&client, 404, "Not Found");
		raw_close(&client);
	}
}

static void a_write_that_was_too_late_may_have_happened(void **state)
{
	struct raw_client client;

	(void)state;
	rig_conduct(&rig, FAKE_LATE, 0);
	rig_send_held(&rig, &client, PUT_H1, 1);
	rig_receive_unavailable(&client);
	raw_close(&client);
	release();

	rig_conduct(&rig, FAKE_AT_ONCE, 0);
	rig_expect(&rig, GET_H1, 200, "\"hypertyID\":\"h1\"");
}

/* Connectors break on anything but 200 and an object (spec 6.14). */
static void news_that_are_too_late_are_none_and_come_to_the_next_reader(void **state)
{
	struct raw_client client;

	(void)state;
	rig_make_news(&rig);
	rig_conduct(&rig, FAKE_LATE, 0);
	rig_send_held(&rig, &client, GET_UPDATED, 1);
	rig_receive(&client, 200, "{}");
	raw_close(&client);
	assert_int_equal(rig_counter(&rig, COUNTER_UPDATES_REFUSED), 1);
	release();

	assert_int_equal(rig_counter(&rig, COUNTER_HTTP_LATE), 1);
	assert_true(store_fake_wait_settled(rig.store, SETTLE_UNSENT, 1));
	rig_conduct(&rig, FAKE_AT_ONCE, 0);
	rig_expect(&rig, GET_UPDATED, 200, "{\"h1\":{");
	rig_expect(&rig, GET_UPDATED, 200, "{}");
}

static void what_is_never_answered_is_given_up_and_completed_at_the_end(void **state)
{
	struct raw_client clients[5];

	(void)state;
	rig_make_news(&rig);
	rig_conduct(&rig, FAKE_NEVER, 0);
	rig_send_held(&rig, &clients[0], PUT_H1, 1);
	rig_send_held(&rig, &clients[1], GET_H1, 2);
	rig_send_held(&rig, &clients[2], GET_ANN, 3);
	rig_send_held(&rig, &clients[3], DELETE_H1, 4);
	rig_send_held(&rig, &clients[4], GET_UPDATED, 5);
	for (int i = 0; i < 4; i++)
		rig_receive_unavailable(&clients[i]);
	rig_receive(&clients[4], 200, "{}");

	rig_abandon_waits(&rig);
	assert_int_equal(rig_counter(&rig, COUNTER_HTTP_LATE), 0);
	rig_stop_store(&rig);
	assert_int_equal(rig_counter(&rig, COUNTER_HTTP_LATE), 5);
	for (int i = 0; i < 5; i++)
		raw_close(&clients[i]);
}

/* Answers and time-outs at the same moment: whoever wins, each request is answered once. */
static void *release_again_and_again(void *ctx)
{
	struct latch *enough = ctx;

	for (int i = 0; i < 1000000; i++) {
		bool stop;

		pthread_mutex_lock(&enough->lock);
		stop = enough->is_open;
		pthread_mutex_unlock(&enough->lock);
		if (stop)
			break;
		store_fake_release(rig.store);
		store_fake_wait_released(rig.store);
	}
	return NULL;
}

static void an_answer_and_a_time_out_may_meet(void **state)
{
	static const char *const texts[] = {PUT_H1, GET_H1, DELETE_H1, GET_UPDATED, KEEP_ALIVE_H1};
	struct raw_client client;
	struct raw_answer answer;
	struct latch enough;
	pthread_t thread;

	(void)state;
	rig_end(&rig);
	rig_start(&rig, 1);
	rig_conduct(&rig, FAKE_LATE, 0);
	latch_init(&enough);
	assert_int_equal(pthread_create(&thread, NULL, release_again_and_again, &enough), 0);
	raw_connect(&client, http_server_port(rig.http));
	for (int i = 0; i < 1000; i++) {
		raw_send(&client, texts[i % 5]);
		raw_receive(&client, &answer);
		assert_true(answer.status == 200 || answer.status == 404 || answer.status == 408 ||
			    answer.status == 503);
	}
	latch_open(&enough);
	pthread_join(thread, NULL);
	release();
	raw_close(&client);
	latch_deinit(&enough);
	assert_int_equal(rig_counter(&rig, COUNTER_HTTP_LATE),
			 rig_counter(&rig, COUNTER_HTTP_TIMED_OUT));
}

/* ---- The client leaves ---- */

static void a_client_that_left_does_not_keep_its_request(void **state)
{
	struct raw_client client;

	(void)state;
	rig_make_hyperty(&rig);
	for (size_t i = 0; i < ROW_COUNT; i++) {
		rig_conduct(&rig, FAKE_LATE, 0);
		rig_send_held(&rig, &client, rows[i].text, 1);
		if (i % 2)
			raw_close(&client);
		else
			raw_reset(&client);
		release();
	}

	assert_int_equal(rig_counter(&rig, COUNTER_HTTP_LATE), 0);
	rig_conduct(&rig, FAKE_AT_ONCE, 0);
	rig_expect(&rig, GET_H1, 408, "\"status\":\"disconnected\"");
}

static void news_for_a_client_that_left_come_to_the_next_reader(void **state)
{
	struct raw_client client;

	(void)state;
	for (unsigned i = 1; i <= 2; i++) {
		rig_make_news(&rig);
		rig_conduct(&rig, FAKE_LATE, 0);
		rig_send_held(&rig, &client, GET_UPDATED, 1);
		if (i == 1)
			raw_close(&client);
		else
			raw_reset(&client);
		release();
		assert_true(store_fake_wait_settled(rig.store, SETTLE_UNSENT, i));

		rig_conduct(&rig, FAKE_AT_ONCE, 0);
		rig_expect(&rig, GET_UPDATED, 200, "{\"h1\":{");
		assert_true(store_fake_wait_settled(rig.store, SETTLE_SENT, i));
		rig_expect(&rig, GET_UPDATED, 200, "{}");
	}
}

static void news_are_settled_as_sent_once_their_answer_has_left(void **state)
{
	struct store_count count;
	struct raw_client client;

	(void)state;
	rig_make_news(&rig);
	rig_conduct(&rig, FAKE_LATE, 0);
	rig_send_held(&rig, &client, GET_UPDATED, 1);
	store_fake_release(rig.store);
	rig_receive(&client, 200, "{\"h1\":{");

	assert_true(store_fake_wait_settled(rig.store, SETTLE_SENT, 1));
	store_count(rig.store, &count);
	assert_int_equal(count.pending_updates, 0);
	raw_close(&client);
}

static void what_came_back_while_its_news_were_on_the_way_is_no_news(void **state)
{
	struct raw_client client;

	(void)state;
	rig_make_news(&rig);
	store_fake_conduct(rig.store, FAKE_TAKE, FAKE_LATE, 0);
	rig_send_held(&rig, &client, GET_UPDATED, 1);
	rig_expect(&rig, KEEP_ALIVE_H1, 200, "\"statusChanged\":\"true\"");
	store_fake_release(rig.store);

	rig_receive(&client, 200, "{}");
	raw_close(&client);
}

/* ---- The end, with requests under way ---- */

static void at_the_end_those_who_wait_are_answered_and_the_store_completes_the_rest(void **state)
{
	struct raw_client clients[4];

	(void)state;
	rig_make_news(&rig);
	rig_conduct(&rig, FAKE_LATE, 0);
	rig_send_held(&rig, &clients[0], PUT_H1, 1);
	rig_send_held(&rig, &clients[1], GET_ANN, 2);
	rig_conduct(&rig, FAKE_NEVER, 0);
	rig_send_held(&rig, &clients[2], DELETE_H1, 3);
	rig_send_held(&rig, &clients[3], GET_UPDATED, 4);

	rig_abandon_waits(&rig);
	for (int i = 0; i < 3; i++)
		rig_receive_unavailable(&clients[i]);
	rig_receive(&clients[3], 200, "{}");
	rig_stop_store(&rig);

	assert_int_equal(rig_counter(&rig, COUNTER_HTTP_TIMED_OUT), 4);
	assert_int_equal(rig_counter(&rig, COUNTER_HTTP_LATE), 4);
	for (int i = 0; i < 4; i++) {
		raw_expect_end(&clients[i]);
		raw_close(&clients[i]);
	}
}

static void news_taken_during_the_end_stay_news(void **state)
{
	struct raw_client client;
	struct store_count count;

	(void)state;
	rig_make_news(&rig);
	store_fake_conduct(rig.store, FAKE_TAKE, FAKE_LATE, 0);
	rig_send_held(&rig, &client, GET_UPDATED, 1);
	rig_abandon_waits(&rig);
	release();

	assert_true(store_fake_wait_settled(rig.store, SETTLE_UNSENT, 1));
	store_count(rig.store, &count);
	assert_int_equal(count.pending_updates, 1);
	raw_close(&client);
}

static void the_end_waits_for_no_client(void **state)
{
	struct raw_client left, silent;

	(void)state;
	rig_conduct(&rig, FAKE_NEVER, 0);
	rig_send_held(&rig, &left, GET_H1, 1);
	raw_reset(&left);
	rig_send_held(&rig, &silent, GET_H1, 2);
	rig_abandon_waits(&rig);
	rig_stop_store(&rig);

	assert_int_equal(rig_counter(&rig, COUNTER_HTTP_LATE), 2);
	raw_close(&silent);
}

static void *release_once(void *ctx)
{
	(void)ctx;
	release();
	return NULL;
}

/* Each is answered, or told that the server goes; never twice, never not at all. */
static void answers_may_come_while_the_server_ends(void **state)
{
	static struct raw_client clients[8];
	struct raw_answer answer;
	pthread_t thread;

	(void)state;
	for (int round = 0; round < 20; round++) {
		rig_make_hyperty(&rig);
		rig_conduct(&rig, FAKE_LATE, 0);
		for (unsigned i = 0; i < 8; i++)
			rig_send_held(&rig, &clients[i], i % 2 ? GET_H1 : KEEP_ALIVE_H1, i + 1);
		assert_int_equal(pthread_create(&thread, NULL, release_once, NULL), 0);
		rig_abandon_waits(&rig);
		for (unsigned i = 0; i < 8; i++) {
			raw_receive(&clients[i], &answer);
			assert_true(answer.status == 200 || answer.status == 503);
			raw_close(&clients[i]);
		}
		pthread_join(thread, NULL);
		rig_end(&rig);
		rig_start(&rig, PATIENT_MS);
	}
}

static void a_request_that_comes_during_the_end_is_not_begun(void **state)
{
	struct raw_client client;

	(void)state;
	rig_make_hyperty(&rig);
	raw_connect(&client, http_server_port(rig.http));
	raw_send(&client, GET_H1);
	rig_receive(&client, 200, "\"h1\"");
	rig_conduct(&rig, FAKE_NEVER, 0);
	rig_abandon_waits(&rig);
	rig_stop_store(&rig);

	raw_send(&client, GET_H1);
	raw_expect_end(&client);
	raw_close(&client);
}

/* ---- Asked twice ---- */

static void rules_that_are_asked_twice_have_one_effect(void **state)
{
	struct store_count count;

	(void)state;
	rig_conduct(&rig, FAKE_TWICE, 0);
	rig_expect(&rig, PUT_H1, 200, "Hyperty created");
	clock_fake_pass_s(&rig.clock, 10);
	rig_expect(&rig, PUT_H1, 200, "Hyperty created");
	rig_expect(&rig, GET_H1, 200, "\"startingTime\":\"2017-03-01T12:00:00Z\"");
	rig_expect(&rig, KEEP_ALIVE_H1, 200, "\"statusChanged\":\"true\"");
	rig_expect(&rig, KEEP_ALIVE_H1, 200, "\"statusChanged\":\"false\"");
	rig_expect(&rig, DELETE_H1, 200, "Hyperty deleted");
	rig_expect(&rig, DELETE_H1, 200, "Hyperty deleted");

	assert_int_equal(store_fake_rule_calls(rig.store), 12);
	store_count(rig.store, &count);
	assert_int_equal(count.entries[ENTRY_HYPERTY], 1);
	assert_int_equal(count.pending_updates, 1);
	rig_expect(&rig, GET_UPDATED, 200, "{\"h1\":{");
	rig_expect(&rig, GET_UPDATED, 200, "{}");
}

static void a_stale_question_does_not_give_an_id_away(void **state)
{
	(void)state;
	rig_conduct(&rig, FAKE_TWICE, 0);
	rig_expect(&rig, PUT_H1, 200, "Hyperty created");
	rig_expect(&rig, "DELETE /hyperty/user/bob/h1 HTTP/1.1\r\nHost: t\r\n\r\n", 404,
		   "Not Found");
	rig_expect(&rig, GET_H1, 200, "\"userID\":\"ann\"");
	rig_expect(&rig, GET("/hyperty/user/bob"), 404, "Not Found");
}

/* ---- Failures ---- */

static void expect_failure(const char *text, int result)
{
	struct raw_client client;

	raw_connect(&client, http_server_port(rig.http));
	raw_send(&client, text);
	if (strcmp(text, GET_UPDATED) == 0)
		rig_receive(&client, 200, "{}");
	else if (result == STORE_UNAVAILABLE || result == -ENOMEM)
		rig_receive_unavailable(&client);
	else
		rig_receive(&client, 500, "{\"message\":\"Internal Server Error\"}");
	raw_close(&client);
}

static void *release_when_held(void *ctx)
{
	(void)ctx;
	if (store_fake_wait_held(rig.store, 1))
		store_fake_release(rig.store);
	return NULL;
}

static void expect_failure_late(const char *text, int result)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, release_when_held, NULL), 0);
	expect_failure(text, result);
	pthread_join(thread, NULL);
}

static void a_failure_of_the_store_is_503_or_500_and_passes(void **state)
{
	static const int results[] = {STORE_UNAVAILABLE, STORE_DAMAGED, -EIO, -ENOMEM};
	unsigned refused = 0;

	(void)state;
	rig_make_news(&rig);
	for (size_t r = 0; r < sizeof(results) / sizeof(*results); r++) {
		for (size_t i = 0; i < ROW_COUNT; i++) {
			rig_conduct(&rig, FAKE_FAILING, results[r]);
			expect_failure(rows[i].text, results[r]);
			rig_conduct(&rig, FAKE_FAILING_LATE, results[r]);
			expect_failure_late(rows[i].text, results[r]);
		}
		refused += 2;
		assert_int_equal(rig_counter(&rig, COUNTER_UPDATES_REFUSED), refused);
	}

	rig_conduct(&rig, FAKE_AT_ONCE, 0);
	rig_expect(&rig, GET_H1, 408, "\"h1\"");
	rig_expect(&rig, GET_UPDATED, 200, "{\"h1\":{");
}

#define PATIENT(function) cmocka_unit_test_setup_teardown(function, start_patient, end)
#define IMPATIENT(function) cmocka_unit_test_setup_teardown(function, start_impatient, end)

int main(void)
{
	const struct CMUnitTest async[] = {
		PATIENT(a_late_answer_is_sent_when_it_comes),
		PATIENT(an_answer_may_come_before_the_submission_returns),
		PATIENT(others_are_served_while_many_wait),
		PATIENT(pipelined_answers_keep_their_order),
		PATIENT(a_head_that_waits_is_answered_without_a_body),
		PATIENT(a_late_write_counts_in_its_order),
		IMPATIENT(a_wait_that_is_too_long_ends_with_503_and_the_late_answer_is_thrown_away),
		IMPATIENT(a_write_that_was_too_late_may_have_happened),
		IMPATIENT(news_that_are_too_late_are_none_and_come_to_the_next_reader),
		IMPATIENT(what_is_never_answered_is_given_up_and_completed_at_the_end),
		IMPATIENT(an_answer_and_a_time_out_may_meet),
		PATIENT(a_client_that_left_does_not_keep_its_request),
		PATIENT(news_for_a_client_that_left_come_to_the_next_reader),
		PATIENT(news_are_settled_as_sent_once_their_answer_has_left),
		PATIENT(what_came_back_while_its_news_were_on_the_way_is_no_news),
		PATIENT(at_the_end_those_who_wait_are_answered_and_the_store_completes_the_rest),
		PATIENT(news_taken_during_the_end_stay_news),
		PATIENT(the_end_waits_for_no_client),
		PATIENT(answers_may_come_while_the_server_ends),
		PATIENT(a_request_that_comes_during_the_end_is_not_begun),
		PATIENT(rules_that_are_asked_twice_have_one_effect),
		PATIENT(a_stale_question_does_not_give_an_id_away),
		PATIENT(a_failure_of_the_store_is_503_or_500_and_passes),
	};

	return cmocka_run_group_tests(async, NULL, NULL);
}
