/*
 * All entries of a kind of the memory store in the order of their creation, for scans.
 *
 * Each has a number that is never given again; places of those that went stay empty until half of
 * them are, so that a scan finds where it was by halving, whatever came and went meanwhile.
 */
#pragma once

#include "store/memory_node.h"

struct memory_roll_place {
	uint64_t number;
	struct memory_node *node; /* NULL: gone */
};

struct memory_roll {
	struct memory_roll_place *places; /* by number */
	size_t count;
	size_t empty; /* of them */
	size_t capacity;
	uint64_t last_number;
};

void memory_roll_deinit(struct memory_roll *roll);

/* Room for one more. 0 or -ENOMEM. */
int memory_roll_reserve(struct memory_roll *roll);
/* Gives the node its number. There must be room. */
void memory_roll_append(struct memory_roll *roll, struct memory_node *node);
void memory_roll_remove(struct memory_roll *roll, struct memory_node *node);

/* The first one behind a number, or NULL. Start with 0. */
struct memory_node *memory_roll_behind(const struct memory_roll *roll, uint64_t number);
