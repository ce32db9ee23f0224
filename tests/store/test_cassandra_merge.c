/* Several servers on one cluster are one registry: what each does, all see, and nothing is done
 * twice. */
#include "contract_kit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/container.h"
#include "cassandra_fixture.h"
#include "registry/rules.h"

#define SERVERS 3

/* A kit whose store is that of the server at hand. */
struct cluster {
	struct kit kit;
	struct store *servers[SERVERS];
};

static struct cassandra_fixture fixture;

static int open_servers(void **state)
{
	struct cluster *cluster = calloc(1, sizeof(*cluster));

	assert_non_null(cluster);
	clock_fake_init(&cluster->kit.clock);
	for (int i = 0; i < SERVERS; i++)
		assert_int_equal(cassandra_fixture_open(&fixture, &cluster->kit.clock.clock,
							&cluster->kit.counters,
							&cluster->servers[i]),
				 0);
	cluster->kit.store = cluster->servers[0];
	*state = &cluster->kit;
	return 0;
}

static int close_servers(void **state)
{
	struct cluster *cluster = container_of(*state, struct cluster, kit);

	for (int i = 0; i < SERVERS; i++)
		store_free(cluster->servers[i]);
	cassandra_fixture_wipe(&fixture);
	free(cluster);
	return 0;
}

#undef CASE
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_servers, close_servers)

/* The same kit, through another server. Its clock is the one in the cluster. */
static struct kit *through(struct kit *kit, unsigned server, struct kit *ret_kit)
{
	struct cluster *cluster = container_of(kit, struct cluster, kit);

	memcpy(ret_kit, kit, sizeof(*kit));
	ret_kit->store = cluster->servers[server % SERVERS];
	return ret_kit;
}

/* ---- What one does, the others see ---- */

static void a_change_is_seen_through_every_server(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "ann@x.org");
	struct kit other;

	kit_add_guid(&entry, "g1");
	for (unsigned i = 0; i < SERVERS; i++) {
		entry.fields.expires_s = 60 + i;
		kit_write(through(kit, i, &other), &entry, NEWS_KEEP);
		for (unsigned j = 0; j < SERVERS; j++) {
			kit_holds(through(kit, j, &other), &entry);
			kit_leads_to(&other, INDEX_USER, "ann@x.org", "h1");
			kit_leads_to(&other, INDEX_EMAIL, "ann@x.org", "h1");
			kit_leads_to(&other, INDEX_GUID, "g1", "h1");
		}
	}
}

static void an_id_that_was_freed_and_claimed_again_is_the_new_owners_everywhere(void **state)
{
	struct kit *kit = *state;
	struct entry anns = kit_hyperty("h1", "ann");
	struct entry bobs = kit_hyperty("h1", "bob");
	struct kit other;

	kit_write(through(kit, 0, &other), &anns, NEWS_KEEP);
	kit_holds(through(kit, 1, &other), &anns);
	kit_remove(through(kit, 2, &other), &anns);
	kit_holds_not(through(kit, 1, &other), anns.key);
	kit_write(through(kit, 2, &other), &bobs, NEWS_KEEP);

	for (unsigned i = 0; i < SERVERS; i++) {
		kit_holds(through(kit, i, &other), &bobs);
		kit_leads_nowhere(&other, INDEX_USER, "ann");
	}
}

/* ---- Races ---- */

#define RACES 1000
static _Atomic unsigned winners[RACES];
static pthread_barrier_t start_line;

static unsigned race(struct kit *kit, unsigned thread)
{
	unsigned wrong = 0;
	struct kit mine;

	for (unsigned i = 0; i < RACES; i++) {
		char user[16], id[24];
		struct rule_request request = {.expires_max_s = 3600};
		struct entry entry;
		int outcome = -1;

		snprintf(user, sizeof(user), "user-%u", thread);
		snprintf(id, sizeof(id), "race-%u", i);
		entry = kit_hyperty(id, user);
		request.key = entry.key;
		request.owner = entry.owner;
		request.fields = entry.fields;
		pthread_barrier_wait(&start_line);
		wrong += kit_change(through(kit, thread + i, &mine), entry.key, rule_put, &request,
				    &outcome) != STORE_DONE;
		winners[i] += outcome == RULE_DONE;
		wrong += outcome != RULE_DONE && outcome != RULE_NOT_OWNER;
	}
	return wrong;
}

static void of_two_users_who_claim_one_id_exactly_one_gets_it_a_thousand_times(void **state)
{
	struct kit *kit = *state;

	pthread_barrier_init(&start_line, NULL, 2);
	kit_threads(kit, 2, race);
	pthread_barrier_destroy(&start_line);

	for (int i = 0; i < RACES; i++)
		assert_int_equal(winners[i], 1);
}

#define MERGES 100

static int rule_of_member(const struct entry *old, const struct moment *now, const void *ctx,
			  struct change *ret_change)
{
	const struct slice *text = ctx; /* name of the member by its first byte, then its value */
	int member = text->data[0] == 'r' ? TEXT_RUNTIME : TEXT_DESCRIPTOR;

	(void)now;
	*ret_change = (struct change){.action = CHANGE_NOTHING};
	if (!old)
		return 1;
	ret_change->action = CHANGE_WRITE;
	ret_change->entry = *old;
	ret_change->entry.fields.text[member] = *text;
	ret_change->changed = CHANGED_TEXT(member);
	return 0;
}

static unsigned change_own_member(struct kit *kit, unsigned thread)
{
	struct entry_key key = {ENTRY_HYPERTY, SLICE("h1")};
	unsigned wrong = 0;
	struct kit mine;

	through(kit, thread, &mine);
	for (int i = 0; i < MERGES; i++) {
		char value[16];
		struct slice text;
		int outcome = -1;

		snprintf(value, sizeof(value), "%c%d", thread == 0 ? 'r' : 'd', i);
		text = slice_of(value);
		pthread_barrier_wait(&start_line);
		wrong += kit_change(&mine, key, rule_of_member, &text, &outcome) != STORE_DONE;
		wrong += outcome != 0;
	}
	return wrong;
}

static void different_members_changed_through_two_servers_at_once_both_stay(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "ann");
	char runtime[16], descriptor[16];

	kit_write(kit, &entry, NEWS_KEEP);
	pthread_barrier_init(&start_line, NULL, 2);
	kit_threads(kit, 2, change_own_member);
	pthread_barrier_destroy(&start_line);

	snprintf(runtime, sizeof(runtime), "r%d", MERGES - 1);
	snprintf(descriptor, sizeof(descriptor), "d%d", MERGES - 1);
	entry.fields.text[TEXT_RUNTIME] = slice_of(runtime);
	entry.fields.text[TEXT_DESCRIPTOR] = slice_of(descriptor);
	kit_holds(kit, &entry);
}

/* ---- Who went away ---- */

#define GOING 2000
#define READERS 8
#define ROUNDS_MAX 20000

static _Atomic unsigned told[GOING];
static _Atomic unsigned told_count;

static void make_going(uint32_t i, char text[static 64], struct entry *ret_entry)
{
	snprintf(text, 64, "going-%u", i);
	*ret_entry = kit_hyperty(text, i % 3 == 0 ? "ann" : i % 3 == 1 ? "bob" : "cyd");
}

static int see_told(void *ctx, const struct entry *entry, const struct moment *now)
{
	unsigned i = 0;

	(void)ctx;
	(void)now;
	if (sscanf(entry->key.id.data, "going-%u", &i) != 1 || i >= GOING)
		return -EPROTO;
	told[i]++;
	told_count++;
	return 0;
}

static int sweep_once(struct kit *kit)
{
	struct rule_request request = {.expires_max_s = 3600};
	struct waited waited;

	waited_init(&waited);
	waited.sweep.rule = rule_due;
	waited.sweep.ctx = &request;
	waited.sweep.limit = 500;
	return waited_end(&waited, store_sweep(kit->store, &waited.sweep));
}

static int take_once(struct kit *kit)
{
	struct waited waited;
	uint64_t token;
	int r;

	waited_init(&waited);
	waited.take.read.see = see_told;
	waited.take.limit = 100;
	r = waited_end(&waited, store_take_updates(kit->store, &waited.take));
	token = waited.take.ret_token;
	if (r == STORE_DONE && token != 0)
		store_settle_updates(kit->store, token, SETTLE_SENT);
	return r;
}

/* The first of each server's threads sweeps, too. */
static unsigned read_news(struct kit *kit, unsigned thread)
{
	struct timespec pause = {.tv_nsec = 2000000};
	unsigned wrong = 0;
	struct kit mine;

	through(kit, thread, &mine);
	for (int i = 0; i < ROUNDS_MAX && told_count < GOING; i++) {
		if (thread < SERVERS)
			wrong += sweep_once(&mine) != STORE_DONE;
		wrong += take_once(&mine) != STORE_DONE;
		nanosleep(&pause, NULL);
	}
	return wrong;
}

static void readers_on_all_servers_are_told_of_each_entry_exactly_once(void **state)
{
	struct kit *kit = *state;

	told_count = 0;
	for (int i = 0; i < GOING; i++)
		told[i] = 0;
	for (uint32_t i = 0; i < GOING; i++) {
		struct rule_request request = {.expires_max_s = 3600};
		struct entry entry;
		char text[64];
		struct kit mine;

		make_going(i, text, &entry);
		request.key = entry.key;
		request.owner = entry.owner;
		request.fields = entry.fields;
		assert_int_equal(
			kit_change(through(kit, i, &mine), entry.key, rule_put, &request, NULL),
			STORE_DONE);
	}
	clock_fake_pass_s(&kit->clock, 62);
	kit_threads(kit, READERS, read_news);

	for (int i = 0; i < GOING; i++)
		assert_int_equal(told[i], 1);
	/* Nobody has anything left. */
	for (unsigned i = 0; i < SERVERS; i++) {
		struct kit mine;

		assert_int_equal(take_once(through(kit, i, &mine)), STORE_DONE);
	}
	assert_int_equal(told_count, GOING);
}

static void replace(struct kit *kit, const struct entry *entry)
{
	struct rule_request request = {.key = entry->key,
				       .owner = entry->owner,
				       .fields = entry->fields,
				       .expires_max_s = 3600};

	assert_int_equal(kit_change(kit, entry->key, rule_put, &request, NULL), STORE_DONE);
}

/* By a server that did not know it, in the second in which it was made. */
static void replace_lifetime(struct kit *kit, int64_t before_s, int64_t after_s)
{
	struct entry entry;
	char text[64];
	struct kit mine;

	told_count = 0;
	make_going(0, text, &entry);
	entry.fields.expires_s = before_s;
	replace(through(kit, 0, &mine), &entry);
	entry.fields.expires_s = after_s;
	replace(through(kit, 1, &mine), &entry);
}

static unsigned told_after_s(struct kit *kit, int64_t seconds)
{
	struct kit mine;

	clock_fake_pass_s(&kit->clock, seconds);
	assert_int_equal(sweep_once(through(kit, 2, &mine)), STORE_DONE);
	assert_int_equal(take_once(&mine), STORE_DONE);
	return told_count;
}

static void what_a_server_replaces_that_did_not_know_it_expires_when_it_says(void **state)
{
	replace_lifetime(*state, 3600, 60);

	assert_int_equal(told_after_s(*state, 62), 1);
}

static void what_a_server_replaces_likewise_expires_all_the_same(void **state)
{
	replace_lifetime(*state, 60, 60);

	assert_int_equal(told_after_s(*state, 62), 1);
}

/* ---- Counts ---- */

static void counts_are_the_same_through_every_server_once_all_is_quiet(void **state)
{
	struct kit *kit = *state;
	struct timespec look = {.tv_nsec = 20000000};
	struct kit mine;

	for (uint32_t i = 0; i < 30; i++) {
		struct entry entry;
		char text[64];

		make_going(i, text, &entry);
		kit_write(through(kit, i, &mine), &entry, i % 2 ? NEWS_ADD : NEWS_KEEP);
		if (i % 5 == 0)
			kit_remove(through(kit, i + 1, &mine), &entry);
	}
	for (unsigned i = 0; i < SERVERS; i++) {
		struct store_count count = {0};

		for (int j = 0; j < 500; j++) {
			store_count(through(kit, i, &mine)->store, &count);
			if (count.entries[ENTRY_HYPERTY] == 24 && count.pending_updates == 12)
				break;
			nanosleep(&look, NULL);
		}
		assert_int_equal(count.entries[ENTRY_HYPERTY], 24);
		assert_int_equal(count.pending_updates, 12);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_change_is_seen_through_every_server),
		CASE(an_id_that_was_freed_and_claimed_again_is_the_new_owners_everywhere),
		CASE(different_members_changed_through_two_servers_at_once_both_stay),
		CASE(of_two_users_who_claim_one_id_exactly_one_gets_it_a_thousand_times),
		CASE(readers_on_all_servers_are_told_of_each_entry_exactly_once),
		CASE(what_a_server_replaces_that_did_not_know_it_expires_when_it_says),
		CASE(what_a_server_replaces_likewise_expires_all_the_same),
		CASE(counts_are_the_same_through_every_server_once_all_is_quiet),
	};
	int failed;

	if (cassandra_fixture_init(&fixture) < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	cassandra_fixture_deinit(&fixture);
	return failed;
}
