/*
 * Writes entries, some at once. A store that cannot be written is tried again for a while: a
 * node that restarts must not end an import of hours.
 */
#include "registryctl/writer.h"

#include <time.h>

#include "registryctl/stop.h"

#define TRIES 120
#define PAUSE_MS 500

void writer_init(struct writer *writer, struct store *store,
		 void (*over)(void *ctx, const struct write *write), void *ctx)
{
	*writer = (struct writer){.store = store, .over = over, .ctx = ctx};
	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->finished, NULL);
	for (int i = 0; i < WRITER_MAX; i++) {
		struct write *write = &writer->writes[i];

		arena_init(&write->arena, write->room, sizeof(write->room));
		write->writer = writer;
		writer_put_back(writer, write);
	}
}

void writer_deinit(struct writer *writer)
{
	for (int i = 0; i < WRITER_MAX; i++)
		arena_deinit(&writer->writes[i].arena);
	pthread_cond_destroy(&writer->finished);
	pthread_mutex_destroy(&writer->lock);
}

/* ---- What is over ---- */

/* On any thread. */
static void on_complete(struct store_op *op)
{
	struct write *write = (struct write *)op;
	struct writer *writer = write->writer;

	pthread_mutex_lock(&writer->lock);
	write->next = writer->over_first;
	writer->over_first = write;
	pthread_cond_signal(&writer->finished);
	pthread_mutex_unlock(&writer->lock);
}

static void submit(struct writer *writer, struct write *write)
{
	int r;

	write->tries++;
	r = store_change(writer->store, &write->change);
	if (r == STORE_PENDING)
		return;
	write->change.op.result = r;
	on_complete(&write->change.op);
}

static struct write *wait_for_one(struct writer *writer)
{
	struct write *write;

	pthread_mutex_lock(&writer->lock);
	while (!writer->over_first)
		pthread_cond_wait(&writer->finished, &writer->lock);
	write = writer->over_first;
	writer->over_first = write->next;
	pthread_mutex_unlock(&writer->lock);
	return write;
}

static bool try_again(struct writer *writer, struct write *write)
{
	const struct timespec pause = {PAUSE_MS / 1000, PAUSE_MS % 1000 * 1000000L};

	if (write->change.op.result != STORE_UNAVAILABLE || write->tries >= TRIES ||
	    writer->failed || stop_is_asked())
		return false;
	nanosleep(&pause, NULL);
	submit(writer, write);
	return true;
}

static void reap(struct writer *writer)
{
	struct write *write = wait_for_one(writer);
	int result = write->change.op.result;

	if (try_again(writer, write))
		return;
	writer->in_flight--;
	if (result == STORE_DONE || result == STORE_DAMAGED)
		writer->over(writer->ctx, write);
	else
		writer->failed = true;
	writer_put_back(writer, write);
}

/* ---- Verbs ---- */

struct write *writer_take(struct writer *writer)
{
	struct write *write;

	while (!writer->idle)
		reap(writer);
	if (writer->failed)
		return NULL;
	write = writer->idle;
	writer->idle = write->next;
	arena_deinit(&write->arena);
	arena_init(&write->arena, write->room, sizeof(write->room));
	write->tries = 0;
	return write;
}

void writer_put_back(struct writer *writer, struct write *write)
{
	write->next = writer->idle;
	writer->idle = write;
}

void writer_submit(struct writer *writer, struct write *write)
{
	write->change = (struct store_change){
		.op.complete = on_complete,
		.key = write->request.entry.key,
		.rule = import_rule,
		.ctx = &write->request,
	};
	writer->in_flight++;
	submit(writer, write);
}

bool writer_drain(struct writer *writer)
{
	while (writer->in_flight > 0)
		reap(writer);
	return !writer->failed;
}
