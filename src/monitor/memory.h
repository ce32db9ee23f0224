/* Whether the process has as much memory as it may have: its own, without the pages of mapped
 * files. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct memory_watch {
	uint64_t max_bytes;
	_Atomic int64_t looked_ms;  /* steady, as the next */
	_Atomic int64_t trimmed_ms; /* when what was freed was last given back */
	_Atomic bool is_full;
};

/* max_bytes: 0 is four fifths of what the machine has. */
void memory_watch_init(struct memory_watch *watch, uint64_t max_bytes);
/* As of a tenth of a second ago at most, while it is asked. NULL is never full. Any thread. */
bool memory_watch_is_full(struct memory_watch *watch);

/* What it has now; 0 if that cannot be learned. */
uint64_t memory_own_bytes(void);
