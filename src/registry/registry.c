/* What clients can do with entries: joins the rules to a store. */
#include "registry/registry.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "registry/lifetime.h"

struct registry {
	int64_t retention_s;
	_Atomic int64_t expires_max_s;
	_Atomic uint32_t updates_max;
	_Atomic uint64_t entries_max;
	_Atomic uint64_t index_max[INDEX_COUNT];
	struct store *store; /* not owned */
};

int registry_new(const struct registry_options *options, struct store *store,
		 struct registry **ret_registry)
{
	struct registry *registry = malloc(sizeof(*registry));

	if (!registry)
		return -ENOMEM;
	*registry = (struct registry){.retention_s = options->retention_s, .store = store};
	registry_set_limits(registry, options);
	*ret_registry = registry;
	return 0;
}

void registry_free(struct registry *registry)
{
	free(registry);
}

void registry_set_limits(struct registry *registry, const struct registry_options *options)
{
	atomic_store(&registry->expires_max_s, options->expires_max_s);
	atomic_store(&registry->updates_max, options->updates_max);
	atomic_store(&registry->entries_max, options->entries_max);
	for (int i = 0; i < INDEX_COUNT; i++)
		atomic_store(&registry->index_max[i], options->index_max[i]);
}

/* What a store's result means here; ok is for STORE_DONE. */
static int outcome_of(int store_result, int ok)
{
	switch (store_result) {
	case STORE_DONE:
		return ok;
	case STORE_PENDING:
		return REGISTRY_PENDING;
	case STORE_NOT_FOUND:
		return REGISTRY_NOT_FOUND;
	case STORE_UNAVAILABLE:
	case -ENOMEM:
		return REGISTRY_UNAVAILABLE;
	case -EFBIG:
		return REGISTRY_TOO_LARGE;
	case STORE_DAMAGED:
		return REGISTRY_DAMAGED;
	default:
		return REGISTRY_FAULT;
	}
}

/* Keeps the result of an operation that is over. A pending one belongs to the store: hands off. */
static bool conclude(struct store_op *op, int result)
{
	if (result == STORE_PENDING)
		return false;
	op->result = result;
	return true;
}

/* ---- Changes ---- */

static void set_request(const struct registry *registry, struct rule_request *request)
{
	request->expires_max_s = atomic_load(&registry->expires_max_s);
	request->retention_s = registry->retention_s;
}

static int submit_change(struct registry *registry, struct registry_change *op, store_rule *rule)
{
	set_request(registry, &op->request);
	op->change.key = op->request.key;
	op->change.rule = rule;
	op->change.ctx = &op->request;
	return conclude(&op->change.op, store_change(registry->store, &op->change))
		       ? registry_change_outcome(op)
		       : REGISTRY_PENDING;
}

/* As the store counts at this moment: those under way at the same time may pass together. */
static bool is_full(struct registry *registry)
{
	uint64_t max = atomic_load(&registry->entries_max);
	struct store_count count;

	if (max == 0)
		return false;
	store_count(registry->store, &count);
	return count.entries[ENTRY_HYPERTY] + count.entries[ENTRY_DATA_OBJECT] >= max;
}

static void limit_indexes(struct registry *registry, struct registry_change *op)
{
	for (int i = 0; i < INDEX_COUNT; i++)
		op->request.index_max[i] = atomic_load(&registry->index_max[i]);
}

int registry_put(struct registry *registry, struct registry_change *op, struct entry_key key,
		 struct slice owner, const struct fields *fields)
{
	op->request = (struct rule_request){
		.key = key, .owner = owner, .fields = *fields, .is_full = is_full(registry)};
	limit_indexes(registry, op);
	return submit_change(registry, op, rule_put);
}

int registry_update(struct registry *registry, struct registry_change *op, struct entry_key key,
		    const struct fields *fields)
{
	op->request = (struct rule_request){.key = key, .fields = *fields};
	limit_indexes(registry, op);
	return submit_change(registry, op, rule_update);
}

int registry_keep_alive(struct registry *registry, struct registry_change *op, struct entry_key key)
{
	op->request = (struct rule_request){.key = key};
	return submit_change(registry, op, rule_keep_alive);
}

int registry_delete(struct registry *registry, struct registry_change *op, struct entry_key key,
		    struct slice owner)
{
	op->request = (struct rule_request){.key = key, .owner = owner};
	return submit_change(registry, op, rule_delete);
}

static int outcome_of_rule(int outcome)
{
	switch (outcome) {
	case RULE_DONE_STATUS_CHANGED:
		return REGISTRY_STATUS_CHANGED;
	case RULE_NOT_FOUND:
	case RULE_NOT_OWNER:
		return REGISTRY_NOT_FOUND;
	case RULE_FULL:
		return REGISTRY_FULL;
	case RULE_CROWDED:
		return REGISTRY_CROWDED;
	default:
		return REGISTRY_OK;
	}
}

int registry_change_outcome(const struct registry_change *op)
{
	return outcome_of(op->change.op.result, outcome_of_rule(op->change.outcome));
}

/* ---- Reads ---- */

/* Shows the entry with the status of this moment. */
static int show_as_of(registry_show *show, void *ctx, const struct entry *entry, bool available)
{
	struct entry away;

	if (available || entry_is_disconnected(entry))
		return show(ctx, entry);
	away = *entry;
	away.fields.text[TEXT_STATUS] = STATUS_DISCONNECTED;
	return show(ctx, &away);
}

static int see_for_read(void *ctx, const struct entry *entry, const struct moment *now)
{
	struct registry_read *op = ctx;
	bool available = lifetime_is_available(entry, now);

	if (op->owner.data && !slice_equal(op->owner, entry->owner))
		return 0;
	if (op->search && !search_matches(op->search, entry))
		return 0;
	op->shown++;
	op->available += available;
	return show_as_of(op->show, op->ctx, entry, available);
}

static void set_read(struct registry_read *op)
{
	op->read.see = see_for_read;
	op->read.ctx = op;
	op->shown = 0;
	op->available = 0;
}

int registry_get(struct registry *registry, struct registry_read *op, struct entry_key key)
{
	set_read(op);
	return conclude(&op->read.op, store_get(registry->store, key, &op->read))
		       ? registry_read_outcome(op)
		       : REGISTRY_PENDING;
}

int registry_list(struct registry *registry, struct registry_read *op, enum store_index index,
		  struct slice key)
{
	set_read(op);
	return conclude(&op->read.op, store_list(registry->store, index, key, &op->read))
		       ? registry_read_outcome(op)
		       : REGISTRY_PENDING;
}

int registry_read_outcome(const struct registry_read *op)
{
	int found = op->available > 0 ? REGISTRY_OK : REGISTRY_AWAY;

	return outcome_of(op->read.op.result, op->shown > 0 ? found : REGISTRY_NOT_FOUND);
}

/* ---- Pending updates ---- */

static int see_for_take(void *ctx, const struct entry *entry, const struct moment *now)
{
	struct registry_take *op = ctx;

	return show_as_of(op->show, op->ctx, entry, lifetime_is_available(entry, now));
}

int registry_take_updates(struct registry *registry, struct registry_take *op)
{
	op->take.read.see = see_for_take;
	op->take.read.ctx = op;
	op->take.limit = atomic_load(&registry->updates_max);
	if (op->limit > 0 && op->limit < op->take.limit)
		op->take.limit = op->limit;
	op->take.ret_token = 0;
	op->take.ret_count = 0;
	return conclude(&op->take.read.op, store_take_updates(registry->store, &op->take))
		       ? registry_take_outcome(op)
		       : REGISTRY_PENDING;
}

int registry_take_outcome(const struct registry_take *op)
{
	return outcome_of(op->take.read.op.result, REGISTRY_OK);
}

void registry_settle_updates(struct registry *registry, struct registry_take *op, bool sent)
{
	if (op->take.ret_token == 0)
		return;
	store_settle_updates(registry->store, op->take.ret_token,
			     sent ? SETTLE_SENT : SETTLE_UNSENT);
	op->take.ret_token = 0;
}

/* ---- Expiry ---- */

static int rule_sweep(const struct entry *old, const struct moment *now, const void *ctx,
		      struct change *ret_change)
{
	const struct registry_sweep *op = ctx;
	int r = rule_due(old, now, &op->request, ret_change);

	if (r == RULE_EXPIRED && op->expired)
		op->expired(op->ctx, now->lifetime_s - old->due_s);
	return r;
}

int registry_sweep(struct registry *registry, struct registry_sweep *op, uint32_t limit)
{
	int r;

	op->request = (struct rule_request){0};
	set_request(registry, &op->request);
	op->sweep.rule = rule_sweep;
	op->sweep.ctx = op;
	op->sweep.limit = limit;
	r = store_sweep(registry->store, &op->sweep);
	conclude(&op->sweep.op, r);
	return r;
}

/* ---- Retention ---- */

bool registry_has_retention(const struct registry *registry)
{
	return registry->retention_s > 0;
}

bool registry_is_misplaced(const struct registry *registry, const struct entry *entry)
{
	int64_t retention_s = registry->retention_s;

	return retention_s > 0 && entry_is_disconnected(entry) &&
	       (entry->due_s == 0 || entry->due_s > entry->away_s + retention_s);
}

int registry_place(struct registry *registry, struct registry_change *op, struct entry_key key)
{
	op->request = (struct rule_request){.key = key};
	return submit_change(registry, op, rule_place);
}
