/*
 * The rules: what each request means for an entry (spec 6, 10). Pure functions of (old entry,
 * request, now) → (new entry, outcome), the same over every store. Every rule first materialises an
 * overdue expiry: it becomes disconnected and joins the pending updates, then the request applies.
 */
#pragma once

#include "store/store.h"

enum rule_outcome {
	RULE_DONE = 0,
	RULE_DONE_STATUS_CHANGED = 1, /* keep-alive and update: statusChanged is "true" */
	RULE_NOT_FOUND = 2,
	RULE_NOT_OWNER = 3,
	RULE_EXPIRED = 4, /* of rule_due: it became disconnected just now */
	RULE_REMOVED = 5, /* of rule_due: its retention is over */
	RULE_FULL = 6,    /* of rule_put: there is no room for one more */
	RULE_CROWDED = 7, /* … with the same user, name or reporter */
};

/* The ctx of every rule. What it points to is the request's. */
struct rule_request {
	struct entry_key key;
	struct slice owner;   /* create and delete of a hyperty; absent for data objects */
	struct fields fields; /* create and update */
	int64_t expires_max_s;
	int64_t retention_s;             /* 0: never */
	bool is_full;                    /* there are as many entries as there may be */
	uint64_t index_max[INDEX_COUNT]; /* as in struct change */
};

store_rule rule_put;        /* create or replace: spec 6.1, 6.10 */
store_rule rule_update;     /* partial update: spec 6.2, 6.11 */
store_rule rule_keep_alive; /* spec 6.2, 6.11 */
store_rule rule_delete;     /* spec 6.3, 6.13 */
store_rule rule_due;        /* the sweep: expiry and retention */
/* Puts it where the sweep will look, under the retention that is set. Removing it is left to the
 * sweep, which is one server's, so that it is counted once. */
store_rule rule_place;
