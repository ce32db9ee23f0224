/*
 * The pending updates of the memory store: a queue, oldest first, and what is leased from it.
 *
 * An entry is in the queue, in one lease, or in neither. One that is dropped leaves its lease too,
 * so that what is returned later cannot bring it back. Callers hold the lock of the store.
 */
#pragma once

#include <stdatomic.h>

#include "store/memory_node.h"

struct memory_lease {
	struct memory_lease *next;
	struct memory_lease *prev;
	uint64_t token;
	int64_t lapse_s; /* lifetime time at which it runs out */
	struct memory_node *nodes;
};

struct memory_updates {
	struct memory_node *queue;
	struct memory_lease *leases; /* the first to run out first */
	uint64_t last_number;
	uint64_t last_token;
	_Atomic uint64_t count; /* queued and leased; read without the lock */
};

/* Frees the leases; the nodes are the store's. */
void memory_updates_deinit(struct memory_updates *updates);

/* True if it was not there before. */
bool memory_updates_add(struct memory_updates *updates, struct memory_node *node);
/* Nothing to do if it is not there. */
void memory_updates_drop(struct memory_updates *updates, struct memory_node *node);

/* Leases the oldest, at most limit. *ret_token is 0 if there are none. 0 or -ENOMEM. */
int memory_updates_lease(struct memory_updates *updates, uint32_t limit, int64_t now_s,
			 uint64_t *ret_token);
/* NULL if it is over. */
const struct memory_lease *memory_updates_find(const struct memory_updates *updates,
					       uint64_t token);

/* What a lease still holds is removed, or queued again where it was. Returns how many. */
uint64_t memory_updates_settle(struct memory_updates *updates, uint64_t token,
			       enum store_settle how);
/* Ends the leases that have run out. Returns how many entries came back. */
uint64_t memory_updates_lapse(struct memory_updates *updates, int64_t now_s);
