/* Who there is, in the order of creation. */
#include "store/memory_roll.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define CAPACITY_FIRST 64

void memory_roll_deinit(struct memory_roll *roll)
{
	free(roll->places);
}

static void close_gaps(struct memory_roll *roll)
{
	size_t kept = 0;

	for (size_t i = 0; i < roll->count; i++) {
		if (roll->places[i].node)
			roll->places[kept++] = roll->places[i];
	}
	roll->count = kept;
	roll->empty = 0;
}

int memory_roll_reserve(struct memory_roll *roll)
{
	size_t capacity = roll->capacity ? 2 * roll->capacity : CAPACITY_FIRST;
	struct memory_roll_place *places;

	if (roll->count < roll->capacity)
		return 0;
	places = reallocarray(roll->places, capacity, sizeof(*places));
	if (!places)
		return -ENOMEM;
	roll->places = places;
	roll->capacity = capacity;
	return 0;
}

void memory_roll_append(struct memory_roll *roll, struct memory_node *node)
{
	assert(roll->count < roll->capacity);
	node->number = ++roll->last_number;
	roll->places[roll->count++] = (struct memory_roll_place){node->number, node};
}

/* The first place whose number is higher; count if there is none. */
static size_t place_behind(const struct memory_roll *roll, uint64_t number)
{
	size_t low = 0;
	size_t high = roll->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (roll->places[middle].number <= number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void memory_roll_remove(struct memory_roll *roll, struct memory_node *node)
{
	struct memory_roll_place *place = &roll->places[place_behind(roll, node->number - 1)];

	assert(place->node == node);
	place->node = NULL;
	roll->empty++;
	if (roll->empty > roll->count / 2)
		close_gaps(roll);
}

struct memory_node *memory_roll_behind(const struct memory_roll *roll, uint64_t number)
{
	size_t place = place_behind(roll, number);

	while (place < roll->count && !roll->places[place].node)
		place++;
	return place < roll->count ? roll->places[place].node : NULL;
}
