/*
 * The store contract: keeps entries and what leads to them, and never knows what they mean.
 *
 * A store is opened by store_open() (store_list.c knows which there are) and used by many threads
 * at once. Every operation is a struct that the caller embeds in its own and keeps in place until
 * the operation is over. A submission returns
 *
 *   STORE_DONE, or another outcome     it is over; complete() is not called
 *   STORE_PENDING                      complete() will be called, exactly once, on any thread,
 *                                      possibly before the submission has returned; op->result
 *                                      holds the outcome by then. It must not block, and must not
 *                                      submit: it hands the operation back to its owner's thread.
 *   negative errno                     a surprise; it is over
 *
 * Whatever is pending when the store is freed is completed first, as STORE_UNAVAILABLE if it cannot
 * be finished. Entries shown by see() are valid during that call only,
 * and it must not call the store. Keys and texts are valid UTF-8 without NUL, as whoever lets them
 * in sees to (spec 3.1, 4.3).
 *
 * What survives a crash: once a change is over with STORE_DONE it is kept by a store that calls
 * itself durable. What was submitted and not answered may or may not have happened, never half.
 */
#pragma once

#include "base/clock.h"
#include "model/entry.h"

struct store;
struct settings;
struct counters;

enum store_result {
	STORE_DONE = 0,
	STORE_PENDING,     /* of a submission only */
	STORE_NOT_FOUND,   /* get: no such entry. list: not a single one */
	STORE_UNAVAILABLE, /* cannot be done now (disk full, database away, closing); nothing
			      changed */
	STORE_DAMAGED,     /* a stored record is not what was written; counted and logged */
};

/* The common head of every operation. */
struct store_op {
	void (*complete)(struct store_op *op); /* set by the owner */
	int result;                            /* set before complete() */
	struct store_op *next;                 /* the store's, while it is pending */
	int verb;                              /* the store's, while it is pending */
};

/* ---- Reading ---- */

/* Shown each entry that was found. 0 to go on; a negative errno stops, and is the result. */
typedef int store_see(void *ctx, const struct entry *entry, const struct moment *now);

struct store_read {
	struct store_op op;
	store_see *see;
	void *ctx;
};

/* What leads to entries. The first three follow the entry; a GUID and an e-mail lead to users, and
 * so to all their entries (spec 6.8, 6.9). A store keeps all five by itself from the entries. */
enum store_index {
	INDEX_USER,
	INDEX_NAME,
	INDEX_REPORTER,
	INDEX_GUID,
	INDEX_EMAIL,
	INDEX_COUNT,
};

/* What the index has of an entry: its user, name or reporter. Absent if it has none. */
static inline struct slice entry_index_key(const struct entry *entry, enum store_index index)
{
	if (index == INDEX_USER)
		return entry->owner;
	return entry->fields.text[index == INDEX_NAME ? TEXT_NAME : TEXT_REPORTER];
}

/* Shows the entry, once. key is borrowed until it is over. May wait. */
int store_get(struct store *store, struct entry_key key, struct store_read *read);

/* Shows every entry that the key leads to, each once, in no order. Costs what it shows.
 * A damaged one is left out, counted and logged; STORE_DAMAGED if there was nothing else.
 * key is borrowed until it is over. May wait. */
int store_list(struct store *store, enum store_index index, struct slice key,
	       struct store_read *read);

/* Everything in slices, for export, overview and check: shows at most limit entries behind the
 * cursor. ret_cursor holds the next one, to be freed with free(); NULL at the end. What changes
 * meanwhile may be shown or not; what stays is shown exactly once. -EINVAL: no store of this type
 * makes such a cursor; memory knows those of its own start. May wait. */
struct store_scan {
	struct store_read read;
	struct slice cursor; /* absent: from the start */
	/* see() may set it to 0, and ends the slice; only cassandra shows the rest of it first. */
	uint32_t limit;
	/* Hints, for those who look for few among many; a store may show more, or end earlier. */
	unsigned skip_kinds; /* 1 << kind of entries that need not be shown */
	bool by_user;        /* hyperties only, each user's together */
	uint32_t slack;      /* so many more than limit, in the place of those passed over */
	uint32_t passed;     /* counted by see(), which had no use for them */
	char *ret_cursor;
	size_t ret_cursor_len;
};
int store_scan(struct store *store, struct store_scan *scan);

/* ---- Changing ---- */

enum change_action {
	CHANGE_NOTHING, /* the rule refused, or there is nothing to do */
	CHANGE_WRITE,   /* entry is the new state */
	CHANGE_REMOVE,  /* the entry and all that leads to it go (retention) */
};

/* What happens to the pending updates (spec 11). */
enum change_news {
	NEWS_KEEP,
	NEWS_ADD,  /* joins, if it is not among them */
	NEWS_DROP, /* leaves, if it is */
};

struct change {
	enum change_action action;
	enum change_news news;
	/* Texts may point into the old entry, the request, or static memory. */
	struct entry entry;
	/* Which members differ from the old entry, for stores that write no others: a bit for each
	 * text member, then one for each list, then CHANGED_EXPIRES. */
	uint32_t changed;
	/* How many its user, its name and its reporter may lead to, it included, if they did not
	 * lead to it before; 0: any number. Where there are as many already nothing is done, and
	 * the outcome is crowded. A store that cannot count them in passing does not look at it
	 * (cassandra). */
	uint64_t index_max[INDEX_COUNT];
	int crowded;
};

/* How many the index may lead to for this change to be done; 0: any number. old may be NULL. */
static inline uint64_t change_index_max(const struct change *change, const struct entry *old,
					enum store_index index)
{
	struct slice key = entry_index_key(&change->entry, index);

	if (!key.data || (old && slice_same(key, entry_index_key(old, index))))
		return 0;
	return change->index_max[index];
}

#define CHANGED_TEXT(member) (1u << (member))
#define CHANGED_LIST(member) (1u << (TEXT_COUNT + (member)))
#define CHANGED_EXPIRES (1u << (TEXT_COUNT + LIST_COUNT))

/*
 * A rule: what a request means for an entry. old is NULL if there is none. Returns an outcome of
 * its own (0 or positive), which the store keeps for the caller and does not understand.
 * Pure; may be called again after a lost race, with another old; runs on any thread.
 */
typedef int store_rule(const struct entry *old, const struct moment *now, const void *ctx,
		       struct change *ret_change);

struct store_change {
	struct store_op op;
	struct entry_key key; /* borrowed until it is over, like all that ctx leads to */
	store_rule *rule;
	const void *ctx;
	int outcome; /* of the rule; valid with STORE_DONE */
};

/* The only way in which clients change anything. STORE_DONE if the rule ran and what it wanted is
 * kept, durably where the store is durable. May wait. */
int store_change(struct store *store, struct store_change *change);

/*
 * Applies the rule to entries whose due_s has come, at most limit. What the rule leaves with a
 * due_s in the future is put back there (a keep-alive does not move an entry; the sweep does): so
 * of an entry that is there it must want CHANGE_WRITE or CHANGE_REMOVE, also of one that was
 * refreshed. May wait. One sweep at a time.
 */
struct store_sweep {
	struct store_op op;
	store_rule *rule;
	const void *ctx;
	uint32_t limit;
	uint32_t ret_seen;    /* entries the rule was shown */
	uint32_t ret_news;    /* of them, those that joined the pending updates */
	uint32_t ret_removed; /* of them, those that were removed */
	bool ret_more;        /* limit reached: more is due already */
	struct moment ret_now;
};
int store_sweep(struct store *store, struct store_sweep *sweep);

/* ---- Pending updates ---- */

/*
 * Leases pending updates to one reader, oldest first, and shows them. Nobody else is shown them
 * until they are settled or the lease runs out (STORE_LEASE_S). With nothing pending: STORE_DONE,
 * a token of 0, no write. STORE_UNAVAILABLE: they could not be taken durably; none is leased, and
 * what see() was shown must be thrown away. May wait.
 */
struct store_take {
	struct store_read read;
	uint32_t limit;
	uint64_t ret_token; /* 0: nothing was leased, nothing to settle */
	uint32_t ret_count;
};
int store_take_updates(struct store *store, struct store_take *take);

enum store_settle {
	SETTLE_SENT,   /* they are removed for good; retried by the store until that is durable */
	SETTLE_UNSENT, /* they are pending again, but those that came back to life meanwhile */
};
/* Never waits. After a crash, what was not settled is pending again. */
void store_settle_updates(struct store *store, uint64_t token, enum store_settle how);

#define STORE_LEASE_S 120

/* Shows pending updates, the oldest first, at most limit, and takes none; those that are leased may
 * be shown or not. For the eyes of operators. May wait. */
struct store_peek {
	struct store_read read;
	uint32_t limit;
};
int store_peek_updates(struct store *store, struct store_peek *peek);

/* ---- The store itself ---- */

struct store_health {
	bool readable;
	bool writable;
	bool degraded;    /* serves, with fewer copies than it should have */
	char reason[160]; /* why not, or why degraded; "" if all is well */
	/* For a store that is a cluster (spec 6.15); 0 otherwise. */
	uint32_t nodes;
	uint32_t nodes_up;
};
/* Never waits. */
void store_health(struct store *store, struct store_health *ret_health);

struct store_count {
	uint64_t entries[ENTRY_KIND_COUNT];
	/* Of them, those that are disconnected, once swept. A cluster does not count them: an entry
	 * becomes so there without a write. */
	uint64_t disconnected[ENTRY_KIND_COUNT];
	bool disconnected_known;
	/* Those that are leased, too. What was settled as sent is gone from it at the latest when
	 * the next change is over. */
	uint64_t pending_updates;
};
/* Never waits, never scans. */
void store_count(struct store *store, struct store_count *ret_count);

/* Now, as rules are shown it. Never waits. */
struct moment store_now(struct store *store);

/* As /live shows it: "Ram", "Lmdb", "Cassandra". Static. */
const char *store_type(const struct store *store);

/*
 * Opens the store that the settings name. Returns 0, or a negative errno with a sentence for the
 * operator in ret_reason (what and where). clock and counters must outlive it. Blocks; for start.
 */
int store_open(const struct settings *settings, struct clock *clock, struct counters *counters,
	       struct store **ret_store, char *ret_reason, size_t reason_size);

/*
 * Completes what is pending, what was not begun as STORE_UNAVAILABLE; from then on nothing is
 * pending any more: what would have to wait is STORE_UNAVAILABLE at once. Settling goes on. For
 * shutdown, while others may still call. Blocks.
 */
void store_stop(struct store *store);

/* Completes what is pending, makes durable what was promised, closes. NULL is fine. Blocks. */
void store_free(struct store *store);

/* ---- For those who write a store ---- */

/* One function for each verb above, with its duties. `migrate` of the stored form happens in open.
 */
struct store_verbs {
	const char *type;
	int (*get)(struct store *store, struct entry_key key, struct store_read *read);
	int (*list)(struct store *store, enum store_index index, struct slice key,
		    struct store_read *read);
	int (*scan)(struct store *store, struct store_scan *scan);
	int (*change)(struct store *store, struct store_change *change);
	int (*sweep)(struct store *store, struct store_sweep *sweep);
	int (*take_updates)(struct store *store, struct store_take *take);
	int (*peek_updates)(struct store *store, struct store_peek *peek);
	void (*settle_updates)(struct store *store, uint64_t token, enum store_settle how);
	void (*health)(struct store *store, struct store_health *ret_health);
	void (*count)(struct store *store, struct store_count *ret_count);
	struct moment (*now)(struct store *store);
	void (*stop)(struct store *store); /* NULL if nothing ever is pending */
	void (*free)(struct store *store);
};

/* How many a slice may show, by what was passed over so far. */
static inline uint32_t store_scan_limit(const struct store_scan *scan)
{
	return scan->limit + (scan->passed < scan->slack ? scan->passed : scan->slack);
}

/* First member of every store. */
struct store {
	const struct store_verbs *verbs;
};
