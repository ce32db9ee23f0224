/* What statements do through the client of Cassandra (cql/cql.h), against a real node. */
#include "cql_fixture.h"

#include <errno.h>
#include <stdio.h>

static struct cql *cql;
static const struct cql_statement *insert, *read_one, *read_place, *claim, *forget;

static int set_up(void **state)
{
	(void)state;
	cql = cql_connect_here();
	cql_make_table(cql);
	insert = cql_prepare_here(
		cql, "INSERT INTO " CQL_TEST_TABLE " (place, id, number, data) VALUES (?, ?, ?, ?)",
		true);
	read_one = cql_prepare_here(
		cql, "SELECT number, data FROM " CQL_TEST_TABLE " WHERE place = ? AND id = ?",
		true);
	read_place =
		cql_prepare_here(cql, "SELECT id FROM " CQL_TEST_TABLE " WHERE place = ?", true);
	claim = cql_prepare_here(cql,
				 "INSERT INTO " CQL_TEST_TABLE
				 " (place, id, number) VALUES (?, ?, ?) IF NOT EXISTS",
				 false);
	forget = cql_prepare_here(cql, "DELETE FROM " CQL_TEST_TABLE " WHERE place = ? AND id = ?",
				  true);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	cql_free(cql);
	return 0;
}

static const char ONE[8] = {0, 0, 0, 0, 0, 0, 0, 1};
static const char TWO[8] = {0, 0, 0, 0, 0, 0, 0, 2};

static struct cql_value number(const char (*bytes)[8])
{
	return (struct cql_value){.data = *bytes, .len = sizeof(*bytes)};
}

static void expect_bytes(const struct cql_value *value, const void *data, uint32_t len)
{
	assert_non_null(value->data);
	assert_int_equal(value->len, len);
	assert_memory_equal(value->data, data, len);
}

static void write_row(const char *place, const char *id, struct cql_value of_number,
		      struct cql_value data)
{
	const struct cql_value row[] = {cql_text(place), cql_text(id), of_number, data};
	struct asked asked;

	cql_do(cql, insert, row, 4, &asked);
	asked_done(&asked);
	assert_null(asked.request.rows);
}

/* Exactly one row; the caller frees it. */
static struct cql_rows *read_row(const char *place, const char *id, struct cql_value ret_values[2])
{
	const struct cql_value key[] = {cql_text(place), cql_text(id)};
	struct asked asked;

	cql_do(cql, read_one, key, 2, &asked);
	asked_done(&asked);
	assert_int_equal(cql_rows_count(asked.request.rows), 1);
	assert_true(cql_rows_next(asked.request.rows, ret_values, 2));
	return asked.request.rows;
}

static size_t rows_at(const char *place)
{
	const struct cql_value key = cql_text(place);
	struct asked asked;
	size_t count;

	cql_do(cql, read_place, &key, 1, &asked);
	asked_done(&asked);
	count = cql_rows_count(asked.request.rows);
	cql_rows_free(asked.request.rows);
	return count;
}

/* ---- Rows ---- */

static void a_row_is_read_as_it_was_written(void **state)
{
	struct cql_value got[2];
	struct cql_rows *rows;

	(void)state;
	write_row("rows", "one", number(&ONE), cql_text("some \n bytes"));
	rows = read_row("rows", "one", got);
	expect_bytes(&got[0], ONE, sizeof(ONE));
	expect_bytes(&got[1], "some \n bytes", 12);
	assert_false(cql_rows_next(rows, got, 2));
	assert_null(cql_rows_page(rows).data);
	cql_rows_free(rows);
}

static void an_empty_value_is_not_null(void **state)
{
	struct cql_value got[2];
	struct cql_rows *rows;

	(void)state;
	write_row("rows", "empty", (struct cql_value){.data = NULL}, cql_text(""));
	rows = read_row("rows", "empty", got);
	assert_null(got[0].data);
	expect_bytes(&got[1], "", 0);
	cql_rows_free(rows);
}

static void a_null_empties_a_column_and_an_unset_one_stays(void **state)
{
	struct cql_value got[2];
	struct cql_rows *rows;

	(void)state;
	write_row("rows", "kept", number(&ONE), cql_text("data"));
	write_row("rows", "kept", (struct cql_value){.unset = true},
		  (struct cql_value){.data = NULL});
	rows = read_row("rows", "kept", got);
	expect_bytes(&got[0], ONE, sizeof(ONE));
	assert_null(got[1].data);
	cql_rows_free(rows);
}

static void no_row_is_an_answer_of_no_rows(void **state)
{
	(void)state;
	assert_int_equal(rows_at("nowhere"), 0);
}

static void a_large_value_comes_back_whole(void **state)
{
	static char large[1 << 20];
	struct cql_value got[2];
	struct cql_rows *rows;

	(void)state;
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (char)(i * 7 + i / 251);
	write_row("rows", "large", number(&ONE),
		  (struct cql_value){.data = large, .len = sizeof(large)});
	rows = read_row("rows", "large", got);
	expect_bytes(&got[1], large, sizeof(large));
	cql_rows_free(rows);
}

/* The rows of one page. The caller frees them. */
static struct cql_rows *read_page(const char *place, struct slice from)
{
	const struct cql_value key = cql_text(place);
	const struct cql_bound bound = {read_place, &key, 1};
	struct asked asked;

	asked_init(&asked);
	asked.request.page_rows = 10;
	asked.request.page = from;
	cql_execute(cql, CQL_SINGLE, &bound, 1, &asked.request);
	asked_wait(&asked);
	asked_done(&asked);
	return asked.request.rows;
}

static void pages_together_hold_every_row_once(void **state)
{
	struct cql_rows *rows, *next;
	struct cql_value id;
	char want[8];
	unsigned seen = 0;

	(void)state;
	for (unsigned i = 0; i < 25; i++) {
		snprintf(want, sizeof(want), "%03u", i);
		write_row("pages", want, number(&ONE), cql_text(""));
	}
	for (rows = read_page("pages", SLICE_NONE); rows; rows = next) {
		assert_true(cql_rows_count(rows) <= 10);
		while (cql_rows_next(rows, &id, 1)) {
			snprintf(want, sizeof(want), "%03u", seen++);
			expect_bytes(&id, want, 3);
		}
		next = cql_rows_page(rows).data ? read_page("pages", cql_rows_page(rows)) : NULL;
		cql_rows_free(rows);
	}
	assert_int_equal(seen, 25);
}

/* ---- Batches ---- */

static void do_batch(enum cql_batch kind, const char *first, const char *second)
{
	const struct cql_value rows[2][4] = {
		{cql_text(first), cql_text("one"), number(&ONE), cql_text("a")},
		{cql_text(second), cql_text("two"), number(&TWO), cql_text("b")}};
	const struct cql_value gone[] = {cql_text(first), cql_text("old")};
	const struct cql_bound bound[] = {
		{insert, rows[0], 4}, {forget, gone, 2}, {insert, rows[1], 4}};
	struct asked asked;

	write_row(first, "old", number(&ONE), cql_text(""));
	asked_init(&asked);
	cql_execute(cql, kind, bound, 3, &asked.request);
	asked_wait(&asked);
	asked_done(&asked);
	assert_null(asked.request.rows);
}

static void a_batch_does_all_its_statements(void **state)
{
	struct cql_value got[2];

	(void)state;
	do_batch(CQL_UNLOGGED, "batch", "batch");
	assert_int_equal(rows_at("batch"), 2);
	cql_rows_free(read_row("batch", "one", got));
	cql_rows_free(read_row("batch", "two", got));

	do_batch(CQL_LOGGED, "batch a", "batch b");
	assert_int_equal(rows_at("batch a"), 1);
	assert_int_equal(rows_at("batch b"), 1);
}

/* ---- Lightweight transactions ---- */

/* What it answers: whether it is applied, and if not, the row that is there. */
static bool try_claim(struct cql_value of_number, char ret_there[8])
{
	const struct cql_value row[] = {cql_text("claims"), cql_text("id"), of_number};
	struct cql_value got[4] = {{.data = NULL}};
	struct asked asked;
	bool applied;

	cql_do(cql, claim, row, 3, &asked);
	asked_done(&asked);
	assert_int_equal(cql_rows_count(asked.request.rows), 1);
	assert_true(cql_rows_next(asked.request.rows, got, 4));
	assert_int_equal(got[0].len, 1);
	applied = *(const char *)got[0].data;
	if (!applied) {
		/* Its columns: [applied], place, id, and those left, by name. */
		expect_bytes(&got[1], "claims", 6);
		expect_bytes(&got[2], "id", 2);
	}
	cql_rows_free(asked.request.rows);

	if (!applied) {
		struct cql_value values[2];
		struct cql_rows *rows = read_row("claims", "id", values);

		memcpy(ret_there, values[0].data, 8);
		cql_rows_free(rows);
	}
	return applied;
}

static void the_second_claim_is_told_the_first(void **state)
{
	char there[8];

	(void)state;
	assert_true(try_claim(number(&ONE), there));
	assert_false(try_claim(number(&TWO), there));
	assert_memory_equal(there, ONE, 8);
}

static void a_claim_is_seen_by_a_serial_read(void **state)
{
	const struct cql_value row[] = {cql_text("serial"), cql_text("id"), number(&ONE)};
	const struct cql_bound bound = {read_one, row, 2};
	struct asked asked;

	(void)state;
	cql_do(cql, claim, row, 3, &asked);
	asked_done(&asked);
	cql_rows_free(asked.request.rows);

	asked_init(&asked);
	asked.request.consistency = CQL_SERIAL;
	cql_execute(cql, CQL_SINGLE, &bound, 1, &asked.request);
	asked_wait(&asked);
	asked_done(&asked);
	assert_int_equal(cql_rows_count(asked.request.rows), 1);
	cql_rows_free(asked.request.rows);
}

/* ---- Statements ---- */

static void an_equal_text_is_the_same_statement(void **state)
{
	(void)state;
	assert_ptr_equal(
		cql_prepare_here(cql, "SELECT id FROM " CQL_TEST_TABLE " WHERE place = ?", true),
		read_place);
}

static void a_statement_that_is_wrong_is_refused_with_a_reason(void **state)
{
	const struct cql_statement *statement = NULL;
	char reason[200] = "";

	(void)state;
	assert_int_equal(cql_prepare(cql, "SELECT absent FROM " CQL_TEST_TABLE, true, &statement,
				     reason, sizeof(reason)),
			 -EINVAL);
	assert_null(statement);
	assert_non_null(strstr(reason, "absent"));
	assert_int_equal(cql_run(cql, "CREATE NONSENSE", reason, sizeof(reason)), -EINVAL);
	assert_non_null(strstr(reason, "NONSENSE"));
}

static void too_few_values_are_refused(void **state)
{
	const struct cql_value place = cql_text("here");
	struct asked asked;

	(void)state;
	cql_do(cql, read_one, &place, 1, &asked);
	assert_int_equal(asked.request.result, CQL_REFUSED);
	assert_non_null(strstr(asked.request.error, "1 values for a statement with 2 markers"));
	assert_int_equal(asked.request.received, -1);
}

static void a_value_of_another_type_is_refused_by_the_cluster(void **state)
{
	const struct cql_value row[] = {cql_text("rows"), cql_text("bad"), cql_text("no number"),
					cql_text("")};
	struct cql_figures before, after;
	struct asked asked;

	(void)state;
	cql_figures(cql, &before);
	cql_do(cql, insert, row, 4, &asked);
	assert_int_equal(asked.request.result, CQL_REFUSED);
	assert_non_null(strstr(asked.request.error, "8"));
	cql_figures(cql, &after);
	assert_int_equal(after.errors, before.errors + 1);
}

static void a_statement_survives_a_change_of_its_table(void **state)
{
	struct cql_value got[2];
	struct cql_rows *rows;

	(void)state;
	write_row("rows", "changed", number(&ONE), cql_text("data"));
	cql_run_here(cql, "ALTER TABLE " CQL_TEST_TABLE " ADD a_new_one text");
	rows = read_row("rows", "changed", got);
	expect_bytes(&got[0], ONE, sizeof(ONE));
	expect_bytes(&got[1], "data", 4);
	cql_rows_free(rows);
	cql_run_here(cql, "ALTER TABLE " CQL_TEST_TABLE " DROP a_new_one");
}

static void more_replicas_than_there_are_nodes_is_unavailable(void **state)
{
	const struct cql_value id = cql_text("id");
	const struct cql_statement *far;
	struct cql_health health;
	struct asked asked;

	(void)state;
	cql_run_here(cql,
		     "CREATE KEYSPACE IF NOT EXISTS " CQL_TEST_KEYSPACE "_far WITH replication = "
		     "{'class': 'SimpleStrategy', 'replication_factor': 25}");
	cql_run_here(cql, "CREATE TABLE IF NOT EXISTS " CQL_TEST_KEYSPACE
			  "_far.t (id text PRIMARY KEY)");
	far = cql_prepare_here(cql, "SELECT id FROM " CQL_TEST_KEYSPACE "_far.t WHERE id = ?",
			       true);
	cql_health(cql, &health);

	cql_do(cql, far, &id, 1, &asked);
	assert_int_equal(asked.request.result, CQL_UNAVAILABLE);
	assert_int_equal(asked.request.received, health.nodes_up);
	assert_null(asked.request.rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_read_as_it_was_written),
		cmocka_unit_test(an_empty_value_is_not_null),
		cmocka_unit_test(a_null_empties_a_column_and_an_unset_one_stays),
		cmocka_unit_test(no_row_is_an_answer_of_no_rows),
		cmocka_unit_test(a_large_value_comes_back_whole),
		cmocka_unit_test(pages_together_hold_every_row_once),
		cmocka_unit_test(a_batch_does_all_its_statements),
		cmocka_unit_test(the_second_claim_is_told_the_first),
		cmocka_unit_test(a_claim_is_seen_by_a_serial_read),
		cmocka_unit_test(an_equal_text_is_the_same_statement),
		cmocka_unit_test(a_statement_that_is_wrong_is_refused_with_a_reason),
		cmocka_unit_test(too_few_values_are_refused),
		cmocka_unit_test(a_value_of_another_type_is_refused_by_the_cluster),
		cmocka_unit_test(a_statement_survives_a_change_of_its_table),
		cmocka_unit_test(more_replicas_than_there_are_nodes_is_unavailable),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
