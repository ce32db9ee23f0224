/* Gives entries that went away under another retention their place in the time index. */
#include "server/retention.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/arena.h"
#include "log/log.h"

#define SLICE_ENTRIES 256

struct pass {
	struct registry *registry;
	struct store *store;
	struct arena keys; /* of this slice */
	struct placement {
		struct registry_change op;
		struct pass *pass;
		struct entry_key key;
	} placements[SLICE_ENTRIES];
	unsigned count;
	pthread_mutex_t lock; /* for waiting */
	pthread_cond_t woken;
	unsigned waiting; /* operations that are pending */
};

static int see_misplaced(void *ctx, const struct entry *entry, const struct moment *now)
{
	struct pass *pass = ctx;
	struct placement *placement = &pass->placements[pass->count];

	(void)now;
	if (!registry_is_misplaced(pass->registry, entry))
		return 0;
	placement->pass = pass;
	placement->key.kind = entry->key.kind;
	placement->key.id = arena_copy(&pass->keys, entry->key.id);
	if (!placement->key.id.data)
		return -ENOMEM;
	pass->count++;
	return 0;
}

static void note_woken(struct pass *pass)
{
	pthread_mutex_lock(&pass->lock);
	if (--pass->waiting == 0)
		pthread_cond_signal(&pass->woken);
	pthread_mutex_unlock(&pass->lock);
}

static void on_placed(struct store_op *op)
{
	note_woken(((struct placement *)((char *)op - offsetof(struct placement, op)))->pass);
}

static void place_all(struct pass *pass)
{
	pass->waiting = pass->count;
	for (unsigned i = 0; i < pass->count; i++) {
		struct placement *placement = &pass->placements[i];

		placement->op.change.op.complete = on_placed;
		if (registry_place(pass->registry, &placement->op, placement->key) !=
		    REGISTRY_PENDING)
			note_woken(pass);
	}
	pthread_mutex_lock(&pass->lock);
	while (pass->waiting > 0)
		pthread_cond_wait(&pass->woken, &pass->lock);
	pthread_mutex_unlock(&pass->lock);
}

struct waiting_scan {
	struct store_scan scan;
	struct pass *pass;
};

static void on_scanned(struct store_op *op)
{
	note_woken(
		((struct waiting_scan *)((char *)op - offsetof(struct waiting_scan, scan)))->pass);
}

/* Finds a slice's misplaced entries; *cursor moves on, absent at the end. */
static int scan_slice(struct pass *pass, struct slice *cursor)
{
	struct waiting_scan slice = {
		.scan = {.read = {.op = {.complete = on_scanned},
				  .see = see_misplaced,
				  .ctx = pass},
			 .cursor = *cursor,
			 .limit = SLICE_ENTRIES},
		.pass = pass,
	};
	int r;

	pass->count = 0;
	pass->waiting = 1;
	r = store_scan(pass->store, &slice.scan);
	if (r == STORE_PENDING) {
		pthread_mutex_lock(&pass->lock);
		while (pass->waiting > 0)
			pthread_cond_wait(&pass->woken, &pass->lock);
		pthread_mutex_unlock(&pass->lock);
		r = slice.scan.read.op.result;
	}
	free((char *)cursor->data);
	*cursor = (struct slice){slice.scan.ret_cursor, slice.scan.ret_cursor_len};
	return r;
}

static uint64_t run_pass(struct pass *pass, const _Atomic bool *stop)
{
	struct slice cursor = SLICE_NONE;
	uint64_t placed = 0;

	do {
		if (scan_slice(pass, &cursor) != STORE_DONE)
			break;
		place_all(pass);
		placed += pass->count;
		arena_deinit(&pass->keys);
	} while (cursor.data && !atomic_load(stop));
	free((char *)cursor.data);
	arena_deinit(&pass->keys);
	return placed;
}

void retention_apply(struct registry *registry, struct store *store, const _Atomic bool *stop)
{
	struct pass *pass;
	uint64_t placed;

	if (!registry_has_retention(registry))
		return;
	pass = calloc(1, sizeof(*pass));
	if (!pass)
		return;
	pass->registry = registry;
	pass->store = store;
	pthread_mutex_init(&pass->lock, NULL);
	pthread_cond_init(&pass->woken, NULL);
	placed = run_pass(pass, stop);
	log_info("retention.applied", LOG_NUMBER("entries", placed));
	pthread_cond_destroy(&pass->woken);
	pthread_mutex_destroy(&pass->lock);
	free(pass);
}
