/* The sweep's state, from its start to its leave. */
#include "store/cassandra_sweeper.h"

#include <errno.h>
#include <stdlib.h>

#include <xxhash.h>

int32_t cass_shard_of(struct entry_key key)
{
	return (int32_t)(XXH3_64bits(key.id.data, key.id.len) % CASS_SHARDS);
}

void cass_shard_clear_place(struct cass_shard *shard)
{
	free((char *)shard->place.id.data);
	shard->place = (struct cass_due_place){0};
}

bool cass_shard_set_place(struct cass_shard *shard, const struct cass_due *due)
{
	char *texts = malloc(due->id.len + due->owner.len + 1);

	cass_shard_clear_place(shard);
	if (!texts)
		return false;
	memcpy(texts, due->id.data, due->id.len);
	if (due->owner.len > 0)
		memcpy(texts + due->id.len, due->owner.data, due->owner.len);
	shard->place = (struct cass_due_place){
		.due_s = due->due_s,
		.kind = due->kind,
		.id = {texts, due->id.len},
		.owner = {texts + due->id.len, due->owner.len},
	};
	return true;
}

int cass_sweeper_new(struct store_cassandra *cassandra, struct cass_sweeper **ret_sweeper)
{
	struct cass_sweeper *sweeper = calloc(1, sizeof(*sweeper));

	if (!sweeper)
		return -ENOMEM;
	sweeper->store = cassandra;
	for (int32_t i = 0; i < CASS_SHARDS; i++) {
		struct cass_shard *shard = &sweeper->shards[i];

		shard->number = i;
		shard->lease.name = cass_due_queue(i, shard->queue);
		shard->done_s = INT64_MIN;
		shard->closing = INT64_MIN;
	}
	*ret_sweeper = sweeper;
	return 0;
}

static void on_left(struct cass_job *job)
{
	cass_job_end(job, STORE_DONE);
}

void cass_sweeper_leave(struct cass_sweeper *sweeper)
{
	struct cass_job *job = sweeper ? cass_job_new(sweeper->store, sizeof(*job), NULL) : NULL;

	if (!job)
		return;
	cass_round(job, "sweep.leave", on_left);
	for (int i = 0; i < CASS_SHARDS; i++) {
		if (sweeper->shards[i].lease.until_ms != 0)
			cass_lease_free(job, &sweeper->shards[i].lease);
	}
	cass_round_go(job);
}

void cass_sweeper_free(struct cass_sweeper *sweeper)
{
	if (!sweeper)
		return;
	for (int i = 0; i < CASS_SHARDS; i++)
		cass_shard_clear_place(&sweeper->shards[i]);
	free(sweeper);
}
