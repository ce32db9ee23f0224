/* The verbs of the contract, handed to the store that implements them. */
#include "store/store.h"

#include <assert.h>
#include <errno.h>

int store_get(struct store *store, struct entry_key key, struct store_read *read)
{
	assert(key.id.data && read->see);
	return store->verbs->get(store, key, read);
}

int store_list(struct store *store, enum store_index index, struct slice key,
	       struct store_read *read)
{
	assert(index < INDEX_COUNT && key.data && read->see);
	return store->verbs->list(store, index, key, read);
}

int store_scan(struct store *store, struct store_scan *scan)
{
	assert(scan->read.see && scan->limit > 0);
	scan->ret_cursor = NULL;
	scan->ret_cursor_len = 0;
	scan->passed = 0;
	return store->verbs->scan(store, scan);
}

int store_change(struct store *store, struct store_change *change)
{
	assert(change->key.id.data && change->rule);
	return store->verbs->change(store, change);
}

int store_sweep(struct store *store, struct store_sweep *sweep)
{
	assert(sweep->rule);
	sweep->ret_seen = 0;
	sweep->ret_news = 0;
	sweep->ret_removed = 0;
	sweep->ret_more = false;
	return store->verbs->sweep(store, sweep);
}

int store_take_updates(struct store *store, struct store_take *take)
{
	assert(take->read.see);
	take->ret_token = 0;
	take->ret_count = 0;
	return store->verbs->take_updates(store, take);
}

int store_peek_updates(struct store *store, struct store_peek *peek)
{
	assert(peek->read.see);
	return store->verbs->peek_updates(store, peek);
}

void store_settle_updates(struct store *store, uint64_t token, enum store_settle how)
{
	if (token)
		store->verbs->settle_updates(store, token, how);
}

void store_health(struct store *store, struct store_health *ret_health)
{
	store->verbs->health(store, ret_health);
}

void store_count(struct store *store, struct store_count *ret_count)
{
	*ret_count = (struct store_count){.disconnected_known = false};
	store->verbs->count(store, ret_count);
}

struct moment store_now(struct store *store)
{
	return store->verbs->now(store);
}

const char *store_type(const struct store *store)
{
	return store->verbs->type;
}

void store_stop(struct store *store)
{
	if (store->verbs->stop)
		store->verbs->stop(store);
}

void store_free(struct store *store)
{
	if (store)
		store->verbs->free(store);
}
