/* Writes entries into a store, so many at once; each is told of on the thread that submits. */
#pragma once

#include <pthread.h>

#include "base/arena.h"
#include "registry/import_rule.h"

#define WRITER_MAX 64

struct writer;

struct write {
	struct store_change change; /* first */
	struct import_request request;
	struct arena arena; /* for what request leads to; emptied by writer_take() */
	char room[2048];
	int row;       /* of the tally; the caller's, like the next two */
	bool is_copy;  /* the table that counts does not have it */
	uint64_t line; /* of the file that it comes from */
	unsigned tries;
	struct writer *writer;
	struct write *next;
};

struct writer {
	struct store *store; /* not owned */
	/* Told when one is over with STORE_DONE or STORE_DAMAGED in change.op.result. */
	void (*over)(void *ctx, const struct write *write);
	void *ctx;
	struct write writes[WRITER_MAX];
	struct write *idle;
	unsigned in_flight;
	bool failed; /* one could not be written: no more are taken */
	pthread_mutex_t lock;
	pthread_cond_t finished;
	struct write *over_first; /* lock */
};

void writer_init(struct writer *writer, struct store *store,
		 void (*over)(void *ctx, const struct write *write), void *ctx);
void writer_deinit(struct writer *writer); /* when none is in flight */

/* One that is free, perhaps after a wait; NULL when the store does not take any more. */
struct write *writer_take(struct writer *writer);
/* Gives one back that is not needed after all. */
void writer_put_back(struct writer *writer, struct write *write);
/* request is filled in; what it leads to must stay until the next writer_drain(). */
void writer_submit(struct writer *writer, struct write *write);
/* Waits for all in flight. False when the store does not take any more. */
bool writer_drain(struct writer *writer);
