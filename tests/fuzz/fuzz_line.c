/* Any bytes as a line of an export: refused with a reason, or an entry whose line is read the same.
 */
#include <stdint.h>
#include <stdlib.h>

#include "api/entry_line.h"

#define NOW_S 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_line(struct slice line, struct arena *arena, struct import_request *ret_request)
{
	char reason[256] = "";
	int r = entry_line_read(line, arena, ret_request, reason, sizeof(reason));

	if (r == ENTRY_LINE_UNREADABLE && !reason[0])
		abort();
	return r;
}

/* As it would be kept, and exported again. */
static void write_and_read(const struct import_request *first, struct arena *arena)
{
	const struct moment now = {.lifetime_s = NOW_S};
	struct import_request again = {0};
	struct buffer line = {0};
	struct change change;

	import_rule(NULL, &now, first, &change);
	entry_line_write(&line, &change.entry, NOW_S, first->pending);
	if (line.failed ||
	    read_line((struct slice){line.data, line.len - 1}, arena, &again) != ENTRY_LINE_READ ||
	    !slice_equal(again.entry.key.id, first->entry.key.id) ||
	    !slice_equal(again.entry.owner, first->entry.owner) ||
	    again.entry.guid_count != first->entry.guid_count)
		abort();
	buffer_deinit(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import_request request = {.is_restored = true, .expires_max_s = 3600};
	struct slice line = {(const char *)data, size};
	struct arena arena;

	arena_init(&arena, NULL, 0);
	if (read_line(line, &arena, &request) == ENTRY_LINE_READ)
		write_and_read(&request, &arena);
	arena_deinit(&arena);
	return 0;
}
