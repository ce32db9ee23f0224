/* Gives entries that went away under another retention their place in the time index. */
#include "server/retention.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/container.h"
#include "log/log.h"

#define SLICE_ENTRIES 256

/* What the work takes. */
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
	note_woken(container_of(op, struct placement, op.change.op)->pass);
}

static void wait_for_all(struct pass *pass)
{
	pthread_mutex_lock(&pass->lock);
	while (pass->waiting > 0)
		pthread_cond_wait(&pass->woken, &pass->lock);
	pthread_mutex_unlock(&pass->lock);
}

static void submit_all(struct pass *pass)
{
	pass->waiting = pass->count;
	for (unsigned i = 0; i < pass->count; i++) {
		struct placement *placement = &pass->placements[i];

		placement->op.change.op.complete = on_placed;
		if (registry_place(pass->registry, &placement->op, placement->key) !=
		    REGISTRY_PENDING)
			note_woken(pass);
	}
}

/* False if one of them must be tried again. One that is gone or damaged must not. */
static bool place_all(struct pass *pass, uint64_t *entries)
{
	bool all = true;

	submit_all(pass);
	wait_for_all(pass);
	for (unsigned i = 0; i < pass->count; i++) {
		int outcome = registry_change_outcome(&pass->placements[i].op);

		*entries += outcome == REGISTRY_OK;
		if (outcome == REGISTRY_UNAVAILABLE || outcome == REGISTRY_FAULT)
			all = false;
	}
	return all;
}

struct waiting_scan {
	struct store_scan scan;
	struct pass *pass;
};

static void on_scanned(struct store_op *op)
{
	note_woken(container_of(op, struct waiting_scan, scan.read.op)->pass);
}

/* Finds a slice's misplaced entries. *ret_next is owned; absent at the end. */
static int scan_slice(struct pass *pass, struct slice cursor, struct slice *ret_next)
{
	struct waiting_scan slice = {
		.scan = {.read = {.op = {.complete = on_scanned},
				  .see = see_misplaced,
				  .ctx = pass},
			 .cursor = cursor,
			 .limit = SLICE_ENTRIES},
		.pass = pass,
	};
	int r;

	pass->count = 0;
	pass->waiting = 1;
	r = store_scan(pass->store, &slice.scan);
	if (r == STORE_PENDING) {
		wait_for_all(pass);
		r = slice.scan.read.op.result;
	}
	if (r == STORE_DONE)
		*ret_next = (struct slice){slice.scan.ret_cursor, slice.scan.ret_cursor_len};
	else
		free(slice.scan.ret_cursor);
	return r;
}

/* False if the slice is to be repeated, later. */
static bool work_on_slice(struct retention *retention, struct pass *pass)
{
	struct slice next;
	bool done = false;

	if (scan_slice(pass, retention->cursor, &next) == STORE_DONE) {
		done = place_all(pass, &retention->entries);
		if (done) {
			free((char *)retention->cursor.data);
			retention->cursor = next;
			retention->over = !next.data;
		} else {
			free((char *)next.data);
		}
	}
	arena_deinit(&pass->keys);
	return done;
}

bool retention_work(struct retention *retention)
{
	struct pass *pass = retention->over ? NULL : calloc(1, sizeof(*pass));
	bool done;

	if (!pass)
		return false;
	pass->registry = retention->registry;
	pass->store = retention->store;
	pthread_mutex_init(&pass->lock, NULL);
	pthread_cond_init(&pass->woken, NULL);
	done = work_on_slice(retention, pass);
	if (retention->over)
		log_info("retention.applied", LOG_NUMBER("entries", retention->entries));
	pthread_cond_destroy(&pass->woken);
	pthread_mutex_destroy(&pass->lock);
	free(pass);
	return done && !retention->over;
}

void retention_init(struct retention *retention, struct registry *registry, struct store *store)
{
	*retention = (struct retention){
		.registry = registry, .store = store, .over = !registry_has_retention(registry)};
}

void retention_deinit(struct retention *retention)
{
	free((char *)retention->cursor.data);
	retention->cursor = SLICE_NONE;
}
