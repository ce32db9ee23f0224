/* One entry in memory: its record, and its place in each structure that leads to it. */
#pragma once

#include <stdint.h>

#include "store/memory_table.h"
#include "store/store.h"

/* The indexes that follow an entry, and so have a row that it hangs in. */
#define MEMORY_LINKS (INDEX_REPORTER + 1)

struct memory_lease;

struct memory_link {
	struct memory_node *next;
	struct memory_node *prev;
};

/* Every field is protected by the lock of its store. */
struct memory_node {
	UT_hash_handle hh; /* among the entries of its kind, by id */
	enum entry_kind kind;
	char *record;
	size_t record_len;
	size_t record_capacity;

	struct memory_link links[MEMORY_LINKS]; /* memory_index.c */

	size_t due_slot; /* memory_due.c; 0: not in the time index */
	int64_t due_s;   /* of the entry; its row may be earlier */

	uint64_t number; /* memory_roll.c; order of creation */

	uint64_t news_number;       /* memory_updates.c; 0: not among the pending updates */
	struct memory_lease *lease; /* NULL: nobody has leased it */
	struct memory_link news;

	size_t id_len;
	char id[];
};
