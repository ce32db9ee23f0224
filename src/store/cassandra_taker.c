/* Leases on pending updates, and turns. */
#include "store/cassandra_taker.h"

#include <errno.h>
#include <stdlib.h>

#include <sodium.h>

/* ---- Turns ---- */

/* The lock is held, and given up while a turn begins. One thread at a time does this, since a turn
 * may be over before its begin() returns: those that wait are then begun here, not inside it. */
static void begin_turns(struct cass_taker *taker)
{
	struct cass_turn *turn;

	if (taker->beginning)
		return;
	taker->beginning = true;
	while (!taker->busy && taker->turns) {
		turn = taker->turns;
		taker->turns = turn->next;
		taker->busy = true;
		pthread_mutex_unlock(&taker->lock);
		turn->begin(turn);
		pthread_mutex_lock(&taker->lock);
	}
	taker->beginning = false;
}

void cass_turn_take(struct cass_taker *taker, struct cass_turn *turn)
{
	turn->next = NULL;
	pthread_mutex_lock(&taker->lock);
	if (!taker->turns)
		taker->turns_end = &taker->turns;
	*taker->turns_end = turn;
	taker->turns_end = &turn->next;
	begin_turns(taker);
	pthread_mutex_unlock(&taker->lock);
}

void cass_turn_over(struct cass_taker *taker)
{
	pthread_mutex_lock(&taker->lock);
	taker->busy = false;
	begin_turns(taker);
	pthread_mutex_unlock(&taker->lock);
}

/* ---- Leases ---- */

struct cass_news_lease *cass_news_lease_new(uint32_t count, size_t text_bytes)
{
	struct cass_news_lease *lease = NULL;

	return calloc(1, sizeof(*lease) + count * sizeof(lease->news[0]) + text_bytes);
}

uint64_t cass_taker_token(struct cass_taker *taker)
{
	uint64_t token;

	pthread_mutex_lock(&taker->lock);
	token = taker->next_token++;
	pthread_mutex_unlock(&taker->lock);
	return token;
}

void cass_taker_add(struct cass_taker *taker, struct cass_news_lease *lease)
{
	pthread_mutex_lock(&taker->lock);
	lease->next = taker->leases;
	taker->leases = lease;
	pthread_mutex_unlock(&taker->lock);
}

/* The lock is held. */
static struct cass_news_lease **find(struct cass_taker *taker, uint64_t token)
{
	struct cass_news_lease **link = &taker->leases;

	while (*link && (*link)->token != token)
		link = &(*link)->next;
	return link;
}

struct cass_news_lease *cass_taker_remove(struct cass_taker *taker, uint64_t token)
{
	struct cass_news_lease **link;
	struct cass_news_lease *lease;

	pthread_mutex_lock(&taker->lock);
	link = find(taker, token);
	lease = *link;
	if (lease)
		*link = lease->next;
	pthread_mutex_unlock(&taker->lock);
	return lease;
}

bool cass_taker_has_settled(struct cass_taker *taker, uint64_t token)
{
	bool settled;

	pthread_mutex_lock(&taker->lock);
	settled = token != 0 && token >> 32 == taker->next_token >> 32 && !*find(taker, token);
	pthread_mutex_unlock(&taker->lock);
	return settled;
}

/* In the order of their rows. */
static int compare_news(const void *key, const void *element)
{
	const struct cass_news *a = key;
	const struct cass_news *b = element;
	size_t len = a->key.id.len < b->key.id.len ? a->key.id.len : b->key.id.len;
	int r;

	if (a->news != b->news)
		return a->news < b->news ? -1 : 1;
	if (a->key.kind != b->key.kind)
		return a->key.kind < b->key.kind ? -1 : 1;
	r = memcmp(a->key.id.data, b->key.id.data, len);
	return r != 0 ? r : (a->key.id.len > b->key.id.len) - (a->key.id.len < b->key.id.len);
}

/* The lock is held. */
static struct cass_news *find_news(struct cass_taker *taker, const struct cass_news *wanted)
{
	struct cass_news *found = NULL;

	for (struct cass_news_lease *lease = taker->leases; lease && !found; lease = lease->next)
		found = bsearch(wanted, lease->news, lease->count, sizeof(*found), compare_news);
	return found;
}

bool cass_taker_note_dropped(struct cass_taker *taker, int64_t news, struct entry_key key)
{
	const struct cass_news wanted = {.news = news, .key = key};
	struct cass_news *found;
	bool first;

	pthread_mutex_lock(&taker->lock);
	found = find_news(taker, &wanted);
	first = found && !found->dropped;
	if (first)
		found->dropped = true;
	pthread_mutex_unlock(&taker->lock);
	if (first)
		atomic_fetch_sub(&taker->store->own_pending, 1);
	return found;
}

/* ---- Rows ---- */

void cass_news_next_in_batch(struct cass_batch *batch, int64_t *bucket,
			     const struct cass_news *news)
{
	if (cass_pending_bucket(news->news) != *bucket)
		cass_batch_send(batch);
	*bucket = cass_pending_bucket(news->news);
}

void cass_news_mark(struct cass_batch *batch, struct cass_news *news, uint64_t token,
		    int64_t until_s)
{
	struct arena *arena = &batch->job->arena;
	struct cql_value values[8];

	news->written_us = cass_stamp(batch->job->store, news->written_us);
	values[0] = cass_bigint(arena, news->written_us);
	values[1] = cass_bigint(arena, (int64_t)token);
	values[2] = cass_bigint(arena, until_s);
	cass_pending_key(batch->job, news->news, news->key, news->owner, values + 3);
	cass_batch_add(batch, CASS_PENDING_LEASE, values, 8);
}

void cass_news_remove(struct cass_batch *batch, const struct cass_news *news)
{
	struct cql_value values[6];

	values[0] =
		cass_bigint(&batch->job->arena, cass_stamp(batch->job->store, news->written_us));
	cass_pending_key(batch->job, news->news, news->key, news->owner, values + 1);
	cass_batch_add(batch, CASS_PENDING_REMOVE, values, 6);
}

/* ---- Life ---- */

int cass_taker_new(struct store_cassandra *cassandra, struct cass_taker **ret_taker)
{
	struct cass_taker *taker = calloc(1, sizeof(*taker));

	if (!taker)
		return -ENOMEM;
	taker->store = cassandra;
	taker->lease.name = SLICE("take");
	/* Positive as a bigint, and never 0. */
	taker->next_token = ((uint64_t)(randombytes_random() >> 1) << 32) | 1;
	pthread_mutex_init(&taker->lock, NULL);
	*ret_taker = taker;
	return 0;
}

void cass_taker_free(struct cass_taker *taker)
{
	struct cass_news_lease *next;

	if (!taker)
		return;
	for (struct cass_news_lease *lease = taker->leases; lease; lease = next) {
		next = lease->next;
		free(lease);
	}
	pthread_mutex_destroy(&taker->lock);
	free(taker->known);
	free(taker);
}
