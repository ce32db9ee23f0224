/* Reads a request body into the members of an entry (spec 4.3). */
#pragma once

#include "base/arena.h"
#include "model/entry.h"

enum body_result {
	BODY_OK = 0,
	BODY_BAD = 1, /* not as spec 4.3 wants it: 400 */
};

enum body_use {
	BODY_WHOLE,   /* create and replace: required members must be there */
	BODY_PARTIAL, /* update */
};

struct body {
	struct fields fields; /* texts are in the arena */
	bool is_empty;        /* {}: a keep-alive, if it is an update */
};

/* What is wrong and where, such as "resources: must be an array". Nothing from outside is in it. */
struct body_problem {
	char text[96];
};

/* BODY_OK; BODY_BAD with *ret_problem; -ENOMEM. */
int body_read(struct slice text, enum entry_kind kind, enum body_use use, struct arena *arena,
	      struct body *ret_body, struct body_problem *ret_problem);
