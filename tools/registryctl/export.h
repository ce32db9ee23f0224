/* Everything in a store, a line each: entry_line.h says how one looks. */
#pragma once

#include "registryctl/export_file.h"
#include "registryctl/progress.h"
#include "store/store.h"

struct export
{
	struct export_file *file;
	struct progress *progress;
	uint64_t damaged; /* records that could not be read, and are not in the file */
	char *reason;
	size_t reason_size;
	struct buffer line;
};

/* One state of the file of an LMDB store, whether a server is at work on it or not. From the cursor
 * of the file on. 0, or a negative errno with a sentence: -EINTR if a signal asked for an end. */
int export_lmdb(struct export *export, const char *data_dir, size_t map_bytes);
/* Any other store, slice by slice: what changes meanwhile is there as it was before, or after. As
 * above. */
int export_store(struct export *export, struct store *store);
/* A store in the memory of a server, whose admin listener is asked. As above. */
int export_server(struct export *export, const char *admin);
void export_deinit(struct export *export);

/* For those above: notes where to go on, if it is time for that or to end. *saved_ms: when that was
 * done last. */
int export_save(struct export *export, int64_t *saved_ms, struct slice cursor);
