/* Finding, reading, writing and removing entries: the one place that touches every structure. */
#include "store/memory_entries.h"

#include <errno.h>
#include <stdlib.h>

#include <sodium/randombytes.h>

#include "log/log.h"
#include "model/record.h"
#include "monitor/counters.h"

/* ---- Nodes ---- */

unsigned memory_entries_hash(const struct memory_entries *entries, struct entry_key key)
{
	return memory_hash(&entries->index.hash_key, key.id.data, key.id.len);
}

struct memory_node *memory_entries_find(const struct memory_entries *entries, struct entry_key key,
					unsigned hash)
{
	struct memory_node *node;

	HASH_FIND_BYHASHVALUE(hh, entries->nodes[key.kind], key.id.data, key.id.len, hash, node);
	return node;
}

int memory_entries_read(const struct memory_entries *entries, const struct memory_node *node,
			struct entry *ret_entry)
{
	struct slice record = {node->record, node->record_len};

	if (record_decode(record, ret_entry) == RECORD_OK) {
		ret_entry->pending = node->news_number != 0;
		return 0;
	}
	counter_add(entries->counters, COUNTER_STORE_DAMAGED, 1);
	log_error("store.record_damaged", LOG_SLICE("id", ((struct slice){node->id, node->id_len})),
		  LOG_TEXT("path", "memory"));
	return STORE_DAMAGED;
}

/* In its table, and nowhere else yet. NULL when out of memory. */
static struct memory_node *new_node(struct memory_entries *entries, struct entry_key key,
				    unsigned hash)
{
	struct memory_node *node = calloc(1, sizeof(*node) + key.id.len);

	if (!node)
		return NULL;
	node->kind = key.kind;
	node->id_len = key.id.len;
	memcpy(node->id, key.id.data, key.id.len);
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, entries->nodes[key.kind], node->id, node->id_len, hash,
				    node);
	if (MEMORY_TABLE_HAS(node))
		return node;
	free(node);
	return NULL;
}

/* Out of its table; it must be nowhere else. */
static void free_node(struct memory_entries *entries, struct memory_node *node)
{
	HASH_DEL(entries->nodes[node->kind], node);
	free(node->record);
	free(node);
}

/* ---- Changing ---- */

/* A row later than the entry is due would be missed; an earlier one is left to the sweep. */
static void place_due(struct memory_entries *entries, struct memory_node *node, int64_t due_s)
{
	node->due_s = due_s;
	if (due_s == 0)
		memory_due_remove(&entries->due, node);
	else if (!node->due_slot || due_s < memory_due_second(&entries->due, node))
		memory_due_put(&entries->due, node, due_s);
}

static void set_record(struct memory_node *node, struct slice record, char *room)
{
	if (room) {
		free(node->record);
		node->record = room;
		node->record_capacity = record.len;
	}
	memcpy(node->record, record.data, record.len);
	node->record_len = record.len;
}

/* old is NULL for a new one, entry for one that goes. */
static void count_entry(struct memory_entries *entries, enum entry_kind kind,
			const struct entry *old, const struct entry *entry)
{
	entries->count[kind] += !!entry - !!old;
	entries->disconnected[kind] +=
		(entry && entry_is_disconnected(entry)) - (old && entry_is_disconnected(old));
}

/* old is NULL for a new node. 0, or -ENOMEM with nothing changed. */
static int write_node(struct memory_entries *entries, struct memory_node *node,
		      const struct entry *old, const struct entry *entry)
{
	struct buffer *scratch = &entries->scratch;
	char *room = NULL;
	int r;

	buffer_clear(scratch);
	record_encode(entry, scratch);
	if (scratch->failed || memory_due_reserve(&entries->due) < 0 ||
	    memory_roll_reserve(&entries->rolls[node->kind]) < 0)
		return -ENOMEM;
	if (scratch->len > node->record_capacity || scratch->len < node->record_capacity / 2) {
		room = malloc(scratch->len);
		if (!room)
			return -ENOMEM;
	}
	r = memory_index_move(&entries->index, node, old, entry);
	if (r < 0) {
		free(room);
		return r;
	}

	/* Nothing fails from here. The texts of old, and so of entry, go with the old record. */
	count_entry(entries, node->kind, old, entry);
	set_record(node, (struct slice){scratch->data, scratch->len}, room);
	place_due(entries, node, entry->due_s);
	if (!old)
		memory_roll_append(&entries->rolls[node->kind], node);
	return 0;
}

static void remove_node(struct memory_entries *entries, struct memory_node *node,
			const struct entry *old)
{
	memory_updates_drop(&entries->updates, node);
	memory_due_remove(&entries->due, node);
	memory_roll_remove(&entries->rolls[node->kind], node);
	memory_index_move(&entries->index, node, old, NULL);
	count_entry(entries, node->kind, old, NULL);
	free_node(entries, node);
}

static int add_node(struct memory_entries *entries, struct entry_key key, const struct entry *entry,
		    struct memory_node **ret_node)
{
	struct memory_node *node = new_node(entries, key, memory_entries_hash(entries, key));
	int r;

	if (!node)
		return -ENOMEM;
	r = write_node(entries, node, NULL, entry);
	if (r < 0) {
		free_node(entries, node);
		return r;
	}
	*ret_node = node;
	return 0;
}

static bool is_crowded(const struct memory_entries *entries, const struct change *change,
		       const struct entry *old)
{
	for (int which = 0; which < MEMORY_LINKS; which++) {
		struct slice key = entry_index_key(&change->entry, (enum store_index)which);
		uint64_t max = change_index_max(change, old, (enum store_index)which);

		if (max > 0 &&
		    memory_index_count(&entries->index, (enum store_index)which, key) >= max)
			return true;
	}
	return false;
}

static int apply(struct memory_entries *entries, struct memory_run *run, const struct entry *old,
		 const struct change *change)
{
	if (change->action == CHANGE_REMOVE && run->node) {
		remove_node(entries, run->node, old);
		run->node = NULL;
		run->removed = true;
		return 0;
	}
	if (change->action != CHANGE_WRITE)
		return 0;
	if (run->node)
		return write_node(entries, run->node, old, &change->entry);
	return add_node(entries, run->key, &change->entry, &run->node);
}

static void move_news(struct memory_entries *entries, struct memory_run *run, enum change_news news)
{
	if (news == NEWS_ADD)
		run->joined = memory_updates_add(&entries->updates, run->node);
	else if (news == NEWS_DROP)
		memory_updates_drop(&entries->updates, run->node);
}

int memory_entries_run(struct memory_entries *entries, struct memory_run *run, store_rule *rule,
		       const void *ctx)
{
	struct change change = {0};
	struct entry old = {0};
	int r = run->node ? memory_entries_read(entries, run->node, &old) : 0;

	if (r != 0)
		return r;
	run->outcome = rule(run->node ? &old : NULL, &run->now, ctx, &change);
	change.entry.key = run->key;
	if (change.action == CHANGE_WRITE &&
	    is_crowded(entries, &change, run->node ? &old : NULL)) {
		run->outcome = change.crowded;
		return 0;
	}
	r = apply(entries, run, &old, &change);
	if (r == 0 && run->node)
		move_news(entries, run, change.news);
	return r;
}

/* ---- Life ---- */

void memory_entries_init(struct memory_entries *entries, struct counters *counters)
{
	*entries = (struct memory_entries){.counters = counters};
	randombytes_buf(&entries->index.hash_key, sizeof(entries->index.hash_key));
}

void memory_entries_deinit(struct memory_entries *entries)
{
	struct memory_node *node, *next;

	for (int i = 0; i < ENTRY_KIND_COUNT; i++) {
		HASH_ITER(hh, entries->nodes[i], node, next)
		{
			free_node(entries, node);
		}
	}
	buffer_deinit(&entries->scratch);
	memory_updates_deinit(&entries->updates);
	for (int i = 0; i < ENTRY_KIND_COUNT; i++)
		memory_roll_deinit(&entries->rolls[i]);
	memory_due_deinit(&entries->due);
	memory_index_deinit(&entries->index);
}
