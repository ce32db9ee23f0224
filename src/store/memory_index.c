/* Rows and ways: who is under which user, name, reporter, GUID or e-mail. */
#include "store/memory_index.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

struct memory_row {
	UT_hash_handle hh;
	enum store_index index;
	uint64_t needed_by; /* entries in it, and ways that begin or end here */
	uint64_t node_count;
	struct memory_node *nodes; /* user, name, reporter */
	struct memory_way *ways;   /* GUID, e-mail */
	char key[];
};

struct memory_way_ends {
	const struct memory_row *from;
	const struct memory_row *user;
};

struct memory_way {
	UT_hash_handle hh;
	struct memory_way_ends ends; /* the key */
	struct memory_row *from;
	struct memory_row *user;
	struct memory_way *next; /* of the row it begins at */
	struct memory_way *prev;
	uint64_t needed_by; /* entries */
};

/* ---- Rows ---- */

static struct memory_row *row_find(const struct memory_index *index, enum store_index which,
				   struct slice key)
{
	unsigned hash = memory_hash(&index->hash_key, key.data, key.len);
	struct memory_row *row;

	HASH_FIND_BYHASHVALUE(hh, index->rows[which], key.data, key.len, hash, row);
	return row;
}

static void row_release(struct memory_index *index, struct memory_row *row)
{
	if (--row->needed_by > 0)
		return;
	assert(!row->nodes && !row->ways);
	HASH_DEL(index->rows[row->index], row);
	free(row);
}

/* Finds or makes it, for one more. NULL when out of memory. */
static struct memory_row *row_hold(struct memory_index *index, enum store_index which,
				   struct slice key)
{
	unsigned hash = memory_hash(&index->hash_key, key.data, key.len);
	struct memory_row *row;

	HASH_FIND_BYHASHVALUE(hh, index->rows[which], key.data, key.len, hash, row);
	if (row) {
		row->needed_by++;
		return row;
	}
	row = calloc(1, sizeof(*row) + key.len);
	if (!row)
		return NULL;
	row->index = which;
	row->needed_by = 1;
	memcpy(row->key, key.data, key.len);
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, index->rows[which], row->key, key.len, hash, row);
	if (MEMORY_TABLE_HAS(row))
		return row;
	free(row);
	return NULL;
}

/* ---- Ways ---- */

static struct memory_way *way_find(const struct memory_index *index, struct memory_way_ends ends)
{
	unsigned hash = memory_hash(&index->hash_key, &ends, sizeof(ends));
	struct memory_way *way;

	HASH_FIND_BYHASHVALUE(hh, index->ways, &ends, sizeof(ends), hash, way);
	return way;
}

/* Takes over what the caller holds of both rows. NULL when out of memory. */
static struct memory_way *way_new(struct memory_index *index, struct memory_row *from,
				  struct memory_row *user)
{
	struct memory_way *way = calloc(1, sizeof(*way));
	unsigned hash;

	if (!way)
		return NULL;
	way->ends = (struct memory_way_ends){from, user};
	way->from = from;
	way->user = user;
	way->needed_by = 1;
	hash = memory_hash(&index->hash_key, &way->ends, sizeof(way->ends));
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, index->ways, &way->ends, sizeof(way->ends), hash, way);
	if (!MEMORY_TABLE_HAS(way)) {
		free(way);
		return NULL;
	}
	DL_APPEND(from->ways, way);
	return way;
}

static bool way_hold(struct memory_index *index, enum store_index which, struct slice key,
		     struct slice user_id)
{
	struct memory_row *from = row_hold(index, which, key);
	struct memory_row *user = row_hold(index, INDEX_USER, user_id);
	struct memory_way *way =
		from && user ? way_find(index, (struct memory_way_ends){from, user}) : NULL;

	if (from && user && !way && way_new(index, from, user))
		return true;
	/* There was one already, which holds both rows; or no memory. */
	if (way)
		way->needed_by++;
	if (from)
		row_release(index, from);
	if (user)
		row_release(index, user);
	return way;
}

static void way_release(struct memory_index *index, enum store_index which, struct slice key,
			struct slice user_id)
{
	struct memory_row *from = row_find(index, which, key);
	struct memory_row *user = row_find(index, INDEX_USER, user_id);
	struct memory_way *way = way_find(index, (struct memory_way_ends){from, user});

	if (--way->needed_by > 0)
		return;
	DL_DELETE(from->ways, way);
	HASH_DEL(index->ways, way);
	free(way);
	row_release(index, from);
	row_release(index, user);
}

/* ---- What an entry needs ---- */

#define NEEDS_MAX (MEMORY_LINKS + GUIDS_MAX + 1)

struct need {
	enum store_index index;
	struct slice key;
};

static struct slice link_key(const struct entry *entry, enum store_index which)
{
	return entry ? entry_index_key(entry, which) : SLICE_NONE;
}

static void add_need(struct need *needs, size_t *count, enum store_index which, struct slice key)
{
	if (key.data)
		needs[(*count)++] = (struct need){which, key};
}

static size_t list_needs(const struct entry *entry, struct need *ret_needs)
{
	size_t count = 0;

	for (int i = 0; i < MEMORY_LINKS; i++)
		add_need(ret_needs, &count, i, link_key(entry, i));
	if (!entry->owner.data)
		return count;
	add_need(ret_needs, &count, INDEX_EMAIL, user_email(entry->owner));
	for (uint32_t i = 0; i < entry->guid_count; i++)
		add_need(ret_needs, &count, INDEX_GUID, entry->guids[i]);
	return count;
}

static bool hold(struct memory_index *index, struct need need, struct slice user_id)
{
	if (need.index < MEMORY_LINKS)
		return row_hold(index, need.index, need.key);
	return way_hold(index, need.index, need.key, user_id);
}

/* Ways go before the rows they lead to: the last needs first. */
static void release(struct memory_index *index, const struct need *needs, size_t count,
		    struct slice user_id)
{
	while (count-- > 0) {
		if (needs[count].index < MEMORY_LINKS)
			row_release(index, row_find(index, needs[count].index, needs[count].key));
		else
			way_release(index, needs[count].index, needs[count].key, user_id);
	}
}

static int hold_all(struct memory_index *index, const struct entry *entry)
{
	struct need needs[NEEDS_MAX];
	size_t count = list_needs(entry, needs);

	for (size_t i = 0; i < count; i++) {
		if (!hold(index, needs[i], entry->owner)) {
			release(index, needs, i, entry->owner);
			return -ENOMEM;
		}
	}
	return 0;
}

static void release_all(struct memory_index *index, const struct entry *entry)
{
	struct need needs[NEEDS_MAX];
	size_t count = list_needs(entry, needs);

	release(index, needs, count, entry->owner);
}

/* ---- Moving ---- */

static bool same_needs(const struct entry *a, const struct entry *b)
{
	for (int i = 0; i < MEMORY_LINKS; i++) {
		if (!slice_same(link_key(a, i), link_key(b, i)))
			return false;
	}
	if (a->guid_count != b->guid_count)
		return false;
	for (uint32_t i = 0; i < a->guid_count; i++) {
		if (!slice_equal(a->guids[i], b->guids[i]))
			return false;
	}
	return true;
}

static void relink(struct memory_index *index, struct memory_node *node, enum store_index which,
		   struct slice from, struct slice to)
{
	struct memory_row *row;

	if (slice_same(from, to))
		return;
	if (from.data) {
		row = row_find(index, which, from);
		row->node_count--;
		DL_DELETE2(row->nodes, node, links[which].prev, links[which].next);
	}
	if (to.data) {
		row = row_find(index, which, to);
		row->node_count++;
		DL_APPEND2(row->nodes, node, links[which].prev, links[which].next);
	}
}

int memory_index_move(struct memory_index *index, struct memory_node *node, const struct entry *old,
		      const struct entry *entry)
{
	int r;

	if (old && entry && same_needs(old, entry))
		return 0;
	if (entry) {
		r = hold_all(index, entry);
		if (r < 0)
			return r;
	}
	for (int i = 0; i < MEMORY_LINKS; i++)
		relink(index, node, i, link_key(old, i), link_key(entry, i));
	if (old)
		release_all(index, old);
	return 0;
}

/* ---- Reading ---- */

static int each_of_row(const struct memory_row *row, enum store_index which, memory_index_see *see,
		       void *ctx)
{
	struct memory_node *node;
	int r;

	DL_FOREACH2(row->nodes, node, links[which].next)
	{
		r = see(ctx, node);
		if (r != 0)
			return r;
	}
	return 0;
}

uint64_t memory_index_count(const struct memory_index *index, enum store_index which,
			    struct slice key)
{
	const struct memory_row *row = row_find(index, which, key);

	return row ? row->node_count : 0;
}

int memory_index_each(const struct memory_index *index, enum store_index which, struct slice key,
		      memory_index_see *see, void *ctx)
{
	const struct memory_row *row = row_find(index, which, key);
	const struct memory_way *way;
	int r;

	if (!row)
		return 0;
	if (which < MEMORY_LINKS)
		return each_of_row(row, which, see, ctx);
	DL_FOREACH(row->ways, way)
	{
		r = each_of_row(way->user, INDEX_USER, see, ctx);
		if (r != 0)
			return r;
	}
	return 0;
}

/* ---- Life ---- */

void memory_index_deinit(struct memory_index *index)
{
	struct memory_way *way, *next_way;
	struct memory_row *row, *next_row;

	HASH_ITER(hh, index->ways, way, next_way)
	{
		/* uthash frees its table with the last one, and the analyzer sees no last one. */
		HASH_DEL(index->ways, way); /* NOLINT(clang-analyzer-unix.Malloc) */
		free(way);
	}
	for (int i = 0; i < INDEX_COUNT; i++) {
		HASH_ITER(hh, index->rows[i], row, next_row)
		{
			HASH_DEL(index->rows[i], row); /* NOLINT(clang-analyzer-unix.Malloc) */
			free(row);
		}
	}
}
