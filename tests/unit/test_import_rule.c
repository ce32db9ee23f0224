/* The rule of an import: what becomes of an entry of the original at a moment. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "registry/lifetime.h"
#include "registry/import_rule.h"

#define NOW_LIFETIME_S 50
#define NOW_WALL_S 1700000000
#define CAP_S 3600

static const struct moment now = {.lifetime_s = NOW_LIFETIME_S, .wall_s = NOW_WALL_S};

/* Silent for so long, with that status and lifetime. */
static struct import_request request_of(int64_t age_s, const char *status, int64_t expires_s)
{
	struct import_request request = {
		.entry = {.key = {ENTRY_HYPERTY, SLICE("h")},
			  .owner = SLICE("u"),
			  .fields = {.expires_s = expires_s},
			  .starting_wall_s = NOW_WALL_S - 5000,
			  .modified_wall_s = NOW_WALL_S - age_s,
			  .guids = {SLICE("g1"), SLICE("g2")},
			  .guid_count = 2},
		.expires_max_s = CAP_S,
	};

	request.entry.fields.text[TEXT_STATUS] = slice_of(status);
	return request;
}

static struct change apply(const struct import_request *request, int expected)
{
	struct change change = {0};

	assert_int_equal(import_rule(NULL, &now, request, &change), expected);
	assert_int_equal(change.action, CHANGE_WRITE);
	return change;
}

static void assert_status(const struct change *change, const char *status)
{
	assert_true(slice_equal(change->entry.fields.text[TEXT_STATUS], slice_of(status)));
}

static void what_is_there_stays(void **state)
{
	const struct import_request request = request_of(10, "live", 100);
	const struct entry own = {.key = {ENTRY_HYPERTY, SLICE("h")}, .owner = SLICE("u")};
	const struct entry others = {.key = {ENTRY_HYPERTY, SLICE("h")}, .owner = SLICE("v")};
	struct change change;

	(void)state;
	assert_int_equal(import_rule(&own, &now, &request, &change), IMPORT_THERE);
	assert_int_equal(change.action, CHANGE_NOTHING);
	assert_int_equal(import_rule(&others, &now, &request, &change), IMPORT_OTHERS);
	assert_int_equal(change.action, CHANGE_NOTHING);
}

static void a_lifetime_goes_on_where_it_was(void **state)
{
	const struct import_request request = request_of(70, "created", 100);
	const struct change change = apply(&request, IMPORT_WRITTEN);

	(void)state;
	assert_status(&change, "created");
	assert_int_equal(change.news, NEWS_KEEP);
	assert_int_equal(change.entry.away_s, 0);
	assert_int_equal(lifetime_deadline_s(&change.entry), NOW_LIFETIME_S + 31);
	assert_int_equal(change.entry.due_s, NOW_LIFETIME_S + 31);
	assert_int_equal(change.entry.starting_wall_s, NOW_WALL_S - 5000);
	assert_int_equal(change.entry.modified_wall_s, NOW_WALL_S - 70);
	assert_int_equal(change.entry.guid_count, 2);
}

/* It lives until the second behind its expiry, as with any other rule. */
static void the_last_second_counts(void **state)
{
	const struct import_request alive = request_of(100, "live", 100);
	const struct import_request overdue = request_of(101, "live", 100);

	(void)state;
	apply(&alive, IMPORT_WRITTEN);
	apply(&overdue, IMPORT_WRITTEN_TOLD);
}

static void what_is_overdue_goes_away_and_is_news(void **state)
{
	const struct import_request request = request_of(1000000, "live", 100);
	const struct change change = apply(&request, IMPORT_WRITTEN_TOLD);

	(void)state;
	assert_status(&change, "disconnected");
	assert_int_equal(change.news, NEWS_ADD);
	assert_int_equal(change.entry.away_s, NOW_LIFETIME_S);
	assert_int_equal(change.entry.due_s, 0);
	assert_int_equal(change.entry.modified_wall_s, NOW_WALL_S - 1000000);
}

static void what_was_told_is_not_told_again(void **state)
{
	const struct import_request request = request_of(1000000, "disconnected", 100);
	const struct change change = apply(&request, IMPORT_WRITTEN);

	(void)state;
	assert_int_equal(change.news, NEWS_KEEP);
	assert_int_equal(change.entry.away_s, NOW_LIFETIME_S);
}

static void what_was_pending_is_told(void **state)
{
	struct import_request request = request_of(10, "disconnected", 100);
	struct change change;

	(void)state;
	request.pending = true;
	change = apply(&request, IMPORT_WRITTEN_TOLD);
	assert_int_equal(change.news, NEWS_ADD);
}

/* The original forgets the table entry late, if at all. */
static void what_is_alive_is_not_told_though_it_was_pending(void **state)
{
	struct import_request request = request_of(10, "live", 100);
	struct change change;

	(void)state;
	request.pending = true;
	change = apply(&request, IMPORT_WRITTEN);
	assert_int_equal(change.news, NEWS_KEEP);
}

static void a_lifetime_is_cut_to_the_cap(void **state)
{
	const struct import_request request = request_of(10, "live", 1000000);
	const struct change change = apply(&request, IMPORT_WRITTEN);

	(void)state;
	assert_int_equal(change.entry.fields.expires_s, CAP_S);
	assert_int_equal(change.entry.due_s, NOW_LIFETIME_S + CAP_S + 1);
}

static void what_is_left_of_a_long_lifetime_stays(void **state)
{
	const struct import_request request = request_of(999000, "live", 1000000);
	const struct change change = apply(&request, IMPORT_WRITTEN);

	(void)state;
	assert_int_equal(change.entry.fields.expires_s, CAP_S);
	assert_int_equal(change.entry.due_s, NOW_LIFETIME_S + 1000 + 1);
}

static void a_time_in_the_future_is_now(void **state)
{
	const struct import_request request = request_of(-500, "live", 100);
	const struct change change = apply(&request, IMPORT_WRITTEN);

	(void)state;
	assert_int_equal(change.entry.due_s, NOW_LIFETIME_S + 101);
}

static void retention_counts_from_the_import(void **state)
{
	struct import_request request = request_of(1000000, "disconnected", 100);
	struct change change;

	(void)state;
	request.retention_s = 600;
	change = apply(&request, IMPORT_WRITTEN);
	assert_int_equal(change.entry.due_s, NOW_LIFETIME_S + 600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_stays),
		cmocka_unit_test(a_lifetime_goes_on_where_it_was),
		cmocka_unit_test(the_last_second_counts),
		cmocka_unit_test(what_is_overdue_goes_away_and_is_news),
		cmocka_unit_test(what_was_told_is_not_told_again),
		cmocka_unit_test(what_was_pending_is_told),
		cmocka_unit_test(what_is_alive_is_not_told_though_it_was_pending),
		cmocka_unit_test(a_lifetime_is_cut_to_the_cap),
		cmocka_unit_test(what_is_left_of_a_long_lifetime_stays),
		cmocka_unit_test(a_time_in_the_future_is_now),
		cmocka_unit_test(retention_counts_from_the_import),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
