/* A table of the keys that are held, each with a queue of those who wait. */
#include "store/cassandra_keys.h"

#include <errno.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->lost = true)
#include <uthash.h>

struct cass_key {
	UT_hash_handle hh;
	bool lost;               /* out of memory: not in the table */
	struct cass_hold *first; /* who waits */
	struct cass_hold **end;
	size_t len;
	char bytes[]; /* kind, id */
};

void cass_keys_init(struct cass_keys *keys)
{
	keys->table = NULL;
	pthread_mutex_init(&keys->lock, NULL);
}

void cass_keys_deinit(struct cass_keys *keys)
{
	pthread_mutex_destroy(&keys->lock);
}

static struct cass_key *key_new(struct entry_key key)
{
	struct cass_key *held = calloc(1, sizeof(*held) + 1 + key.id.len);

	if (!held)
		return NULL;
	held->end = &held->first;
	held->len = 1 + key.id.len;
	held->bytes[0] = (char)key.kind;
	memcpy(held->bytes + 1, key.id.data, key.id.len);
	return held;
}

/* Takes it, or queues up behind who has it; *ret_granted says which. */
static int hold(struct cass_keys *keys, struct cass_key *wanted, struct cass_hold *hold,
		bool *ret_granted)
{
	struct cass_key *held;

	HASH_FIND(hh, keys->table, wanted->bytes, wanted->len, held);
	*ret_granted = !held;
	if (held) {
		hold->key = held;
		*held->end = hold;
		held->end = &hold->next;
		return 0;
	}
	HASH_ADD_KEYPTR(hh, keys->table, wanted->bytes, wanted->len, wanted);
	if (wanted->lost)
		return -ENOMEM;
	hold->key = wanted;
	return 0;
}

int cass_keys_hold(struct cass_keys *keys, struct entry_key key, struct cass_hold *waiting)
{
	struct cass_key *wanted = key_new(key);
	bool granted;
	int r;

	if (!wanted)
		return -ENOMEM;
	waiting->next = NULL;
	pthread_mutex_lock(&keys->lock);
	r = hold(keys, wanted, waiting, &granted);
	pthread_mutex_unlock(&keys->lock);
	if (r < 0 || !granted)
		free(wanted);
	if (r == 0 && granted)
		waiting->granted(waiting);
	return r;
}

void cass_keys_release(struct cass_keys *keys, struct cass_hold *holder)
{
	struct cass_key *held = holder->key;
	struct cass_hold *next;

	pthread_mutex_lock(&keys->lock);
	next = held->first;
	if (next) {
		held->first = next->next;
		if (!held->first)
			held->end = &held->first;
	} else {
		HASH_DEL(keys->table, held);
	}
	pthread_mutex_unlock(&keys->lock);
	if (next)
		next->granted(next);
	else
		free(held);
}
