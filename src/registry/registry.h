/*
 * What clients can do with entries, over any store. Each verb returns a registry_outcome, or
 * REGISTRY_PENDING: then op->complete (set by the caller) is called once, on any thread, and the
 * matching …_outcome() tells the result afterwards.
 */
#pragma once

#include "registry/rules.h"
#include "registry/search.h"
#include "store/store.h"

struct registry;

enum registry_outcome {
	REGISTRY_OK = 0,
	REGISTRY_PENDING,
	REGISTRY_STATUS_CHANGED, /* as OK; statusChanged is "true" */
	REGISTRY_AWAY,           /* found, but everything found is disconnected (hyperties: 408) */
	REGISTRY_NOT_FOUND,      /* also: not the owner (spec 9) */
	REGISTRY_FULL,           /* there are as many entries as there may be */
	REGISTRY_CROWDED,        /* as many with the same user, name or reporter */
	REGISTRY_TOO_LARGE,      /* show() found that it is too much: -EFBIG */
	REGISTRY_UNAVAILABLE,    /* for now: the store cannot, or there is no memory */
	REGISTRY_DAMAGED,
	REGISTRY_FAULT, /* a fault of our own */
};

struct registry_options {
	int64_t expires_max_s;
	int64_t retention_s;
	uint32_t updates_max;
	uint64_t entries_max;            /* 0: no limit */
	uint64_t index_max[INDEX_COUNT]; /* of one user, name, reporter; 0: no limit */
};

int registry_new(const struct registry_options *options, struct store *store,
		 struct registry **ret_registry);
void registry_free(struct registry *registry);
/* expires_max_s, updates_max, entries_max and index_max, for operations submitted from now on. Any
 * thread. */
void registry_set_limits(struct registry *registry, const struct registry_options *options);

/* ---- Changes. The caller sets change.op.complete and keeps all slices until it is over. ---- */

struct registry_change {
	struct store_change change; /* first */
	struct rule_request request;
};

/* owner is absent for a data object. fields need not be capped. */
int registry_put(struct registry *registry, struct registry_change *op, struct entry_key key,
		 struct slice owner, const struct fields *fields);
int registry_update(struct registry *registry, struct registry_change *op, struct entry_key key,
		    const struct fields *fields);
int registry_keep_alive(struct registry *registry, struct registry_change *op,
			struct entry_key key);
int registry_delete(struct registry *registry, struct registry_change *op, struct entry_key key,
		    struct slice owner);
int registry_change_outcome(const struct registry_change *op);

/* ---- Reads. Shown entries have the status of that moment: an overdue one is disconnected. ---- */

/* As store_see, without a clock: valid during the call; negative errno stops. */
typedef int registry_show(void *ctx, const struct entry *entry);

struct registry_read {
	struct store_read read;      /* first */
	registry_show *show;         /* set by the caller */
	void *ctx;                   /* set by the caller */
	const struct search *search; /* NULL: everything */
	struct slice owner;          /* get: only if it is this user's; absent: anybody's */
	uint32_t shown;
	uint32_t available; /* of them, not disconnected */
};

int registry_get(struct registry *registry, struct registry_read *op, struct entry_key key);
int registry_list(struct registry *registry, struct registry_read *op, enum store_index index,
		  struct slice key);
/* REGISTRY_AWAY is told of data objects, too: what it means to them is the caller's (spec 6.12). */
int registry_read_outcome(const struct registry_read *op);

/* ---- Pending updates (spec 11) ---- */

struct registry_take {
	struct store_take take; /* first */
	uint32_t limit;         /* at most so many; 0: updates_max */
	registry_show *show;
	void *ctx;
};

int registry_take_updates(struct registry *registry, struct registry_take *op);
int registry_take_outcome(const struct registry_take *op);
/* After the answer has left, or will not. Nothing to do if nothing was leased. */
void registry_settle_updates(struct registry *registry, struct registry_take *op, bool sent);

/* ---- Expiry ---- */

struct registry_sweep {
	struct store_sweep sweep; /* first */
	/* Set by the caller, or NULL: of each entry that expires, how many seconds ago it was due.
	 * On the store's threads. */
	void (*expired)(void *ctx, int64_t late_s);
	void *ctx;
	struct rule_request request;
};

/* One slice. STORE_* results as store_sweep(). */
int registry_sweep(struct registry *registry, struct registry_sweep *op, uint32_t limit);

/* ---- Retention that was set, or shortened, after entries went away ---- */

bool registry_has_retention(const struct registry *registry);
/* The time index would have the sweep look at it too late, or never. Of an entry as it is stored.
 */
bool registry_is_misplaced(const struct registry *registry, const struct entry *entry);
/* Puts it where it belongs. As the changes above. */
int registry_place(struct registry *registry, struct registry_change *op, struct entry_key key);
