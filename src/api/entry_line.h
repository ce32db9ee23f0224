/*
 * An entry as one line: the object that the interface shows, and in its member "kept" what else a
 * store keeps of it:
 *
 *   silent   seconds of lifetime time since its last sign of life
 *   away     the same, since it became disconnected; only if it is
 *   pending  true: nobody has been told of that
 *   guids    all GUIDs that it carried, the latest last; only if there are any
 */
#pragma once

#include <stdio.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "registry/import_rule.h"

/* Appends the line and its end. Only out->failed can go wrong. */
void entry_line_write(struct buffer *out, const struct entry *entry, int64_t lifetime_s,
		      bool pending);

enum entry_line_result {
	ENTRY_LINE_READ = 0,
	ENTRY_LINE_UNREADABLE = 1, /* the reason says what, and where in the line */
};
/* Its entry, pending, and the seconds; the rest of *ret_request is left alone. Texts are in the
 * arena. An enum entry_line_result or -ENOMEM. */
int entry_line_read(struct slice line, struct arena *arena, struct import_request *ret_request,
		    char *ret_reason, size_t reason_size);

/* Shown each line of a file, without its end, and its number, from 1 on; empty ones too. 0 to go
 * on; a negative errno stops, and is the result. */
typedef int entry_line_take(void *ctx, struct slice line, uint64_t number);
/* To the end of the file. 0, what take() said, or a negative errno. */
int entry_lines_each(FILE *file, entry_line_take *take, void *ctx);
