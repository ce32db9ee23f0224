/* Puts many hyperties into a store, wave by wave: ids in their order, so that neighbours in one
 * transaction share pages, and less is written. */
#include "filling.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "model/text_list.h"
#include "registry/rules.h"

#define HYPERTIES_OF_A_USER 10
#define TRIES 4

struct put {
	struct store_change change; /* first */
	struct rule_request request;
	int64_t due_s;
	char id[64];
	char user[64];
};

static struct wave {
	pthread_mutex_t lock;
	pthread_cond_t over;
	unsigned waiting;
	struct put puts[FILLING_AT_ONCE_MAX];
} wave = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.over = PTHREAD_COND_INITIALIZER,
};

static void completed(struct store_op *op)
{
	if (op->result != STORE_DONE && op->result != STORE_UNAVAILABLE) {
		fprintf(stderr, "fill: refused: %d\n", op->result);
		exit(1);
	}
	pthread_mutex_lock(&wave.lock);
	if (--wave.waiting == 0)
		pthread_cond_signal(&wave.over);
	pthread_mutex_unlock(&wave.lock);
}

/* Whenever it is put, it expires in the second that all have in common. */
static int rule_put_due(const struct entry *old, const struct moment *now, const void *ctx,
			struct change *ret_change)
{
	const struct put *put = ctx;
	struct rule_request request = put->request;

	if (put->due_s != 0)
		request.fields.expires_s = put->due_s - 1 - now->lifetime_s;
	if (request.fields.expires_s < 1) {
		fprintf(stderr, "fill: too late for the common second\n");
		exit(FILLING_EXIT_LATE);
	}
	return rule_put(old, now, &request, ret_change);
}

static struct fields fields_of_all(struct buffer *lists)
{
	struct fields fields = {.expires_s = FILLING_EXPIRES_S};
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

static void prepare(struct put *put, uint64_t number, const struct filling *filling,
		    const struct fields *fields)
{
	snprintf(put->id, sizeof(put->id), "hyperty://x.org/%s/%08" PRIu64, filling->prefix,
		 number);
	snprintf(put->user, sizeof(put->user), "user://x.org/%s%08" PRIu64 "@x.org",
		 filling->prefix, number / HYPERTIES_OF_A_USER);
	put->due_s = filling->due_s;
	put->request = (struct rule_request){
		.key = {ENTRY_HYPERTY, slice_of(put->id)},
		.owner = slice_of(put->user),
		.fields = *fields,
		.expires_max_s = FILLING_EXPIRES_S,
	};
}

static void submit(struct store *store, struct put *put)
{
	int r;

	put->change = (struct store_change){
		.op.complete = completed,
		.key = put->request.key,
		.rule = rule_put_due,
		.ctx = put,
	};
	r = store_change(store, &put->change);
	if (r != STORE_PENDING) {
		put->change.op.result = r;
		completed(&put->change.op);
	}
}

/* Submits those that are not there yet, and returns how many are not there then. */
static unsigned submit_missing(struct store *store, unsigned count)
{
	unsigned missing = 0;

	wave.waiting = count;
	for (unsigned i = 0; i < count; i++)
		if (wave.puts[i].change.op.result == STORE_DONE)
			completed(&wave.puts[i].change.op);
		else
			submit(store, &wave.puts[i]);

	pthread_mutex_lock(&wave.lock);
	while (wave.waiting > 0)
		pthread_cond_wait(&wave.over, &wave.lock);
	pthread_mutex_unlock(&wave.lock);

	for (unsigned i = 0; i < count; i++)
		missing += wave.puts[i].change.op.result != STORE_DONE;
	return missing;
}

static void put_wave(struct store *store, uint64_t from, uint64_t to, const struct filling *filling,
		     const struct fields *fields)
{
	unsigned count = (unsigned)(to - from), missing = count;

	for (unsigned i = 0; i < count; i++) {
		prepare(&wave.puts[i], from + i, filling, fields);
		wave.puts[i].change.op.result = STORE_UNAVAILABLE;
	}
	/* Many first registrations at once may be too many for nodes that have just started. */
	for (int tried = 0; missing > 0 && tried < TRIES; tried++)
		missing = submit_missing(store, count);
	if (missing > 0) {
		fprintf(stderr, "fill: %u refused\n", missing);
		exit(1);
	}
}

void filling_run(struct store *store, const struct filling *filling)
{
	struct buffer lists = {0};
	struct fields fields = fields_of_all(&lists);
	uint64_t step = filling->at_once;

	for (uint64_t from = 0; from < filling->count; from += step)
		put_wave(store, from, from + step < filling->count ? from + step : filling->count,
			 filling, &fields);
	buffer_deinit(&lists);
}
