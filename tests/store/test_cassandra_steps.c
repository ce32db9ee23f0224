/* What each operation costs in rounds of statements; and a server that stops at any step of any
 * operation: nobody sees a half, nothing is lost, the next sweep completes it or undoes it. */
#include "contract_kit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/container.h"
#include "cassandra_fixture.h"
#include "registry/rules.h"
#include "store/cassandra_rows.h"
#include "store/cassandra_store.h"

#define USER "user://x.org/ann@x.org"
#define SWEEPS_MAX 1000
#define RETENTION_S 2000

/* A server that goes on, and one that may stop. */
struct pair {
	struct kit kit; /* through the one that goes on */
	struct store *stopping;
	bool armed;       /* steps count */
	unsigned steps;   /* how many there were */
	unsigned stop_at; /* 0: never */
	_Atomic unsigned claims_begun;
	_Atomic unsigned begun_together; /* of these, before the first was over; 0: none was */
};

static struct cassandra_fixture fixture;

static void note_claim(struct pair *pair, const char *step)
{
	unsigned none = 0;

	if (strcmp(step, "claim.check") == 0)
		atomic_fetch_add(&pair->claims_begun, 1);
	else if (strcmp(step, "claim.strike_off") == 0)
		atomic_compare_exchange_strong(&pair->begun_together, &none,
					       atomic_load(&pair->claims_begun));
}

static bool on_step(void *ctx, const char *step)
{
	struct pair *pair = ctx;

	note_claim(pair, step);
	return !pair->armed || ++pair->steps != pair->stop_at;
}

static void open_one(struct pair *pair, struct store **ret_store)
{
	assert_int_equal(cassandra_fixture_open(&fixture, &pair->kit.clock.clock,
						&pair->kit.counters, ret_store),
			 0);
}

static int open_pair(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	assert_non_null(pair);
	clock_fake_init(&pair->kit.clock);
	fixture.options.on_step = NULL;
	open_one(pair, &pair->kit.store);
	fixture.options.on_step = on_step;
	fixture.options.on_step_ctx = pair;
	open_one(pair, &pair->stopping);
	*state = pair;
	return 0;
}

static int close_pair(void **state)
{
	struct pair *pair = *state;

	store_free(pair->stopping);
	store_free(pair->kit.store);
	cassandra_fixture_wipe(&fixture);
	free(pair);
	return 0;
}

#undef CASE
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_pair, close_pair)

/* ---- What both kinds of test do to an entry ---- */

static struct entry ann(void)
{
	struct entry entry = kit_hyperty("h1", USER);

	entry.fields.text[TEXT_GUID] = SLICE("g1");
	return entry;
}

static struct entry object(void)
{
	return kit_object("o1", "n1", "r1");
}

/* One request, through one store. Texts that are given mark the new state. */
static int request(struct store *store, struct entry_key key, store_rule *rule,
		   const struct fields *fields)
{
	struct rule_request request = {.key = key,
				       .owner =
					       key.kind == ENTRY_HYPERTY ? SLICE(USER) : SLICE_NONE,
				       .expires_max_s = 3600};
	struct waited waited;
	int r;

	if (fields)
		request.fields = *fields;
	waited_init(&waited);
	waited.change.key = key;
	waited.change.rule = rule;
	waited.change.ctx = &request;
	r = waited_end(&waited, store_change(store, &waited.change));
	return r == STORE_DONE ? waited.change.outcome : -r;
}

static int put(struct store *store, struct entry entry)
{
	return request(store, entry.key, rule_put, &entry.fields);
}

static int keep_alive(struct store *store, struct entry entry)
{
	return request(store, entry.key, rule_keep_alive, NULL);
}

static int delete_it(struct store *store, struct entry entry)
{
	return request(store, entry.key, rule_delete, NULL);
}

static struct entry renamed(struct entry entry)
{
	entry.fields.text[TEXT_RUNTIME] = SLICE("new");
	entry.fields.text[entry.key.kind == ENTRY_HYPERTY ? TEXT_GUID : TEXT_NAME] =
		SLICE("renamed");
	return entry;
}

static int update(struct store *store, struct entry entry)
{
	struct fields fields = {.expires_s = EXPIRES_ABSENT};

	entry = renamed(entry);
	for (int i = 0; i < TEXT_COUNT; i++)
		fields.text[i] = i == TEXT_STATUS ? SLICE_NONE : entry.fields.text[i];
	return request(store, entry.key, rule_update, &fields);
}

static int replace(struct store *store, struct entry entry)
{
	return put(store, renamed(entry));
}

static int sweep(struct store *store, int64_t retention_s)
{
	struct rule_request due = {.expires_max_s = 3600, .retention_s = retention_s};
	struct waited waited;
	int r;

	waited_init(&waited);
	waited.sweep.rule = rule_due;
	waited.sweep.ctx = &due;
	waited.sweep.limit = 100;
	r = waited_end(&waited, store_sweep(store, &waited.sweep));
	return r == STORE_DONE && waited.sweep.ret_more ? SWEEPS_MAX : r;
}

/* ---- Rounds ---- */

static uint64_t rounds(struct pair *pair)
{
	return counter_get(&pair->kit.counters, COUNTER_CASSANDRA_ROUNDS);
}

static uint64_t light(struct pair *pair)
{
	return counter_get(&pair->kit.counters, COUNTER_CASSANDRA_LIGHT);
}

#define costs(pair, wanted, operation)                                                             \
	do {                                                                                       \
		uint64_t before = rounds(pair);                                                    \
                                                                                                   \
		operation;                                                                         \
		assert_int_equal(rounds(pair) - before, wanted);                                   \
	} while (0)

static void a_first_creation_is_a_lightweight_transaction_and_one_more_round(void **state)
{
	struct pair *pair = *state;

	costs(pair, 2, assert_int_equal(put(pair->kit.store, ann()), RULE_DONE));
	assert_int_equal(light(pair), 1);
	costs(pair, 2, assert_int_equal(put(pair->kit.store, object()), RULE_DONE));
	assert_int_equal(light(pair), 1);
}

static void a_keep_alive_and_an_update_read_once_and_write_once(void **state)
{
	struct pair *pair = *state;
	struct fields fields = {.expires_s = EXPIRES_ABSENT};

	fields.text[TEXT_RUNTIME] = SLICE("changed");
	put(pair->kit.store, ann());
	put(pair->kit.store, object());

	costs(pair, 2, keep_alive(pair->kit.store, ann()));
	costs(pair, 2, keep_alive(pair->kit.store, object()));
	costs(pair, 2, request(pair->kit.store, ann().key, rule_update, &fields));
	/* A server that does not know the owner yet asks for it first. */
	costs(pair, 3, keep_alive(pair->stopping, ann()));
	costs(pair, 2, keep_alive(pair->stopping, ann()));
	assert_int_equal(light(pair), 1);
}

static void a_replacement_reads_once_and_writes_once(void **state)
{
	struct pair *pair = *state;

	put(pair->kit.store, ann());
	put(pair->kit.store, object());

	costs(pair, 2, assert_int_equal(put(pair->kit.store, ann()), RULE_DONE));
	costs(pair, 2, assert_int_equal(put(pair->kit.store, object()), RULE_DONE));
	assert_int_equal(light(pair), 1);
	/* Through a server that does not know the owner: the claim and the read are one round. */
	costs(pair, 2, assert_int_equal(put(pair->stopping, ann()), RULE_DONE));
}

static void get(struct store *store, struct kit *kit, struct entry_key key)
{
	struct kit through = {.store = store};
	struct seen seen = {0};

	(void)kit;
	assert_int_equal(kit_get(&through, key, &seen), STORE_DONE);
	assert_int_equal(seen.count, 1);
	seen_deinit(&seen);
}

static void reads_take_one_round_or_two(void **state)
{
	struct pair *pair = *state;
	struct kit *kit = &pair->kit;

	put(kit->store, ann());
	put(kit->store, object());

	costs(pair, 1, get(kit->store, kit, ann().key));
	costs(pair, 2, get(pair->stopping, kit, ann().key));
	costs(pair, 1, get(pair->stopping, kit, ann().key));
	costs(pair, 1, get(pair->stopping, kit, object().key));
	costs(pair, 1, kit_leads_to(kit, INDEX_USER, USER, "h1"));
	costs(pair, 2, kit_leads_to(kit, INDEX_GUID, "g1", "h1"));
	costs(pair, 2, kit_leads_to(kit, INDEX_EMAIL, "ann@x.org", "h1"));
	costs(pair, 2, kit_leads_to(kit, INDEX_NAME, "n1", "o1"));
	costs(pair, 2, kit_leads_to(kit, INDEX_REPORTER, "r1", "o1"));
}

static void asking_for_news_when_there_is_none_is_one_round(void **state)
{
	struct pair *pair = *state;
	struct seen seen = {0};

	put(pair->kit.store, ann());
	for (int i = 0; i < 3; i++)
		costs(pair, 1, assert_int_equal(kit_take(&pair->kit, 10, &seen), 0));
	assert_int_equal(seen.count, 0);
}

/* ---- A server that stops ---- */

struct drill {
	const char *name;
	bool exists;         /* before */
	int64_t pass_s;      /* before the operation */
	bool swept;          /* before, too: it has expired */
	int64_t retention_s; /* of all sweeps */
	int (*operation)(struct store *store, struct entry entry);
};

static int expire(struct store *store, struct entry entry)
{
	(void)entry;
	return sweep(store, 0);
}

static int forget(struct store *store, struct entry entry)
{
	(void)entry;
	return sweep(store, RETENTION_S);
}

/* As time does, to those of a server that is gone. */
static void free_leases(void)
{
	static const char *const names[] = {"due/0", "due/1", "due/2", "due/3", "take"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char text[128];

		snprintf(text, sizeof(text),
			 "DELETE FROM {keyspace}.leases WHERE name = '%s' IF EXISTS", names[i]);
		cql_rows_free(cassandra_fixture_run(&fixture, text));
	}
}

static int see_state(void *ctx, const struct entry *entry, const struct moment *now)
{
	struct entry *seen = ctx;

	(void)now;
	*seen = *entry;
	/* Which of the two it is; nothing else of it outlives this call. */
	seen->fields.text[TEXT_RUNTIME] =
		slice_equal(entry->fields.text[TEXT_RUNTIME], SLICE("new")) ? SLICE("new")
									    : SLICE("old");
	seen->fields.text[TEXT_GUID] = slice_equal(entry->fields.text[TEXT_GUID], SLICE("renamed"))
					       ? SLICE("renamed")
					       : SLICE("g1");
	seen->fields.text[TEXT_NAME] = slice_equal(entry->fields.text[TEXT_NAME], SLICE("renamed"))
					       ? SLICE("renamed")
					       : SLICE("n1");
	return 0;
}

/* Whole and found by everything, or not there at all. */
static bool check_no_half(struct pair *pair, struct entry_key key)
{
	struct kit *kit = &pair->kit;
	struct entry seen = {0};
	struct waited waited;
	bool hyperty = key.kind == ENTRY_HYPERTY;
	bool exists, changed;
	int r;

	waited_init(&waited);
	waited.read.see = see_state;
	waited.read.ctx = &seen;
	r = waited_end(&waited, store_get(kit->store, key, &waited.read));
	assert_true(r == STORE_DONE || r == STORE_NOT_FOUND);
	exists = r == STORE_DONE;
	changed = exists && slice_equal(seen.fields.text[TEXT_RUNTIME], SLICE("new"));
	if (!exists) {
		kit_leads_nowhere(kit, INDEX_USER, USER);
		kit_leads_nowhere(kit, INDEX_EMAIL, "ann@x.org");
		kit_leads_nowhere(kit, INDEX_GUID, "g1");
		kit_leads_nowhere(kit, INDEX_NAME, "n1");
		kit_leads_nowhere(kit, INDEX_REPORTER, "r1");
	} else if (hyperty) {
		assert_true(slice_equal(seen.fields.text[TEXT_GUID],
					changed ? SLICE("renamed") : SLICE("g1")));
		kit_leads_to(kit, INDEX_USER, USER, "h1");
		kit_leads_to(kit, INDEX_EMAIL, "ann@x.org", "h1");
		kit_leads_to(kit, INDEX_GUID, changed ? "renamed" : "g1", "h1");
	} else {
		assert_true(slice_equal(seen.fields.text[TEXT_NAME],
					changed ? SLICE("renamed") : SLICE("n1")));
		kit_leads_to(kit, INDEX_NAME, changed ? "renamed" : "n1", "o1");
		kit_leads_nowhere(kit, INDEX_NAME, changed ? "n1" : "renamed");
		kit_leads_to(kit, INDEX_REPORTER, "r1", "o1");
	}
	return exists;
}

static void sweep_all(struct pair *pair, int64_t retention_s)
{
	int r = SWEEPS_MAX;

	for (int i = 0; i < SWEEPS_MAX && r == SWEEPS_MAX; i++)
		r = sweep(pair->kit.store, retention_s);
	assert_int_equal(r, STORE_DONE);
}

static void take_all(struct pair *pair, struct seen *seen)
{
	uint64_t token = kit_take(&pair->kit, 100, seen);

	store_settle_updates(pair->kit.store, token, SETTLE_SENT);
}

/* Long after: whoever is there has gone away and was told of, an id without entry is free. */
static void check_the_sweep_finishes(struct pair *pair, const struct drill *drill,
				     struct entry_key key)
{
	struct seen seen = {0};
	bool exists;

	for (int i = 0; i < 4; i++) { /* abandoned claims are given their time first */
		clock_fake_pass_s(&pair->kit.clock, 100);
		sweep_all(pair, drill->retention_s);
	}
	exists = check_no_half(pair, key);
	take_all(pair, &seen);
	if (exists)
		assert_int_equal(seen_distinct(&seen), 1);
	if (!exists && key.kind == ENTRY_HYPERTY) {
		struct entry bobs = kit_hyperty("h1", "bob");
		struct rule_request request = {.key = bobs.key,
					       .owner = bobs.owner,
					       .fields = bobs.fields,
					       .expires_max_s = 3600};
		int outcome = -1;

		assert_int_equal(kit_change(&pair->kit, bobs.key, rule_put, &request, &outcome),
				 STORE_DONE);
		assert_int_equal(outcome, RULE_DONE);
	}
	seen_deinit(&seen);
}

/* False once the operation has fewer steps than that. */
static bool stop_at(struct pair *pair, const struct drill *drill, struct entry entry, unsigned step)
{
	bool stopped;
	int r;

	if (drill->exists)
		assert_int_equal(put(pair->kit.store, entry), RULE_DONE);
	clock_fake_pass_s(&pair->kit.clock, drill->pass_s);
	if (drill->swept) {
		sweep_all(pair, drill->retention_s);
		clock_fake_pass_s(&pair->kit.clock, drill->retention_s);
	}
	free_leases();
	pair->steps = 0;
	pair->stop_at = step;
	pair->armed = true;
	r = drill->operation(pair->stopping, entry);
	pair->armed = false;
	stopped = pair->steps >= step;
	if (!stopped)
		assert_true(r >= 0 && r != -STORE_UNAVAILABLE);
	free_leases();
	check_no_half(pair, entry.key);
	check_the_sweep_finishes(pair, drill, entry.key);
	return stopped;
}

static void drill_all_steps(const struct drill *drill, struct entry (*make)(void))
{
	bool stopped = true;

	for (unsigned step = 1; stopped; step++) {
		void *state;

		assert_true(step < 50);
		open_pair(&state);
		stopped = stop_at(state, drill, make(), step);
		close_pair(&state);
		if (!stopped)
			print_message("%s: %u steps\n", drill->name, step - 1);
	}
}

static void a_stop_at_any_step_leaves_no_half_and_is_finished_by_the_sweep(void **state)
{
	static const struct drill drills[] = {
		{.name = "create", .operation = put},
		{.name = "replace", .exists = true, .pass_s = 5, .operation = replace},
		{.name = "update", .exists = true, .pass_s = 5, .operation = update},
		{.name = "keep-alive", .exists = true, .pass_s = 5, .operation = keep_alive},
		{.name = "revive", .exists = true, .pass_s = 100, .operation = keep_alive},
		{.name = "delete", .exists = true, .pass_s = 5, .operation = delete_it},
		{.name = "expire", .exists = true, .pass_s = 100, .operation = expire},
		{.name = "forget",
		 .exists = true,
		 .pass_s = 100,
		 .swept = true,
		 .retention_s = RETENTION_S,
		 .operation = forget},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(drills) / sizeof(drills[0]); i++) {
		drill_all_steps(&drills[i], ann);
		drill_all_steps(&drills[i], object);
	}
}

static void insert(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void insert(const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	cql_rows_free(cassandra_fixture_run(&fixture, text));
}

/* As one is left by a server that was cut off from the majority, before all that others made. */
static void leave_claim(struct pair *pair, const char *id, const char *owner, int since)
{
	const struct entry_key key = {ENTRY_HYPERTY, slice_of(id)};
	long long due_s = (long long)store_cassandra_now(pair->kit.store).lifetime_s + 1;
	long long bucket = (long long)cass_due_bucket(due_s);
	long long stamp = (long long)cass_stamp(store_cassandra_of(pair->kit.store), 0);
	int shard = (int)cass_shard_of(key);

	insert("INSERT INTO {keyspace}.claims (id, since, claim, owner) "
	       "VALUES ('%s', %d, uuid(), '%s') USING TIMESTAMP %lld",
	       id, since, owner, stamp);
	insert("INSERT INTO {keyspace}.buckets (queue, bucket) "
	       "VALUES ('due/%d', %lld) USING TIMESTAMP %lld",
	       shard, bucket, stamp);
	insert("INSERT INTO {keyspace}.due (shard, bucket, due_s, kind, id, owner, claim) "
	       "VALUES (%d, %lld, %lld, %d, '%s', '%s', uuid()) USING TIMESTAMP %lld",
	       shard, bucket, due_s, CASS_DUE_CLAIM, id, owner, stamp);
}

static int64_t count_of(const char *text)
{
	struct cql_rows *rows = cassandra_fixture_run(&fixture, text);
	struct cql_value value;
	int64_t count = -1;

	if (cql_rows_next(rows, &value, 1))
		count = cass_bigint_of(value);
	cql_rows_free(rows);
	return count;
}

static int64_t counted_by(struct store *store)
{
	return atomic_load(&store_cassandra_of(store)->own_hyperties);
}

static bool set_aside_but_for(struct pair *pair, unsigned step)
{
	const struct drill drill = {.name = "set aside"};
	struct entry anns = ann();

	anns.fields.expires_s = 3600;
	assert_int_equal(put(pair->kit.store, anns), RULE_DONE);
	leave_claim(pair, "h1", "bob", 1);
	clock_fake_pass_s(&pair->kit.clock, 2);
	pair->steps = 0;
	pair->stop_at = step;
	pair->armed = true;
	sweep(pair->stopping, 0);
	pair->armed = false;
	free_leases();

	check_the_sweep_finishes(pair, &drill, anns.key);
	assert_int_equal(count_of("SELECT count(*) FROM {keyspace}.conflicts"), 1);
	/* Ann's came and went, bob's is there now. */
	assert_int_equal(counted_by(pair->kit.store) + counted_by(pair->stopping), 1);
	return pair->steps >= step;
}

static void what_is_set_aside_is_counted_once_wherever_the_sweep_stops(void **state)
{
	bool stopped = true;

	(void)state;
	for (unsigned step = 1; stopped; step++) {
		void *pair;

		assert_true(step < 50);
		open_pair(&pair);
		stopped = set_aside_but_for(pair, step);
		close_pair(&pair);
		if (!stopped)
			print_message("set aside: %u steps\n", step - 1);
	}
}

#define CLAIMED_IDS 40

static void claims_on_many_ids_are_settled_together_those_on_one_in_turn(void **state)
{
	struct pair *pair = *state;

	/* Given ids that two users claimed while no majority was there, bob before carl */
	for (int i = 0; i < CLAIMED_IDS; i++) {
		char id[16];

		snprintf(id, sizeof(id), "h%d", i);
		leave_claim(pair, id, "bob", 1);
		leave_claim(pair, id, "carl", 2);
	}
	clock_fake_pass_s(&pair->kit.clock, 2);

	/* When they are swept, then one does not wait for the other */
	sweep(pair->stopping, 0);
	assert_true(atomic_load(&pair->begun_together) > 1);

	/* And all are bob's, with nothing left to settle */
	free_leases();
	sweep_all(pair, 0);
	assert_int_equal(count_of("SELECT count(*) FROM {keyspace}.claims"), 0);
	assert_int_equal(count_of("SELECT count(*) FROM {keyspace}.owners WHERE owner = 'bob' "
				  "ALLOW FILTERING"),
			 CLAIMED_IDS);
	assert_int_equal(count_of("SELECT count(*) FROM {keyspace}.owners"), CLAIMED_IDS);
}

static void news_that_a_stopped_server_held_is_told_by_another(void **state)
{
	struct pair *pair = *state;
	struct kit through = {.store = pair->stopping};
	struct seen seen[2] = {{0}};

	put(pair->kit.store, ann());
	delete_it(pair->kit.store, ann());
	kit_take(&through, 10, &seen[0]);
	seen_is(&seen[0], "h1");
	/* Never settled: its server is gone. */
	pair->stop_at = pair->steps + 1;
	pair->armed = true;
	free_leases();
	clock_fake_pass_s(&pair->kit.clock, STORE_LEASE_S + 1);

	take_all(pair, &seen[1]);
	seen_is(&seen[1], "h1");
	seen_deinit(&seen[0]);
	seen_deinit(&seen[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_first_creation_is_a_lightweight_transaction_and_one_more_round),
		CASE(a_keep_alive_and_an_update_read_once_and_write_once),
		CASE(a_replacement_reads_once_and_writes_once),
		CASE(reads_take_one_round_or_two),
		CASE(asking_for_news_when_there_is_none_is_one_round),
		CASE(news_that_a_stopped_server_held_is_told_by_another),
		CASE(claims_on_many_ids_are_settled_together_those_on_one_in_turn),
		cmocka_unit_test(a_stop_at_any_step_leaves_no_half_and_is_finished_by_the_sweep),
		cmocka_unit_test(what_is_set_aside_is_counted_once_wherever_the_sweep_stops),
	};
	int failed;

	if (cassandra_fixture_init(&fixture) < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	cassandra_fixture_deinit(&fixture);
	return failed;
}
