/* Who holds which pending updates. */
#include "store/lmdb_leases.h"

#include <stdlib.h>

void lmdb_leases_deinit(struct lmdb_leases *leases)
{
	while (leases->first)
		lmdb_leases_remove(leases, leases->first);
}

struct lmdb_lease *lmdb_leases_add(struct lmdb_leases *leases, uint64_t first, uint64_t last,
				   int64_t until_s)
{
	struct lmdb_lease *lease = malloc(sizeof(*lease));

	if (!lease)
		return NULL;
	*lease = (struct lmdb_lease){
		.next = leases->first,
		.token = ++leases->next_token,
		.first = first,
		.last = last,
		.until_s = until_s,
	};
	leases->first = lease;
	leases->count++;
	return lease;
}

struct lmdb_lease *lmdb_leases_find(struct lmdb_leases *leases, uint64_t token)
{
	struct lmdb_lease *lease = leases->first;

	while (lease && lease->token != token)
		lease = lease->next;
	return lease;
}

void lmdb_leases_remove(struct lmdb_leases *leases, struct lmdb_lease *lease)
{
	struct lmdb_lease **link = &leases->first;

	while (*link != lease)
		link = &(*link)->next;
	*link = lease->next;
	leases->count--;
	free(lease);
}

void lmdb_leases_lapse(struct lmdb_leases *leases, int64_t now_s)
{
	struct lmdb_lease *lease = leases->first;

	while (lease) {
		struct lmdb_lease *next = lease->next;

		if (!lease->sent && lease->until_s <= now_s)
			lmdb_leases_remove(leases, lease);
		lease = next;
	}
}

const struct lmdb_lease *lmdb_leases_holding(const struct lmdb_leases *leases, uint64_t number)
{
	const struct lmdb_lease *lease = leases->first;

	while (lease && (number < lease->first || number > lease->last))
		lease = lease->next;
	return lease;
}

uint64_t lmdb_leases_next_after(const struct lmdb_leases *leases, uint64_t number)
{
	uint64_t lowest = UINT64_MAX;

	for (const struct lmdb_lease *lease = leases->first; lease; lease = lease->next) {
		if (lease->first > number && lease->first < lowest)
			lowest = lease->first;
	}
	return lowest;
}
