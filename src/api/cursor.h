/* The store's cursors, as a query has them: where a scan goes on. Private to api/. */
#pragma once

#include "base/arena.h"

/* 0 with a cursor in the arena; -EINVAL: what stands there is none; -ENOMEM. */
int cursor_read(struct slice value, struct arena *arena, struct slice *ret_cursor);
