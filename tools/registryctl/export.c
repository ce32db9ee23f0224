/* Goes through a store and writes it down. */
#include "registryctl/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/entry_line.h"
#include "base/container.h"
#include "base/steady.h"
#include "registryctl/pairs.h"
#include "registryctl/show.h"
#include "registryctl/stop.h"
#include "registryctl/waited.h"
#include "store/lmdb_snapshot.h"

#define SLICE_ENTRIES 500
#define SAVE_EACH_MS 5000

static int out_of_memory(struct export *export)
{
	snprintf(export->reason, export->reason_size, "out of memory");
	return -ENOMEM;
}

static int write_entry(struct export *export, const struct entry *entry, int64_t lifetime_s,
		       bool pending)
{
	buffer_clear(&export->line);
	entry_line_write(&export->line, entry, lifetime_s, pending);
	if (export->line.failed)
		return out_of_memory(export);
	progress_at(export->progress, export->file->lines + 1);
	return export_file_write(export->file, (struct slice){export->line.data, export->line.len},
				 export->reason, export->reason_size);
}

int export_save(struct export *export, int64_t *saved_ms, struct slice cursor)
{
	bool stop = stop_is_asked();
	int r = 0;

	if (stop || steady_ms() - *saved_ms >= SAVE_EACH_MS) {
		r = export_file_save(export->file, cursor, export->reason, export->reason_size);
		*saved_ms = steady_ms();
	}
	if (r == 0 && stop) {
		snprintf(export->reason, export->reason_size, "ended by a signal");
		r = -EINTR;
	}
	return r;
}

static void note_damage(struct export *export, struct slice key)
{
	export->damaged++;
	progress_break_line(export->progress);
	fputs("skipped: \"", stderr);
	show_text(stderr, key, SHOW_ALL);
	fputs("\": the record is not what was written\n", stderr);
}

void export_deinit(struct export *export)
{
	buffer_deinit(&export->line);
}

/* ---- LMDB ---- */

struct lmdb_export {
	struct export *export;
	struct lmdb_snapshot snapshot;
	int64_t saved_ms;
	uint64_t looked;
};

static int see_in_snapshot(void *ctx, MDB_val key, const struct entry *entry, uint64_t number)
{
	struct lmdb_export *self = ctx;
	const struct slice place = {key.mv_data, key.mv_size};
	int r = ++self->looked % SLICE_ENTRIES ? 0
					       : export_save(self->export, &self->saved_ms, place);

	if (r < 0)
		return r;
	if (!entry) {
		note_damage(self->export, (struct slice){place.data + 1, place.len - 1});
		return 0;
	}
	return write_entry(self->export, entry, self->snapshot.state.lifetime_ms / 1000,
			   lmdb_snapshot_is_pending(&self->snapshot, number, key));
}

int export_lmdb(struct export *export, const char *data_dir, size_t map_bytes)
{
	struct lmdb_export self = {.export = export, .saved_ms = steady_ms()};
	const struct buffer *cursor = &export->file->cursor;
	int r = lmdb_snapshot_open(data_dir, map_bytes, &self.snapshot, export->reason,
				   export->reason_size);

	if (r < 0)
		return r;
	for (int kind = 0; kind < ENTRY_KIND_COUNT; kind++)
		export->progress->all += self.snapshot.state.entries[kind];
	r = lmdb_snapshot_scan(&self.snapshot, (struct slice){cursor->data, cursor->len},
			       see_in_snapshot, &self);
	if (r < 0 && !export->reason[0])
		snprintf(export->reason, export->reason_size, "%s: %s", data_dir, strerror(-r));
	lmdb_snapshot_close(&self.snapshot);
	return r;
}

/* ---- Any store ---- */

struct store_export {
	struct export *export;
	struct pairs pending; /* kind and id of each */
	struct buffer key;
};

static struct slice key_of(struct store_export *self, const struct entry *entry)
{
	buffer_clear(&self->key);
	buffer_append_byte(&self->key, (char)('0' + entry->key.kind));
	buffer_append_slice(&self->key, entry->key.id);
	return (struct slice){self->key.data, self->key.len};
}

static int see_pending(void *ctx, const struct entry *entry, const struct moment *now)
{
	struct store_export *self = ctx;
	struct slice key = key_of(self, entry);

	(void)now;
	return self->key.failed ? -ENOMEM : pairs_add(&self->pending, key, SLICE(""));
}

static int see_in_store(void *ctx, const struct entry *entry, const struct moment *now)
{
	struct store_export *self = ctx;
	struct slice key = key_of(self, entry);
	bool pending = pairs_find(&self->pending, key) < self->pending.count;

	return self->key.failed ? -ENOMEM
				: write_entry(self->export, entry, now->lifetime_s, pending);
}

static int read_pending(struct store_export *self, struct store *store)
{
	struct waited waited;
	int r;

	waited_init(&waited);
	waited.peek.read.see = see_pending;
	waited.peek.read.ctx = self;
	waited.peek.limit = UINT32_MAX;
	r = waited_end(&waited, store_peek_updates(store, &waited.peek));
	pairs_sort(&self->pending);
	return r;
}

static int read_slice(struct store_export *self, struct store *store, struct buffer *cursor)
{
	struct store_scan *scan;
	struct waited waited;
	int r;

	waited_init(&waited);
	scan = &waited.scan;
	scan->read.see = see_in_store;
	scan->read.ctx = self;
	scan->cursor = (struct slice){cursor->len ? cursor->data : NULL, cursor->len};
	scan->limit = SLICE_ENTRIES;
	r = waited_end(&waited, store_scan(store, scan));
	buffer_clear(cursor);
	buffer_append(cursor, scan->ret_cursor, scan->ret_cursor_len);
	free(scan->ret_cursor);
	return cursor->failed ? -ENOMEM : r;
}

static int read_all(struct store_export *self, struct store *store)
{
	struct buffer *cursor = &self->export->file->cursor;
	int64_t saved_ms = steady_ms();
	int r = read_pending(self, store);

	if (r != STORE_DONE)
		return r;
	do {
		r = read_slice(self, store, cursor);
		if (r == STORE_DONE && cursor->len > 0)
			r = export_save(self->export, &saved_ms,
					(struct slice){cursor->data, cursor->len});
	} while (r == STORE_DONE && cursor->len > 0);
	return r;
}

static int say_why(struct export *export, struct store *store, int r)
{
	struct store_health health;

	if (r == STORE_DONE || export->reason[0])
		return r;
	store_health(store, &health);
	snprintf(export->reason, export->reason_size, "the store cannot be read: %s",
		 health.reason[0] ? health.reason
		 : r < 0          ? strerror(-r)
				  : "it does not answer");
	return r < 0 ? r : -EIO;
}

int export_store(struct export *export, struct store *store)
{
	struct store_export self = {.export = export};
	struct store_count count;
	int r;

	store_count(store, &count);
	for (int kind = 0; kind < ENTRY_KIND_COUNT; kind++)
		export->progress->all += count.entries[kind];
	r = say_why(export, store, read_all(&self, store));
	pairs_deinit(&self.pending);
	buffer_deinit(&self.key);
	return r;
}
