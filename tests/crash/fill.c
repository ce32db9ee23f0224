/* Puts many hyperties into a new database, faster than over HTTP: for tests only. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "model/text_list.h"
#include "monitor/counters.h"
#include "registry/rules.h"
#include "store/store_lmdb.h"

#define MAP_BYTES ((size_t)64 << 30)
#define WAVE 4096
#define HYPERTIES_OF_A_USER 10
#define EXPIRES_S 3600

struct put {
	struct store_change change; /* first */
	struct rule_request request;
	char id[64];
	char user[64];
};

struct wave {
	pthread_mutex_t lock;
	pthread_cond_t over;
	unsigned waiting;
	struct put puts[WAVE];
};

static struct wave wave = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.over = PTHREAD_COND_INITIALIZER,
};

static void completed(struct store_op *op)
{
	if (op->result != STORE_DONE) {
		fprintf(stderr, "fill: refused: %d\n", op->result);
		exit(1);
	}
	pthread_mutex_lock(&wave.lock);
	if (--wave.waiting == 0)
		pthread_cond_signal(&wave.over);
	pthread_mutex_unlock(&wave.lock);
}

static struct fields fields_of_all(struct buffer *lists)
{
	struct fields fields = {.expires_s = EXPIRES_S};
	size_t len;

	text_list_append(lists, SLICE("chat"));
	len = lists->len;
	text_list_append(lists, SLICE("comm"));

	fields.text[TEXT_DESCRIPTOR] = SLICE("hyperty-catalogue://x.org/.well-known/hyperty/Chat");
	fields.text[TEXT_RUNTIME] = SLICE("runtime://x.org/r1");
	fields.text[TEXT_STATUS] = STATUS_LIVE;
	fields.list[LIST_RESOURCES] = (struct text_list){{lists->data, len}, 1};
	fields.list[LIST_DATA_SCHEMES] =
		(struct text_list){{lists->data + len, lists->len - len}, 1};
	return fields;
}

static void put(struct store *store, struct put *put, uint64_t number, const struct fields *fields)
{
	int r;

	/* Ids in their order: neighbours in one transaction share pages, so less is written. */
	snprintf(put->id, sizeof(put->id), "hyperty://x.org/filled/%08" PRIu64, number);
	snprintf(put->user, sizeof(put->user), "user://x.org/filled%08" PRIu64 "@x.org",
		 number / HYPERTIES_OF_A_USER);
	put->request = (struct rule_request){
		.key = {ENTRY_HYPERTY, slice_of(put->id)},
		.owner = slice_of(put->user),
		.fields = *fields,
		.expires_max_s = EXPIRES_S,
	};
	put->change = (struct store_change){
		.op.complete = completed,
		.key = put->request.key,
		.rule = rule_put,
		.ctx = &put->request,
	};
	r = store_change(store, &put->change);
	if (r != STORE_PENDING) {
		put->change.op.result = r;
		completed(&put->change.op);
	}
}

static void put_wave(struct store *store, uint64_t from, uint64_t to, const struct fields *fields)
{
	wave.waiting = (unsigned)(to - from);
	for (uint64_t number = from; number < to; number++)
		put(store, &wave.puts[number - from], number, fields);

	pthread_mutex_lock(&wave.lock);
	while (wave.waiting > 0)
		pthread_cond_wait(&wave.over, &wave.lock);
	pthread_mutex_unlock(&wave.lock);
}

int main(int argc, char **argv)
{
	static struct counters counters;
	struct store_lmdb_options options = {.map_bytes = MAP_BYTES};
	struct buffer lists = {0};
	struct fields fields = fields_of_all(&lists);
	struct store *store;
	char reason[256];
	uint64_t count;

	if (argc != 3) {
		fprintf(stderr, "usage: fill DATA_DIR COUNT\n");
		return 2;
	}
	options.data_dir = argv[1];
	count = strtoull(argv[2], NULL, 10);
	if (store_lmdb_new(&options, clock_system(), &counters, &store, reason, sizeof(reason)) <
	    0) {
		fprintf(stderr, "fill: %s\n", reason);
		return 1;
	}
	for (uint64_t from = 0; from < count; from += WAVE)
		put_wave(store, from, from + WAVE < count ? from + WAVE : count, &fields);
	store_free(store);
	buffer_deinit(&lists);
	return 0;
}
