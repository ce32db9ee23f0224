/* Claims that were set aside, as they are read and shown. */
#pragma once

#include "base/arena.h"
#include "model/entry.h"
#include "registryctl/session.h"

struct conflict {
	int64_t wall_s;      /* when it was set aside */
	struct slice id;     /* the hyperty that two users claimed */
	struct slice user;   /* whose claim lost */
	struct slice winner; /* whose did not */
	struct slice record; /* what the loser had registered, see model/record.h */
};

/* Zero-initialised is empty. */
struct conflicts {
	struct arena arena;
	struct conflict *rows;
	size_t count;
	size_t capacity;
};

/* All since then, the earliest first. 0 or a negative errno with a sentence. Blocks. */
int conflicts_read(struct session *session, const char *keyspace, int64_t since_wall_s,
		   struct conflicts *conflicts, char *ret_reason, size_t reason_size);
void conflicts_deinit(struct conflicts *conflicts);
