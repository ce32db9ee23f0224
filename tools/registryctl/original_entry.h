/* A row of the original as an entry of ours. Pure. */
#pragma once

#include "base/arena.h"
#include "registryctl/original.h"

#define ORIGINAL_UNREADABLE 1

/*
 * Texts point into the row, lists into arena. What only the clock of a store can tell (sign_s,
 * away_s, due_s) is left 0, and expires_s is what stands there: see import_rule.h. guids has the
 * row's own GUID. 0; ORIGINAL_UNREADABLE with what is wrong in ret_reason; or -ENOMEM.
 */
int original_entry(enum entry_kind kind, const struct original_row *row, struct arena *arena,
		   struct entry *ret_entry, char *ret_reason, size_t reason_size);
