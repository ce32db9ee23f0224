/* Who wins when a wake, a time-out and the end of all waits meet (http/waits.h), step by step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/waits.h"

#define NEVER_MS 3600000

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct wait *last;
	unsigned count;
} told = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, 0};

static void tell(struct wait *wait)
{
	pthread_mutex_lock(&told.lock);
	told.last = wait;
	told.count++;
	pthread_cond_broadcast(&told.changed);
	pthread_mutex_unlock(&told.lock);
}

static void await_told(unsigned count)
{
	pthread_mutex_lock(&told.lock);
	while (told.count < count)
		pthread_cond_wait(&told.changed, &told.lock);
	pthread_mutex_unlock(&told.lock);
}

static void start(struct waits *waits, unsigned timeout_ms)
{
	told.count = 0;
	assert_int_equal(waits_init(waits, timeout_ms, tell), 0);
}

static void stop(struct waits *waits)
{
	waits_stop(waits);
	waits_deinit(waits);
}

static void wake_of_a_parked_wait_resumes_it(void **state)
{
	struct waits waits;
	struct wait wait = {0};

	(void)state;
	start(&waits, NEVER_MS);
	assert_true(waits_park(&waits, &wait));
	assert_int_equal(waits.count, 1);
	assert_int_equal(waits_wake(&waits, &wait), WAKE_RESUME);
	assert_false(waits_take(&waits, &wait));
	assert_int_equal(waits.count, 0);
	stop(&waits);
}

static void the_age_of_the_oldest_wait_is_known(void **state)
{
	struct waits waits;
	struct wait old = {0}, young = {0};
	int64_t age_ms;

	(void)state;
	start(&waits, NEVER_MS);
	assert_int_equal(waits_oldest_ms(&waits), 0);
	assert_true(waits_park(&waits, &old));
	do
		age_ms = waits_oldest_ms(&waits);
	while (age_ms < 100);
	assert_true(waits_park(&waits, &young));
	assert_true(waits_oldest_ms(&waits) >= age_ms);

	assert_int_equal(waits_wake(&waits, &old), WAKE_RESUME);
	assert_true(waits_oldest_ms(&waits) < age_ms);
	assert_int_equal(waits_wake(&waits, &young), WAKE_RESUME);
	assert_int_equal(waits_oldest_ms(&waits), 0);
	assert_false(waits_take(&waits, &old));
	assert_false(waits_take(&waits, &young));
	stop(&waits);
}

static void wake_before_parking_leaves_nothing_to_wait_for(void **state)
{
	struct waits waits;
	struct wait wait = {0};

	(void)state;
	start(&waits, NEVER_MS);
	assert_int_equal(waits_wake(&waits, &wait), WAKE_NOTED);
	assert_false(waits_park(&waits, &wait));
	assert_false(waits_take(&waits, &wait));
	stop(&waits);
}

static void wake_between_time_out_and_its_news_still_wins(void **state)
{
	struct waits waits;
	struct wait wait = {0};

	(void)state;
	start(&waits, 1);
	assert_true(waits_park(&waits, &wait));
	await_told(1);
	assert_int_equal(waits_wake(&waits, &wait), WAKE_NOTED);
	assert_false(waits_take(&waits, &wait));
	stop(&waits);
}

static void wake_is_late_once_the_wait_is_given_up(void **state)
{
	struct waits waits;
	struct wait during = {0}, after = {0};

	(void)state;
	start(&waits, 1);
	assert_true(waits_park(&waits, &during));
	assert_true(waits_park(&waits, &after));
	await_told(2);

	assert_true(waits_take(&waits, &during));
	assert_int_equal(waits_wake(&waits, &during), WAKE_NOTED);
	assert_true(waits_gave_up(&waits, &during));

	assert_true(waits_take(&waits, &after));
	assert_false(waits_gave_up(&waits, &after));
	assert_int_equal(waits_wake(&waits, &after), WAKE_LATE);
	stop(&waits);
}

static void wait_without_a_connection_is_passed_over(void **state)
{
	struct waits waits;
	struct wait woken = {0}, silent = {0};

	(void)state;
	start(&waits, NEVER_MS);
	waits_wake(&waits, &woken);
	waits_pass(&waits, &woken);
	waits_pass(&waits, &silent);
	assert_false(waits_take(&waits, &woken));
	assert_true(waits_take(&waits, &silent));
	stop(&waits);
}

static void *take_when_told(void *ctx)
{
	struct waits *waits = ctx;

	await_told(1);
	waits_enter(waits);
	waits_take(waits, told.last);
	waits_leave(waits);
	return NULL;
}

static void abandoning_ends_all_waits_and_returns_when_they_are_over(void **state)
{
	struct wait wait = {0}, next = {0};
	struct waits waits;
	pthread_t thread;

	(void)state;
	start(&waits, NEVER_MS);
	assert_true(waits_enter(&waits));
	assert_true(waits_park(&waits, &wait));
	waits_leave(&waits);
	pthread_create(&thread, NULL, take_when_told, &waits);
	waits_abandon(&waits);
	assert_int_equal(wait.state, WAIT_GIVING_UP);
	pthread_join(thread, NULL);

	assert_false(waits_enter(&waits));
	assert_false(waits_park(&waits, &next));
	assert_true(waits_take(&waits, &next));
	waits_leave(&waits);
	stop(&waits);
}

static void many_waits_expire_in_their_order(void **state)
{
	struct wait many[50] = {0};
	struct waits waits;

	(void)state;
	start(&waits, 5);
	waits_wake(&waits, &many[20]);
	for (int i = 0; i < 50; i++)
		assert_int_equal(waits_park(&waits, &many[i]), i != 20);
	await_told(49);
	assert_ptr_equal(told.last, &many[49]);
	for (int i = 0; i < 50; i++)
		assert_int_equal(waits_take(&waits, &many[i]), i != 20);
	stop(&waits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wake_of_a_parked_wait_resumes_it),
		cmocka_unit_test(the_age_of_the_oldest_wait_is_known),
		cmocka_unit_test(wake_before_parking_leaves_nothing_to_wait_for),
		cmocka_unit_test(wake_between_time_out_and_its_news_still_wins),
		cmocka_unit_test(wake_is_late_once_the_wait_is_given_up),
		cmocka_unit_test(wait_without_a_connection_is_passed_over),
		cmocka_unit_test(abandoning_ends_all_waits_and_returns_when_they_are_over),
		cmocka_unit_test(many_waits_expire_in_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
