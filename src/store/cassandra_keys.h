/*
 * One change of a key at a time on this server: so that changes through one server are in sequence,
 * as over the other stores. Changes through different servers meet in Cassandra.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "model/entry.h"

struct cass_key; /* a key that somebody holds */

struct cass_keys {
	pthread_mutex_t lock; /* for the table */
	struct cass_key *table;
};

/* Who holds a key, or waits for it. Embedded by its owner. */
struct cass_hold {
	void (*granted)(struct cass_hold *hold); /* set by the caller */
	struct cass_hold *next;
	struct cass_key *key;
};

void cass_keys_init(struct cass_keys *keys);
void cass_keys_deinit(struct cass_keys *keys); /* nobody holds anything any more */

/* granted() runs when the key is ours: at once, or on the thread that releases it. First come,
 * first served. -ENOMEM: nothing happened. key is borrowed until it is released. */
int cass_keys_hold(struct cass_keys *keys, struct entry_key key, struct cass_hold *hold);
/* Runs the granted() of the next one. */
void cass_keys_release(struct cass_keys *keys, struct cass_hold *hold);
