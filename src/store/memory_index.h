/*
 * What leads to entries in the memory store: a row for each user, name, reporter, GUID and e-mail.
 *
 * User, name and reporter rows hold a list of entries. GUID and e-mail rows hold ways to users,
 * each counted by the entries that need it: a user's entry needs one for every GUID it has carried
 * and one for the user's e-mail. A row goes with the last that needs it. Callers hold the lock of
 * the store.
 */
#pragma once

#include "store/memory_node.h"

struct memory_row;
struct memory_way;

struct memory_index {
	struct memory_hash_key hash_key;
	struct memory_row *rows[INDEX_COUNT];
	struct memory_way *ways;
};

/* When it is empty already: frees what remains otherwise, without looking at the nodes. */
void memory_index_deinit(struct memory_index *index);

/*
 * Makes the node be led to as entry asks instead of as old asks. old is NULL for a new node, entry
 * is NULL for one that goes. 0, or -ENOMEM with nothing changed; never fails without entry.
 */
int memory_index_move(struct memory_index *index, struct memory_node *node, const struct entry *old,
		      const struct entry *entry);

/* How many nodes the key leads to: of a user, name or reporter. */
uint64_t memory_index_count(const struct memory_index *index, enum store_index which,
			    struct slice key);

/* Calls see for each node that the key leads to until it returns other than 0, and returns that. */
typedef int memory_index_see(void *ctx, const struct memory_node *node);
int memory_index_each(const struct memory_index *index, enum store_index which, struct slice key,
		      memory_index_see *see, void *ctx);
