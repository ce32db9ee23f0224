/*
 * The file that an export writes: FILE.part with whole lines, and beside it FILE.part.state, which
 * says how much of it counts and where the store goes on; FILE once all is there. Or standard
 * output, without any of that.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"

struct export_file {
	const char *path;   /* NULL: standard output */
	const char *source; /* what is exported, in one line: another's state is not gone on with */
	FILE *out;
	uint64_t lines;
	struct buffer cursor; /* where the store goes on; empty: at its start */
};

/* Goes on with what an earlier export has left; or begins. 0 or a negative errno with a sentence.
 */
int export_file_open(const char *path, const char *source, struct export_file *ret_file,
		     char *ret_reason, size_t reason_size);
int export_file_write(struct export_file *file, struct slice line, char *ret_reason,
		      size_t reason_size);
/* What was written is kept, and the next export goes on at the cursor. As above. */
int export_file_save(struct export_file *file, struct slice cursor, char *ret_reason,
		     size_t reason_size);
/* All is there: gives the file its name. As above. */
int export_file_finish(struct export_file *file, char *ret_reason, size_t reason_size);
void export_file_close(struct export_file *file); /* zero-initialised is fine */
