/* Reads the file line by line, each through the rule of an import. */
#include "server/loading.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/entry_line.h"
#include "config/reason.h"
#include "config/settings.h"
#include "log/log.h"
#include "registry/import_rule.h"

struct loading {
	const struct settings *settings;
	struct store *store;
	uint64_t line; /* the number of the one at hand */
	uint64_t entries;
	char *reason;
	size_t reason_size;
};

static int refuse(struct loading *loading, const char *why)
{
	snprintf(loading->reason, loading->reason_size, "%s:%" PRIu64 ": %s",
		 loading->settings->load_file, loading->line, why);
	return -EINVAL;
}

static int write_entry(struct loading *loading, const struct import_request *request)
{
	struct store_change change = {
		.key = request->entry.key,
		.rule = import_rule,
		.ctx = request,
	};
	int r = store_change(loading->store, &change);

	if (r != STORE_DONE)
		return r < 0 ? r : -EIO;
	if (change.outcome == IMPORT_OTHERS)
		return refuse(loading, "a line before it has that id of another user");
	if (change.outcome == IMPORT_THERE)
		return refuse(loading, "a line before it has that id");
	loading->entries++;
	return 0;
}

/* An entry_line_take. */
static int take_line(void *ctx, struct slice line, uint64_t number)
{
	struct loading *loading = ctx;
	struct import_request request = {
		.is_restored = true,
		.expires_max_s = loading->settings->expires_max_s,
		.retention_s = loading->settings->retention_s,
	};
	char room[4096], why[REASON_SIZE];
	struct arena arena;
	int r;

	loading->line = number;
	if (line.len == 0)
		return 0;
	arena_init(&arena, room, sizeof(room));
	r = entry_line_read(line, &arena, &request, why, sizeof(why));
	if (r == ENTRY_LINE_READ)
		r = write_entry(loading, &request);
	else if (r == ENTRY_LINE_UNREADABLE)
		r = refuse(loading, why);
	arena_deinit(&arena);
	return r;
}

static int load(struct loading *loading)
{
	const char *path = loading->settings->load_file;
	FILE *file = fopen(path, "re");
	int r = file ? entry_lines_each(file, take_line, loading) : -errno;

	if (file)
		fclose(file);
	if (r < 0 && !loading->reason[0])
		snprintf(loading->reason, loading->reason_size, "%s: %s", path, strerror(-r));
	if (r == 0)
		log_info("store.loaded", LOG_TEXT("path", path),
			 LOG_NUMBER("entries", loading->entries));
	return r;
}

int loading_run(const struct settings *settings, struct store *store, char *ret_reason,
		size_t reason_size)
{
	struct loading loading = {
		.settings = settings,
		.store = store,
		.reason = ret_reason,
		.reason_size = reason_size,
	};

	ret_reason[0] = '\0';
	return settings->load_file[0] ? load(&loading) : 0;
}
