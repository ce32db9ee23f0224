/* Who became disconnected and has not been told of yet. */
#include "store/memory_updates.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

void memory_updates_deinit(struct memory_updates *updates)
{
	struct memory_lease *lease, *next;

	DL_FOREACH_SAFE(updates->leases, lease, next)
	free(lease);
}

bool memory_updates_add(struct memory_updates *updates, struct memory_node *node)
{
	if (node->news_number)
		return false;
	node->news_number = ++updates->last_number;
	DL_APPEND2(updates->queue, node, news.prev, news.next);
	updates->count++;
	return true;
}

static void forget(struct memory_updates *updates, struct memory_node *node)
{
	node->news_number = 0;
	node->lease = NULL;
	updates->count--;
}

void memory_updates_drop(struct memory_updates *updates, struct memory_node *node)
{
	if (!node->news_number)
		return;
	if (node->lease)
		DL_DELETE2(node->lease->nodes, node, news.prev, news.next);
	else
		DL_DELETE2(updates->queue, node, news.prev, news.next);
	forget(updates, node);
}

int memory_updates_lease(struct memory_updates *updates, uint32_t limit, int64_t now_s,
			 uint64_t *ret_token)
{
	struct memory_lease *lease;
	struct memory_node *node;

	*ret_token = 0;
	if (!updates->queue || limit == 0)
		return 0;
	lease = calloc(1, sizeof(*lease));
	if (!lease)
		return -ENOMEM;
	lease->token = ++updates->last_token;
	lease->lapse_s = now_s + STORE_LEASE_S;
	DL_APPEND(updates->leases, lease);

	for (; limit > 0 && (node = updates->queue); limit--) {
		DL_DELETE2(updates->queue, node, news.prev, news.next);
		DL_APPEND2(lease->nodes, node, news.prev, news.next);
		node->lease = lease;
	}
	*ret_token = lease->token;
	return 0;
}

static struct memory_lease *find_lease(const struct memory_updates *updates, uint64_t token)
{
	struct memory_lease *lease;

	DL_FOREACH(updates->leases, lease)
	{
		if (lease->token == token)
			return lease;
	}
	return NULL;
}

const struct memory_lease *memory_updates_find(const struct memory_updates *updates, uint64_t token)
{
	return find_lease(updates, token);
}

static uint64_t end_as_sent(struct memory_updates *updates, struct memory_lease *lease)
{
	struct memory_node *node, *next;
	uint64_t count = 0;

	DL_FOREACH_SAFE2(lease->nodes, node, next, news.next)
	{
		forget(updates, node);
		count++;
	}
	return count;
}

/* Both are in the order of their numbers, and so is the queue afterwards. */
static uint64_t end_as_unsent(struct memory_updates *updates, struct memory_lease *lease)
{
	struct memory_node *place = updates->queue;
	struct memory_node *node, *next;
	uint64_t count = 0;

	DL_FOREACH_SAFE2(lease->nodes, node, next, news.next)
	{
		while (place && place->news_number < node->news_number)
			place = place->news.next;
		/* Without a place: at the end. */
		DL_PREPEND_ELEM2(updates->queue, place, node, news.prev, news.next);
		node->lease = NULL;
		count++;
	}
	return count;
}

static uint64_t end_lease(struct memory_updates *updates, struct memory_lease *lease,
			  enum store_settle how)
{
	uint64_t count =
		how == SETTLE_SENT ? end_as_sent(updates, lease) : end_as_unsent(updates, lease);

	DL_DELETE(updates->leases, lease);
	free(lease);
	return count;
}

uint64_t memory_updates_settle(struct memory_updates *updates, uint64_t token,
			       enum store_settle how)
{
	struct memory_lease *lease = find_lease(updates, token);

	return lease ? end_lease(updates, lease, how) : 0;
}

uint64_t memory_updates_lapse(struct memory_updates *updates, int64_t now_s)
{
	uint64_t count = 0;

	while (updates->leases && updates->leases->lapse_s <= now_s)
		count += end_lease(updates, updates->leases, SETTLE_UNSENT);
	return count;
}
