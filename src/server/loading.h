/* What a store in memory begins with: the entries of a file that registryctl export wrote. */
#pragma once

#include <stddef.h>

struct settings;
struct store;

/*
 * Before anybody else uses the store, which is one that never waits. All lines, or none of them
 * counts: the server is not to serve then. 0, or a negative errno with a sentence ("FILE:LINE: …").
 * Does nothing without load_file.
 */
int loading_run(const struct settings *settings, struct store *store, char *ret_reason,
		size_t reason_size);
