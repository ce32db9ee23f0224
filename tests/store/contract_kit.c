/* A fresh store for each case, and short words for what the cases do with it. */
#include "contract_kit.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "model/record.h"

static const struct contract_factory *factory_in_use;

void kit_use(const struct contract_factory *factory)
{
	factory_in_use = factory;
}

static int open_store(struct kit *kit)
{
	return kit->factory->open(kit->factory->ctx, &kit->clock.clock, &kit->counters,
				  &kit->store);
}

int kit_setup(void **state)
{
	struct kit *kit = calloc(1, sizeof(*kit));

	assert_non_null(kit);
	kit->factory = factory_in_use;
	clock_fake_init(&kit->clock);
	assert_int_equal(open_store(kit), 0);
	*state = kit;
	return 0;
}

int kit_teardown(void **state)
{
	struct kit *kit = *state;

	store_free(kit->store);
	if (kit->factory->wipe)
		kit->factory->wipe(kit->factory->ctx);
	free(kit);
	return 0;
}

void kit_restart(struct kit *kit, int64_t down_s)
{
	store_free(kit->store);
	kit->store = NULL;
	clock_fake_pass_s(&kit->clock, down_s);
	assert_int_equal(open_store(kit), 0);
}

/* ---- Submitting, and waiting where it takes that ---- */

static void waited_complete(struct store_op *op)
{
	struct waited *waited = (struct waited *)op;

	waited->completions++;
	latch_open(&waited->latch);
}

void waited_init(struct waited *waited)
{
	memset(waited, 0, sizeof(*waited));
	waited->op.complete = waited_complete;
	latch_init(&waited->latch);
}

int waited_end(struct waited *waited, int submitted)
{
	int result = submitted;

	if (submitted == STORE_PENDING)
		result = latch_wait(&waited->latch) ? waited->op.result : -ETIMEDOUT;
	if (waited->completions != (submitted == STORE_PENDING))
		result = -EPROTO;
	latch_deinit(&waited->latch);
	return result;
}

/* ---- Entries ---- */

static struct entry any_entry(enum entry_kind kind, const char *id)
{
	struct entry entry = {.key = {kind, slice_of(id)}};
	struct fields *fields = &entry.fields;

	fields->text[TEXT_STATUS] = STATUS_LIVE;
	fields->text[TEXT_RUNTIME] = SLICE("runtime://x.org/1");
	fields->list[LIST_RESOURCES] = (struct text_list){SLICE(""), 0};
	fields->list[LIST_DATA_SCHEMES] = (struct text_list){SLICE(""), 0};
	fields->expires_s = 60;
	entry.starting_wall_s = 1488369600;
	entry.modified_wall_s = 1488369600;
	entry.sign_s = 1;
	return entry;
}

struct entry kit_hyperty(const char *id, const char *user)
{
	struct entry entry = any_entry(ENTRY_HYPERTY, id);

	entry.owner = slice_of(user);
	entry.fields.text[TEXT_DESCRIPTOR] = SLICE("catalogue://x.org/Chat");
	return entry;
}

struct entry kit_object(const char *url, const char *name, const char *reporter)
{
	struct entry entry = any_entry(ENTRY_DATA_OBJECT, url);

	entry.fields.text[TEXT_SCHEMA] = SLICE("schema://x.org/Comm");
	entry.fields.text[TEXT_NAME] = slice_of(name);
	entry.fields.text[TEXT_REPORTER] = slice_of(reporter);
	return entry;
}

void kit_add_guid(struct entry *entry, const char *guid)
{
	entry->guids[entry->guid_count++] = slice_of(guid);
	entry->fields.text[TEXT_GUID] = slice_of(guid);
}

bool kit_same(const struct entry *a, const struct entry *b)
{
	struct entry both[2] = {*a, *b};
	struct buffer records[2] = {{0}};
	bool same;

	for (int i = 0; i < 2; i++) {
		both[i].due_s = 0;
		record_encode(&both[i], &records[i]);
		assert_false(records[i].failed);
	}
	same = slice_equal((struct slice){records[0].data, records[0].len},
			   (struct slice){records[1].data, records[1].len});
	buffer_deinit(&records[0]);
	buffer_deinit(&records[1]);
	return same;
}

/* ---- Changing ---- */

int script_rule(const struct entry *old, const struct moment *now, const void *ctx,
		struct change *ret_change)
{
	const struct script *script = ctx;

	(void)old;
	(void)now;
	*ret_change = script->change;
	return script->outcome;
}

int kit_change(struct kit *kit, struct entry_key key, store_rule *rule, const void *ctx,
	       int *ret_outcome)
{
	struct waited waited;
	int r;

	waited_init(&waited);
	waited.change.key = key;
	waited.change.rule = rule;
	waited.change.ctx = ctx;
	r = waited_end(&waited, store_change(kit->store, &waited.change));
	if (r == STORE_DONE && ret_outcome)
		*ret_outcome = waited.change.outcome;
	return r;
}

void kit_write(struct kit *kit, const struct entry *entry, enum change_news news)
{
	struct script script = {.change = {.action = CHANGE_WRITE,
					   .news = news,
					   .entry = *entry,
					   .changed = UINT32_MAX}};

	assert_int_equal(kit_change(kit, entry->key, script_rule, &script, NULL), STORE_DONE);
}

void kit_remove(struct kit *kit, const struct entry *entry)
{
	struct script script = {.change = {.action = CHANGE_REMOVE, .news = NEWS_DROP}};

	assert_int_equal(kit_change(kit, entry->key, script_rule, &script, NULL), STORE_DONE);
}

struct one_of_many {
	struct waited waited;
	struct script script;
	char text[64];
	int submitted;
};

static void submit_one(struct kit *kit, struct one_of_many *one, uint32_t number, kit_make *make,
		       enum change_news news)
{
	waited_init(&one->waited);
	one->script.change =
		(struct change){.action = CHANGE_WRITE, .news = news, .changed = UINT32_MAX};
	make(number, one->text, &one->script.change.entry);
	one->waited.change.key = one->script.change.entry.key;
	one->waited.change.rule = script_rule;
	one->waited.change.ctx = &one->script;
	one->submitted = store_change(kit->store, &one->waited.change);
}

/* As many at once as a small node of a database can do in time on a busy machine. */
#define WAVE 200

void kit_write_many(struct kit *kit, uint32_t count, kit_make *make, enum change_news news)
{
	struct one_of_many *wave = calloc(WAVE, sizeof(*wave));

	assert_non_null(wave);
	for (uint32_t i = 0; i < count; i += WAVE) {
		uint32_t n = count - i < WAVE ? count - i : WAVE;

		for (uint32_t k = 0; k < n; k++)
			submit_one(kit, &wave[k], i + k, make, news);
		for (uint32_t k = 0; k < n; k++)
			assert_int_equal(waited_end(&wave[k].waited, wave[k].submitted),
					 STORE_DONE);
	}
	free(wave);
}

/* ---- Reading ---- */

int seen_see(void *ctx, const struct entry *entry, const struct moment *now)
{
	struct seen *seen = ctx;
	char *id = malloc(entry->key.id.len + 1);

	if (seen->count == seen->capacity) {
		seen->capacity = seen->capacity ? 2 * seen->capacity : 16;
		seen->ids = reallocarray(seen->ids, seen->capacity, sizeof(*seen->ids));
	}
	memcpy(id, entry->key.id.data, entry->key.id.len);
	seen->ids[seen->count++] = (struct slice){id, entry->key.id.len};
	seen->now = *now;
	return seen->stop_with;
}

void seen_deinit(struct seen *seen)
{
	for (uint32_t i = 0; i < seen->count; i++)
		free((char *)seen->ids[i].data);
	free(seen->ids);
	*seen = (struct seen){0};
}

bool seen_has(const struct seen *seen, const char *id)
{
	for (uint32_t i = 0; i < seen->count; i++) {
		if (slice_equal(seen->ids[i], slice_of(id)))
			return true;
	}
	return false;
}

static int by_bytes(const void *a, const void *b)
{
	const struct slice *x = a;
	const struct slice *y = b;
	int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

uint32_t seen_distinct(struct seen *seen)
{
	uint32_t distinct = 0;

	if (seen->count > 0)
		qsort(seen->ids, seen->count, sizeof(*seen->ids), by_bytes);
	for (uint32_t i = 0; i < seen->count; i++)
		distinct += i == 0 || !slice_equal(seen->ids[i - 1], seen->ids[i]);
	return distinct;
}

void seen_assert(struct seen *seen, bool in_order, const char *const *ids)
{
	uint32_t count = 0;

	for (; ids[count]; count++) {
		assert_true(seen_has(seen, ids[count]));
		if (in_order)
			assert_true(slice_equal(seen->ids[count], slice_of(ids[count])));
	}
	assert_int_equal(seen->count, count);
}

int kit_get(struct kit *kit, struct entry_key key, struct seen *seen)
{
	struct waited waited;

	waited_init(&waited);
	waited.read.see = seen_see;
	waited.read.ctx = seen;
	return waited_end(&waited, store_get(kit->store, key, &waited.read));
}

int kit_list(struct kit *kit, enum store_index index, struct slice key, struct seen *seen)
{
	struct waited waited;

	waited_init(&waited);
	waited.read.see = seen_see;
	waited.read.ctx = seen;
	return waited_end(&waited, store_list(kit->store, index, key, &waited.read));
}

void kit_assert_leads_to(struct kit *kit, enum store_index index, struct slice key,
			 const char *const *ids)
{
	struct seen seen = {0};

	assert_int_equal(kit_list(kit, index, key, &seen), ids[0] ? STORE_DONE : STORE_NOT_FOUND);
	seen_assert(&seen, false, ids);
	seen_deinit(&seen);
}

struct comparison {
	const struct entry *expected;
	uint32_t shown;
	bool same;
};

static int see_compare(void *ctx, const struct entry *entry, const struct moment *now)
{
	struct comparison *comparison = ctx;

	(void)now;
	comparison->shown++;
	comparison->same = kit_same(comparison->expected, entry);
	return 0;
}

void kit_holds(struct kit *kit, const struct entry *entry)
{
	struct comparison comparison = {.expected = entry};
	struct waited waited;

	waited_init(&waited);
	waited.read.see = see_compare;
	waited.read.ctx = &comparison;
	assert_int_equal(waited_end(&waited, store_get(kit->store, entry->key, &waited.read)),
			 STORE_DONE);
	assert_int_equal(comparison.shown, 1);
	assert_true(comparison.same);
}

void kit_holds_not(struct kit *kit, struct entry_key key)
{
	struct seen seen = {0};

	assert_int_equal(kit_get(kit, key, &seen), STORE_NOT_FOUND);
	assert_int_equal(seen.count, 0);
	seen_deinit(&seen);
}

/* ---- Time and updates ---- */

void kit_sweep(struct kit *kit, store_rule *rule, const void *ctx, uint32_t limit,
	       struct store_sweep *ret_sweep)
{
	struct waited waited;

	waited_init(&waited);
	waited.sweep.rule = rule;
	waited.sweep.ctx = ctx;
	waited.sweep.limit = limit;
	assert_int_equal(waited_end(&waited, store_sweep(kit->store, &waited.sweep)), STORE_DONE);
	*ret_sweep = waited.sweep;
}

uint64_t kit_take(struct kit *kit, uint32_t limit, struct seen *seen)
{
	struct waited waited;

	waited_init(&waited);
	waited.take.read.see = seen_see;
	waited.take.read.ctx = seen;
	waited.take.limit = limit;
	assert_int_equal(waited_end(&waited, store_take_updates(kit->store, &waited.take)),
			 STORE_DONE);
	assert_int_equal(waited.take.ret_count, seen->count);
	return waited.take.ret_token;
}

void kit_settle(struct kit *kit, uint64_t token, enum store_settle how)
{
	struct entry_key nobody = {ENTRY_HYPERTY, SLICE("nobody")};
	struct script nothing = {.change = {.action = CHANGE_NOTHING}};

	store_settle_updates(kit->store, token, how);
	assert_int_equal(kit_change(kit, nobody, script_rule, &nothing, NULL), STORE_DONE);
}

uint64_t kit_pending(struct kit *kit)
{
	struct store_count count;

	store_count(kit->store, &count);
	return count.pending_updates;
}

/* ---- Threads ---- */

#define THREADS_MAX 8

struct runner {
	pthread_t thread;
	struct kit *kit;
	kit_body *body;
	unsigned number;
	unsigned wrong;
};

static void *run(void *ctx)
{
	struct runner *runner = ctx;

	runner->wrong = runner->body(runner->kit, runner->number);
	return NULL;
}

void kit_threads(struct kit *kit, unsigned count, kit_body *body)
{
	struct runner runners[THREADS_MAX];

	assert_true(count <= THREADS_MAX);
	for (unsigned i = 0; i < count; i++) {
		runners[i] = (struct runner){.kit = kit, .body = body, .number = i};
		assert_int_equal(pthread_create(&runners[i].thread, NULL, run, &runners[i]), 0);
	}
	for (unsigned i = 0; i < count; i++)
		pthread_join(runners[i].thread, NULL);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(runners[i].wrong, 0);
}
