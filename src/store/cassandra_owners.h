/*
 * Who owns which hyperty id: a bounded cache in memory. Ownership is settled once, but retention
 * may free an id, so each entry carries its claim, and one that differs drops what is cached.
 */
#pragma once

#include <pthread.h>

#include "base/arena.h"
#include "store/cassandra_entry.h"

struct cass_owner_slot;

struct cass_owners {
	pthread_mutex_t lock; /* for the slots */
	struct cass_owner_slot *slots;
	unsigned char secret[16]; /* key of the hash: clients choose ids */
};

int cass_owners_init(struct cass_owners *owners);
void cass_owners_deinit(struct cass_owners *owners);

/* The owner is copied into arena. False if it is not known (or out of memory). */
bool cass_owners_find(struct cass_owners *owners, struct slice id, struct arena *arena,
		      struct slice *ret_owner, struct cass_claim *ret_claim);
/* May forget another one. Long ids are not kept. */
void cass_owners_keep(struct cass_owners *owners, struct slice id, struct slice owner,
		      const struct cass_claim *claim);
void cass_owners_drop(struct cass_owners *owners, struct slice id);
