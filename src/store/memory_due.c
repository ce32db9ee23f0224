/* When the sweep shall look at which entry. */
#include "store/memory_due.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define CAPACITY_FIRST 64

void memory_due_deinit(struct memory_due *due)
{
	free(due->rows);
}

int memory_due_reserve(struct memory_due *due)
{
	size_t capacity = due->capacity ? 2 * due->capacity : CAPACITY_FIRST;
	struct memory_due_row *rows;

	if (due->count + 1 < due->capacity)
		return 0;
	rows = reallocarray(due->rows, capacity, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	due->rows = rows;
	due->capacity = capacity;
	return 0;
}

static void set_row(struct memory_due *due, size_t slot, struct memory_due_row row)
{
	due->rows[slot] = row;
	row.node->due_slot = slot;
}

/* Brings row to its place, on the way up from the free slot or down from it. */
static void settle_row(struct memory_due *due, size_t slot, struct memory_due_row row)
{
	size_t child;

	for (; slot > 1 && row.second < due->rows[slot / 2].second; slot /= 2)
		set_row(due, slot, due->rows[slot / 2]);

	for (; (child = 2 * slot) <= due->count; slot = child) {
		if (child < due->count && due->rows[child + 1].second < due->rows[child].second)
			child++;
		if (row.second <= due->rows[child].second)
			break;
		set_row(due, slot, due->rows[child]);
	}
	set_row(due, slot, row);
}

void memory_due_put(struct memory_due *due, struct memory_node *node, int64_t second)
{
	size_t slot = node->due_slot;

	if (slot == 0) {
		assert(due->count + 1 < due->capacity);
		slot = ++due->count;
	}
	settle_row(due, slot, (struct memory_due_row){second, node});
}

void memory_due_remove(struct memory_due *due, struct memory_node *node)
{
	size_t slot = node->due_slot;
	struct memory_due_row last;

	if (slot == 0)
		return;
	assert(due->rows[slot].node == node);
	last = due->rows[due->count--];
	if (last.node != node)
		settle_row(due, slot, last);
	node->due_slot = 0;
}

int64_t memory_due_second(const struct memory_due *due, const struct memory_node *node)
{
	assert(node->due_slot > 0);
	return due->rows[node->due_slot].second;
}

struct memory_node *memory_due_first(const struct memory_due *due, int64_t now_s)
{
	if (due->count == 0 || due->rows[1].second > now_s)
		return NULL;
	return due->rows[1].node;
}
