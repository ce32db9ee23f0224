/* Which members an entry of each kind has: name, required or not. One row each (spec 4.1, 4.2). */
#pragma once

#include "model/entry.h"

enum member_type {
	MEMBER_TEXT,
	MEMBER_LIST,
	MEMBER_EXPIRES,
};

struct member {
	struct slice name; /* as in JSON */
	enum member_type type;
	int index; /* enum text_member or enum list_member */
	bool required;
};

/* The client-settable members of a kind, in the order in which they are shown. */
struct member_table {
	const struct member *rows;
	size_t count;
};

extern const struct member_table member_tables[ENTRY_KIND_COUNT];
