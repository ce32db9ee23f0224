/* The contract, threads: many at once never lose, mix or share anything. */
#include "contract_kit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "registry/rules.h"

#define THREADS 4

/* ---- One key ---- */

#define ROUNDS 1000

static int rule_that_counts(const struct entry *old, const struct moment *now, const void *ctx,
			    struct change *ret_change)
{
	(void)now;
	(void)ctx;
	*ret_change = (struct change){.action = CHANGE_NOTHING};
	if (!old)
		return 0;
	ret_change->action = CHANGE_WRITE;
	ret_change->entry = *old;
	ret_change->entry.fields.expires_s++;
	ret_change->changed = CHANGED_EXPIRES;
	return 0;
}

static unsigned count_up(struct kit *kit, unsigned thread)
{
	struct entry_key key = {ENTRY_HYPERTY, SLICE("h1")};
	unsigned wrong = 0;

	(void)thread;
	for (int i = 0; i < ROUNDS; i++)
		wrong += kit_change(kit, key, rule_that_counts, NULL, NULL) != STORE_DONE;
	return wrong;
}

static void changes_of_one_entry_are_one_after_another(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h1", "ann");

	entry.fields.expires_s = 0;
	kit_write(kit, &entry, NEWS_KEEP);
	kit_threads(kit, THREADS, count_up);

	entry.fields.expires_s = THREADS * ROUNDS;
	kit_holds(kit, &entry);
}

/* ---- Two creators ---- */

#define RACES 250

static _Atomic unsigned winners[RACES];

static unsigned create_all(struct kit *kit, unsigned thread)
{
	char id[32], user[32];
	unsigned wrong = 0;

	snprintf(user, sizeof(user), "user-%u", thread);
	for (int i = 0; i < RACES; i++) {
		struct rule_request request = {.owner = slice_of(user), .expires_max_s = 3600};
		struct entry entry;
		int outcome = -1;

		snprintf(id, sizeof(id), "race-%d", i);
		entry = kit_hyperty(id, user);
		request.key = entry.key;
		request.fields = entry.fields;
		wrong += kit_change(kit, entry.key, rule_put, &request, &outcome) != STORE_DONE;
		winners[i] += outcome == RULE_DONE;
		wrong += outcome != RULE_DONE && outcome != RULE_NOT_OWNER;
	}
	return wrong;
}

static void of_several_creators_of_one_id_exactly_one_wins(void **state)
{
	struct kit *kit = *state;
	struct store_count count;

	for (int i = 0; i < RACES; i++)
		winners[i] = 0;
	kit_threads(kit, THREADS, create_all);

	for (int i = 0; i < RACES; i++)
		assert_int_equal(winners[i], 1);
	store_count(kit->store, &count);
	assert_int_equal(count.entries[ENTRY_HYPERTY], RACES);
}

/* ---- Readers beside writers ---- */

static int see_unmixed(void *ctx, const struct entry *entry, const struct moment *now)
{
	const struct slice *text = entry->fields.text;

	(void)now;
	*(unsigned *)ctx += !slice_equal(text[TEXT_NAME], text[TEXT_REPORTER]) ||
			    !slice_equal(text[TEXT_NAME], text[TEXT_RUNTIME]);
	return 0;
}

static unsigned write_states(struct kit *kit)
{
	unsigned wrong = 0;
	char text[64];

	for (int i = 0; i < 500; i++) {
		struct entry entry = kit_object("o1", text, text);
		struct script script = {.change = {.action = CHANGE_WRITE, .changed = UINT32_MAX}};

		snprintf(text, sizeof(text), "state-%0*d", i % 40 + 1, i);
		entry = kit_object("o1", text, text);
		entry.fields.text[TEXT_RUNTIME] = slice_of(text);
		script.change.entry = entry;
		wrong += kit_change(kit, entry.key, script_rule, &script, NULL) != STORE_DONE;
	}
	return wrong;
}

static unsigned read_states(struct kit *kit)
{
	struct entry_key key = {ENTRY_DATA_OBJECT, SLICE("o1")};
	unsigned mixed = 0;

	for (int i = 0; i < 3000; i++) {
		struct waited waited;
		int r;

		waited_init(&waited);
		waited.read.see = see_unmixed;
		waited.read.ctx = &mixed;
		r = waited_end(&waited, store_get(kit->store, key, &waited.read));
		mixed += r != STORE_DONE;
	}
	return mixed;
}

static unsigned write_or_read_states(struct kit *kit, unsigned thread)
{
	return thread == 0 ? write_states(kit) : read_states(kit);
}

static void a_reader_never_sees_two_states_of_an_entry_mixed(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_object("o1", "state", "state");

	entry.fields.text[TEXT_RUNTIME] = SLICE("state");
	kit_write(kit, &entry, NEWS_KEEP);

	kit_threads(kit, THREADS, write_or_read_states);
}

/* Each thread's own entries, all of one user: rows grow and shrink under readers. */
static unsigned come_and_go(struct kit *kit, unsigned thread)
{
	unsigned wrong = 0;
	char id[32];

	for (int i = 0; i < 300; i++) {
		struct script script = {.change = {.action = CHANGE_WRITE, .changed = UINT32_MAX}};
		struct seen seen = {0};
		struct entry entry;

		snprintf(id, sizeof(id), "h-%u-%d", thread, i % 7);
		entry = kit_hyperty(id, "ann");
		kit_add_guid(&entry, "g");
		script.change.entry = entry;
		wrong += kit_change(kit, entry.key, script_rule, &script, NULL) != STORE_DONE;
		wrong += kit_list(kit, i % 2 ? INDEX_GUID : INDEX_USER,
				  i % 2 ? SLICE("g") : SLICE("ann"), &seen) != STORE_DONE;
		wrong += !seen_has(&seen, id);
		seen_deinit(&seen);
		script.change.action = CHANGE_REMOVE;
		wrong += kit_change(kit, entry.key, script_rule, &script, NULL) != STORE_DONE;
	}
	return wrong;
}

static void what_was_written_is_in_the_next_list(void **state)
{
	struct kit *kit = *state;
	struct store_count count;

	kit_threads(kit, THREADS, come_and_go);

	kit_leads_nowhere(kit, INDEX_USER, "ann");
	kit_leads_nowhere(kit, INDEX_GUID, "g");
	store_count(kit->store, &count);
	assert_int_equal(count.entries[ENTRY_HYPERTY], 0);
}

/* ---- Eight readers of the news ---- */

#define NEWS 2000

static pthread_mutex_t told_lock = PTHREAD_MUTEX_INITIALIZER;
static struct seen told; /* under told_lock: of settled leases */
static _Atomic uint32_t told_of;

static void tell(struct seen *seen)
{
	pthread_mutex_lock(&told_lock);
	for (uint32_t i = 0; i < seen->count; i++) {
		struct entry entry = {.key = {ENTRY_HYPERTY, seen->ids[i]}};

		seen_see(&told, &entry, &seen->now);
	}
	told_of += seen->count;
	pthread_mutex_unlock(&told_lock);
}

/* Every third answer does not leave. */
static unsigned take_until_all_are_told(struct kit *kit, unsigned thread)
{
	unsigned wrong = 0;

	for (uint32_t i = thread; told_of < NEWS && i < 1000000; i++) {
		struct seen seen = {0};
		struct waited waited;
		bool sent = i % 3 != 0;

		waited_init(&waited);
		waited.take.read.see = seen_see;
		waited.take.read.ctx = &seen;
		waited.take.limit = 17;
		wrong += waited_end(&waited, store_take_updates(kit->store, &waited.take)) !=
			 STORE_DONE;
		if (waited.take.ret_token == 0) {
			seen_deinit(&seen);
			sched_yield();
			continue;
		}
		if (sent)
			tell(&seen);
		store_settle_updates(kit->store, waited.take.ret_token,
				     sent ? SETTLE_SENT : SETTLE_UNSENT);
		seen_deinit(&seen);
	}
	return wrong;
}

static unsigned add_or_take(struct kit *kit, unsigned thread)
{
	unsigned wrong = 0;
	char id[32];

	if (thread > 0)
		return take_until_all_are_told(kit, thread);
	for (int i = 0; i < NEWS; i++) {
		struct script script = {.change = {.action = CHANGE_WRITE,
						   .news = NEWS_ADD,
						   .changed = UINT32_MAX}};

		snprintf(id, sizeof(id), "h%d", i);
		script.change.entry = kit_hyperty(id, "ann");
		wrong += kit_change(kit, script.change.entry.key, script_rule, &script, NULL) !=
			 STORE_DONE;
	}
	return wrong;
}

static void several_readers_are_told_of_each_entry_exactly_once(void **state)
{
	struct kit *kit = *state;

	told_of = 0;
	kit_threads(kit, 8, add_or_take);
	kit_settle(kit, 0, SETTLE_SENT);

	assert_int_equal(told.count, NEWS);
	assert_int_equal(seen_distinct(&told), NEWS);
	assert_int_equal(kit_pending(kit), 0);
	seen_deinit(&told);
}

/* ---- The end ---- */

#define UNDER_WAY 200

struct under_way {
	struct waited waited;
	struct script script;
	int submitted;
};

static void submit_write(struct kit *kit, struct under_way *one)
{
	waited_init(&one->waited);
	one->script = (struct script){.change = {.action = CHANGE_WRITE, .changed = UINT32_MAX}};
	one->script.change.entry = kit_hyperty("h1", "ann");
	one->waited.change.key = one->script.change.entry.key;
	one->waited.change.rule = script_rule;
	one->waited.change.ctx = &one->script;
	one->submitted = store_change(kit->store, &one->waited.change);
}

static void end_store_and_expect_all(struct kit *kit, void (*end)(struct store *store))
{
	struct under_way *all = calloc(UNDER_WAY, sizeof(*all));

	assert_non_null(all);
	for (int i = 0; i < UNDER_WAY; i++)
		submit_write(kit, &all[i]);
	end(kit->store);

	for (int i = 0; i < UNDER_WAY; i++) {
		int r;

		assert_int_equal(all[i].waited.completions, all[i].submitted == STORE_PENDING);
		r = waited_end(&all[i].waited, all[i].submitted);
		assert_true(r == STORE_DONE || r == STORE_UNAVAILABLE);
	}
	free(all);
}

static void whatever_is_pending_when_the_store_is_freed_is_completed_once(void **state)
{
	struct kit *kit = *state;

	end_store_and_expect_all(kit, store_free);
	kit->store = NULL;
}

static void a_stopped_store_lets_nothing_wait_and_settles_on(void **state)
{
	struct kit *kit = *state;
	struct entry entry = kit_hyperty("h2", "ann");
	struct seen seen = {0};
	struct under_way one;
	uint64_t token;

	kit_write(kit, &entry, NEWS_ADD);
	token = kit_take(kit, 10, &seen);
	end_store_and_expect_all(kit, store_stop);
	store_stop(kit->store);

	submit_write(kit, &one);
	assert_true(one.submitted == STORE_DONE || one.submitted == STORE_UNAVAILABLE);
	waited_end(&one.waited, one.submitted);
	store_settle_updates(kit->store, token, SETTLE_SENT);
	if (kit->factory->durable) {
		kit_restart(kit, 0);
		assert_int_equal(kit_pending(kit), 0);
	}
	seen_deinit(&seen);
}

int contract_threads(void)
{
	const struct CMUnitTest threads[] = {
		CASE(changes_of_one_entry_are_one_after_another),
		CASE(of_several_creators_of_one_id_exactly_one_wins),
		CASE(a_reader_never_sees_two_states_of_an_entry_mixed),
		CASE(what_was_written_is_in_the_next_list),
		CASE(several_readers_are_told_of_each_entry_exactly_once),
		CASE(whatever_is_pending_when_the_store_is_freed_is_completed_once),
		CASE(a_stopped_store_lets_nothing_wait_and_settles_on),
	};

	return cmocka_run_group_tests(threads, NULL, NULL);
}
