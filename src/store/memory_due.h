/*
 * The time index of the memory store: a binary heap of rows, the earliest second first.
 *
 * A row may lie earlier than its entry is due, never later: a keep-alive leaves it where it is, and
 * the sweep puts it back. A clock that jumps costs nothing: only rows are walked, never seconds.
 */
#pragma once

#include "store/memory_node.h"

struct memory_due_row {
	int64_t second;
	struct memory_node *node;
};

struct memory_due {
	struct memory_due_row *rows; /* from 1 on: row i is not later than rows 2i and 2i + 1 */
	size_t count;
	size_t capacity;
};

void memory_due_deinit(struct memory_due *due);

/* Room for one more. 0 or -ENOMEM. */
int memory_due_reserve(struct memory_due *due);
/* Adds the node's row, or moves it. There must be room. */
void memory_due_put(struct memory_due *due, struct memory_node *node, int64_t second);
/* Nothing to do if it has no row. */
void memory_due_remove(struct memory_due *due, struct memory_node *node);

/* Of a node that has a row. */
int64_t memory_due_second(const struct memory_due *due, const struct memory_node *node);
/* The earliest row that has come, or NULL. */
struct memory_node *memory_due_first(const struct memory_due *due, int64_t now_s);
