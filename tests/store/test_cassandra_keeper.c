/* How the Cassandra store becomes ready, says why it is not, and counts: each case in a keyspace
 * that is not there yet. What happens when nodes are away is in tests/cluster. */
#include "contract_kit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cassandra_fixture.h"
#include "store/cassandra_store.h"
#include "store/cassandra_value.h"

#define LOOK_MS 20
#define LOOKS 6000
#define SERVERS 4

static struct cassandra_fixture fixture;
static struct store_cassandra_options options; /* as the fixture has them */

static int fresh_keyspace(void **state)
{
	static unsigned number;
	struct kit *kit = calloc(1, sizeof(*kit));

	assert_non_null(kit);
	clock_fake_init(&kit->clock);
	snprintf(fixture.keyspace, sizeof(fixture.keyspace), "keeper_%ld_%d_%u", (long)time(NULL),
		 (int)getpid(), number++);
	fixture.options = options;
	*state = kit;
	return 0;
}

static int drop_keyspace(void **state)
{
	struct kit *kit = *state;
	char text[128], reason[256] = "";

	store_free(kit->store);
	free(kit);
	snprintf(text, sizeof(text), "DROP KEYSPACE IF EXISTS %s", fixture.keyspace);
	return cql_run(fixture.cql, text, reason, sizeof(reason));
}

#undef CASE
#define CASE(function) cmocka_unit_test_setup_teardown(function, fresh_keyspace, drop_keyspace)

/* ---- Words ---- */

static void open_ready(struct kit *kit)
{
	assert_int_equal(
		cassandra_fixture_open(&fixture, &kit->clock.clock, &kit->counters, &kit->store),
		0);
}

static struct store *begin(struct kit *kit)
{
	struct store *store = NULL;
	char reason[256] = "";

	assert_int_equal(store_cassandra_new(&fixture.options, &kit->clock.clock, &kit->counters,
					     &store, reason, sizeof(reason)),
			 0);
	return store;
}

static void look_again(void)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};

	nanosleep(&pause, NULL);
}

static void is_ready_in_the_end(struct store *store)
{
	struct store_health health;

	for (int i = 0; i < LOOKS; i++, look_again()) {
		store_health(store, &health);
		if (health.writable)
			return;
	}
	fail_msg("not ready: %s", health.reason);
}

static void says_in_the_end(struct store *store, const char *words)
{
	struct store_health health;

	for (int i = 0; i < LOOKS; i++, look_again()) {
		store_health(store, &health);
		assert_false(health.readable || health.writable);
		if (strstr(health.reason, words))
			return;
	}
	fail_msg("%s, not %s", health.reason, words);
}

static void run(const char *text)
{
	cql_rows_free(cassandra_fixture_run(&fixture, text));
}

/* The sum of the numbers that a statement selects. */
static int64_t sum_of(const char *text)
{
	struct cql_rows *rows = cassandra_fixture_run(&fixture, text);
	struct cql_value value;
	int64_t sum = 0;

	while (cql_rows_next(rows, &value, 1))
		sum += cass_bigint_of(value);
	cql_rows_free(rows);
	return sum;
}

/* ---- Connecting ---- */

static void a_node_that_is_away_is_named_and_nothing_waits_for_it(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "ann");
	struct script script = {.change = {.action = CHANGE_WRITE, .entry = entry}};
	struct store_count count;

	fixture.options.contact_points = "127.0.0.1:1";
	kit->store = begin(kit);

	says_in_the_end(kit->store, "127.0.0.1:1");
	assert_int_equal(kit_change(kit, entry.key, script_rule, &script, NULL), STORE_UNAVAILABLE);
	store_count(kit->store, &count);
	assert_int_equal(count.entries[ENTRY_HYPERTY], 0);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void a_password_is_read_when_it_is_there(void **state)
{
	struct kit *kit = *state;
	char path[] = "/tmp/registryd-password-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	fixture.options.user = "cassandra";
	fixture.options.password_file = path;
	kit->store = begin(kit);
	says_in_the_end(kit->store, "there is no password in it");
	assert_int_equal(unlink(path), 0);
	says_in_the_end(kit->store, strerror(ENOENT));
	says_in_the_end(kit->store, path);

	write_file(path, "cassandra\nand more\n"); /* a node that asks for none takes any */
	is_ready_in_the_end(kit->store);
	unlink(path);
}

/* ---- Keyspace and tables ---- */

static void a_keyspace_that_is_missing_is_waited_for_unless_it_may_be_made(void **state)
{
	struct kit *kit = *state;
	struct kit maker = {.clock = kit->clock};

	fixture.options.migrate = false;
	kit->store = begin(kit);
	says_in_the_end(kit->store, fixture.keyspace);

	fixture.options.migrate = true;
	open_ready(&maker);
	is_ready_in_the_end(kit->store);
	store_free(maker.store);
}

static void copies_are_a_number_or_one_for_each_data_centre(void **state)
{
	static const char *const wrong[] = {"", "x", "3x", "dc1:", ":3", "dc1:3,", "dc'1:3"};
	struct kit *kit = *state;
	struct kit other = {.clock = kit->clock};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		fixture.options.replication = wrong[i];
		other.store = begin(&other);
		says_in_the_end(other.store, "cassandra_replication");
		store_free(other.store);
	}
	fixture.options.replication = "atlantis:1";
	other.store = begin(&other);
	says_in_the_end(other.store, "atlantis");
	store_free(other.store);

	fixture.options.replication = "dc1:1";
	open_ready(kit);
}

static void servers_that_start_at_once_make_the_tables_once(void **state)
{
	struct kit *kit = *state;
	struct store *stores[SERVERS];

	for (int i = 0; i < SERVERS; i++)
		stores[i] = begin(kit);
	for (int i = 0; i < SERVERS; i++)
		is_ready_in_the_end(stores[i]);
	for (int i = 0; i < SERVERS; i++)
		store_free(stores[i]);

	assert_int_equal(sum_of("SELECT count(*) FROM {keyspace}.schema_versions"), 1);
	assert_int_equal(sum_of("SELECT count(*) FROM {keyspace}.leases WHERE name = 'migrate'"),
			 0);
}

static void a_migration_that_was_cut_short_is_finished(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "ann");
	char text[128], reason[256] = "";

	open_ready(kit);
	kit_write(kit, &entry, NEWS_KEEP);
	store_free(kit->store);
	kit->store = NULL;
	snprintf(text, sizeof(text), "DROP TABLE %s.conflicts", fixture.keyspace);
	assert_int_equal(cql_run(fixture.cql, text, reason, sizeof(reason)), 0);
	run("DELETE FROM {keyspace}.schema_versions WHERE version = 1");

	fixture.options.migrate = false;
	kit->store = begin(kit);
	says_in_the_end(kit->store, "the tables lack version 1");
	store_free(kit->store);

	fixture.options.migrate = true;
	open_ready(kit);
	kit_holds(kit, &entry);
	assert_int_equal(sum_of("SELECT count(*) FROM {keyspace}.conflicts"), 0);
}

/* The slowest percent of few reads can be as slow as a node that starts: after a cut, a node would
 * wait for a copy on the other side until the read has timed out. */
static void a_silent_copy_is_waited_for_a_bounded_time_in_each_table(void **state)
{
	struct cql_rows *rows;
	struct cql_value value;
	size_t tables = 0;

	open_ready(*state);
	rows = cassandra_fixture_run(&fixture, "SELECT speculative_retry FROM system_schema.tables "
					       "WHERE keyspace_name = '{keyspace}'");
	for (; cql_rows_next(rows, &value, 1); tables++) {
		struct slice retry = cass_text_of(value);

		if (retry.len < 4 || memcmp(retry.data, "MIN(", 4) != 0)
			fail_msg("speculative_retry = %.*s", (int)retry.len, retry.data);
	}
	cql_rows_free(rows);
	assert_true(tables > 0);
}

static void tables_of_a_later_release_are_left_alone(void **state)
{
	struct kit *kit = *state;

	open_ready(kit);
	store_free(kit->store);
	run("INSERT INTO {keyspace}.schema_versions (version) VALUES (7)");

	kit->store = begin(kit);
	says_in_the_end(kit->store, "the tables are of version 7");
	run("DELETE FROM {keyspace}.schema_versions WHERE version = 7");
	is_ready_in_the_end(kit->store);
}

/* ---- Counts ---- */

#define COUNT_ROWS "SELECT count(*) FROM {keyspace}.counts WHERE part = 0"
#define COUNTED "SELECT hyperties FROM {keyspace}.counts WHERE part = 0"

static void counts_in_the_end(struct store *store, uint64_t hyperties, uint64_t pending)
{
	struct store_count count;

	for (int i = 0; i < LOOKS; i++, look_again()) {
		store_count(store, &count);
		if (count.entries[ENTRY_HYPERTY] == hyperties && count.pending_updates == pending)
			return;
	}
	fail_msg("%llu and %llu", (unsigned long long)count.entries[ENTRY_HYPERTY],
		 (unsigned long long)count.pending_updates);
}

/* Two rows are left, of the server that lives and of nobody, and they say the same. */
static void is_folded_in_the_end(struct store *store, int64_t hyperties, uint64_t pending)
{
	int i = 0;

	while (sum_of(COUNT_ROWS) != 2 || sum_of(COUNTED) != hyperties) {
		assert_true(i++ < LOOKS);
		look_again();
	}
	counts_in_the_end(store, (uint64_t)hyperties, pending);
}

static void three_of_whom_one_went_away(struct kit *kit)
{
	struct entry entries[] = {kit_hyperty("h1", "ann"), kit_hyperty("h2", "ann"),
				  kit_hyperty("h3", "bob")};

	for (int i = 0; i < 3; i++)
		kit_write(kit, &entries[i], i == 2 ? NEWS_ADD : NEWS_KEEP);
}

static void servers_that_left_become_one_row(void **state)
{
	struct kit *kit = *state;

	open_ready(kit);
	three_of_whom_one_went_away(kit);
	for (int i = 0; i < 30; i++)
		run("INSERT INTO {keyspace}.counts (part, server, hyperties, data_objects, "
		    "pending, at_s, clean) VALUES (0, uuid(), 2, 0, 1, 1, true)");

	is_folded_in_the_end(kit->store, 63, 31);
}

static void what_a_lost_server_did_not_tell_is_counted(void **state)
{
	struct kit *kit = *state;

	open_ready(kit);
	three_of_whom_one_went_away(kit);
	run("INSERT INTO {keyspace}.counts (part, server, hyperties, data_objects, pending, at_s, "
	    "clean) VALUES (0, uuid(), -7, 9, 4, 1, false)");

	is_folded_in_the_end(kit->store, 3, 1);
}

static void in_doubt_what_there_is_is_counted(void **state)
{
	struct kit *kit = *state;

	open_ready(kit);
	three_of_whom_one_went_away(kit);
	counts_in_the_end(kit->store, 3, 1);
	/* As if another had counted the same two once more. */
	run("INSERT INTO {keyspace}.counts (part, server, hyperties, data_objects, pending, at_s, "
	    "clean) VALUES (0, uuid(), 2, 0, 0, 1, true)");
	counts_in_the_end(kit->store, 5, 1);

	cass_note_doubt(store_cassandra_of(kit->store));
	is_folded_in_the_end(kit->store, 3, 1);
}

static void a_server_that_was_taken_for_lost_is_not_counted_twice(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h4", "ann");

	open_ready(kit);
	three_of_whom_one_went_away(kit);
	counts_in_the_end(kit->store, 3, 1);
	for (int i = 0; sum_of(COUNTED) != 3; i++, look_again())
		assert_true(i < LOOKS);

	/* Another server has folded our row. */
	run("DELETE FROM {keyspace}.counts WHERE part = 0");
	kit_write(kit, &entry, NEWS_KEEP);

	is_folded_in_the_end(kit->store, 4, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_node_that_is_away_is_named_and_nothing_waits_for_it),
		CASE(a_password_is_read_when_it_is_there),
		CASE(a_keyspace_that_is_missing_is_waited_for_unless_it_may_be_made),
		CASE(copies_are_a_number_or_one_for_each_data_centre),
		CASE(servers_that_start_at_once_make_the_tables_once),
		CASE(a_migration_that_was_cut_short_is_finished),
		CASE(a_silent_copy_is_waited_for_a_bounded_time_in_each_table),
		CASE(tables_of_a_later_release_are_left_alone),
		CASE(servers_that_left_become_one_row),
		CASE(what_a_lost_server_did_not_tell_is_counted),
		CASE(in_doubt_what_there_is_is_counted),
		CASE(a_server_that_was_taken_for_lost_is_not_counted_twice),
	};
	int failed;

	if (cassandra_fixture_init(&fixture) < 0)
		return 1;
	options = fixture.options;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	cassandra_fixture_deinit(&fixture);
	return failed;
}
