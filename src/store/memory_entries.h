/*
 * The entries of the memory store and all that leads to them, kept in step.
 *
 * A change finds room in every structure before it touches the first, so that it happens whole or
 * not at all. Callers hold the lock of the store: shared for reading, alone for changing.
 */
#pragma once

#include <stdatomic.h>

#include "base/buffer.h"
#include "store/memory_due.h"
#include "store/memory_index.h"
#include "store/memory_roll.h"
#include "store/memory_updates.h"

struct memory_entries {
	struct counters *counters; /* not owned */
	struct memory_node *nodes[ENTRY_KIND_COUNT];
	struct memory_index index;
	struct memory_due due;
	struct memory_roll rolls[ENTRY_KIND_COUNT];
	struct memory_updates updates;
	struct buffer scratch;                    /* the record that is being written */
	_Atomic uint64_t count[ENTRY_KIND_COUNT]; /* read without the lock */
	_Atomic uint64_t disconnected[ENTRY_KIND_COUNT];
};

void memory_entries_init(struct memory_entries *entries, struct counters *counters);
void memory_entries_deinit(struct memory_entries *entries);

/* Needs no lock. */
unsigned memory_entries_hash(const struct memory_entries *entries, struct entry_key key);
/* NULL if there is none. */
struct memory_node *memory_entries_find(const struct memory_entries *entries, struct entry_key key,
					unsigned hash);

/* The texts of *ret_entry point into the node. 0, or STORE_DAMAGED, counted and logged. */
int memory_entries_read(const struct memory_entries *entries, const struct memory_node *node,
			struct entry *ret_entry);

/* What a rule is run on, and what came of it. */
struct memory_run {
	struct entry_key key;
	struct memory_node *node; /* NULL if there is none; afterwards, too */
	struct moment now;
	int outcome;
	bool joined; /* the pending updates */
	bool removed;
};

/* Shows the rule the entry and does what it wants. 0; with nothing changed: STORE_DAMAGED, -ENOMEM.
 */
int memory_entries_run(struct memory_entries *entries, struct memory_run *run, store_rule *rule,
		       const void *ctx);
