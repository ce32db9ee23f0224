/* What the cases of the contract suite are written with: a fresh store, waiting, entries,
 * collecting. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock_fake.h"
#include "contract.h"
#include "latch.h"

/* The state of each case. */
struct kit {
	const struct contract_factory *factory;
	struct clock_fake clock;
	struct counters counters;
	struct store *store;
};

int kit_setup(void **state);
int kit_teardown(void **state);
#define CASE(function) cmocka_unit_test_setup_teardown(function, kit_setup, kit_teardown)

/* Which store the cases run over. */
void kit_use(const struct contract_factory *factory);
/* Frees the store, lets time pass in which no server runs, opens it again. */
void kit_restart(struct kit *kit, int64_t down_s);

/* ---- Submitting, and waiting where it takes that ---- */

struct waited {
	union {
		struct store_op op;
		struct store_read read;
		struct store_scan scan;
		struct store_change change;
		struct store_sweep sweep;
		struct store_take take;
		struct store_peek peek;
	};
	struct latch latch;
	_Atomic unsigned completions;
};

void waited_init(struct waited *waited);
/* Waits if submitted says that it is pending. The result, either way; -EPROTO if it was completed
 * without being pending, or twice. Any thread. Deinitialises. */
int waited_end(struct waited *waited, int submitted);

/* ---- Entries ---- */

/* Whole and live, under these names; guids none; due never. Texts are the caller's. */
struct entry kit_hyperty(const char *id, const char *user);
struct entry kit_object(const char *url, const char *name, const char *reporter);
void kit_add_guid(struct entry *entry, const char *guid);

/* Same in everything but due_s, which a store may keep earlier. */
bool kit_same(const struct entry *a, const struct entry *b);

/* ---- Changing: what a case says is what the rule wants ---- */

struct script {
	struct change change;
	int outcome;
};
store_rule script_rule;

int kit_change(struct kit *kit, struct entry_key key, store_rule *rule, const void *ctx,
	       int *ret_outcome);
/* Writes the entry as it is, and asserts that it is done. */
void kit_write(struct kit *kit, const struct entry *entry, enum change_news news);
void kit_remove(struct kit *kit, const struct entry *entry);
/* Many of them at once: make() fills in number i, with room for its texts. */
typedef void kit_make(uint32_t i, char text[static 64], struct entry *ret_entry);
void kit_write_many(struct kit *kit, uint32_t count, kit_make *make, enum change_news news);

/* ---- Reading ---- */

/* The ids that were shown, in order. */
struct seen {
	struct slice *ids; /* copies */
	uint32_t count;
	uint32_t capacity;
	int stop_with;     /* negative errno for see() to return */
	struct moment now; /* of the last */
};
store_see seen_see;
void seen_deinit(struct seen *seen);
bool seen_has(const struct seen *seen, const char *id);
/* How many different ones. */
uint32_t seen_distinct(struct seen *seen);
/* Assert that exactly these were seen: in any order; as they stand. */
#define seen_is(seen, ...) seen_assert(seen, false, (const char *[]){__VA_ARGS__, NULL})
#define seen_is_in_order(seen, ...) seen_assert(seen, true, (const char *[]){__VA_ARGS__, NULL})
void seen_assert(struct seen *seen, bool in_order, const char *const *ids);

int kit_get(struct kit *kit, struct entry_key key, struct seen *seen);
int kit_list(struct kit *kit, enum store_index index, struct slice key, struct seen *seen);
/* Asserts what a text leads to; the last name is NULL. Nothing: STORE_NOT_FOUND. */
#define kit_leads_to(kit, index, key, ...)                                                         \
	kit_assert_leads_to(kit, index, slice_of(key), (const char *[]){__VA_ARGS__, NULL})
#define kit_leads_nowhere(kit, index, key)                                                         \
	kit_assert_leads_to(kit, index, slice_of(key), (const char *[]){NULL})
void kit_assert_leads_to(struct kit *kit, enum store_index index, struct slice key,
			 const char *const *ids);
/* Asserts that the stored entry is this one. */
void kit_holds(struct kit *kit, const struct entry *entry);
void kit_holds_not(struct kit *kit, struct entry_key key);

/* ---- Time and updates ---- */

/* One slice; fails the case if it is not done. */
void kit_sweep(struct kit *kit, store_rule *rule, const void *ctx, uint32_t limit,
	       struct store_sweep *ret_sweep);
/* Takes, and fails the case if it is not done. The token. */
uint64_t kit_take(struct kit *kit, uint32_t limit, struct seen *seen);
/* Settles, and waits until that counts: with the next change that is over, at the latest. */
void kit_settle(struct kit *kit, uint64_t token, enum store_settle how);
uint64_t kit_pending(struct kit *kit);

/* ---- Threads: each runs body(kit, number); what it finds wrong goes into the result ---- */

typedef unsigned kit_body(struct kit *kit, unsigned thread);
/* Asserts that nobody found anything wrong. */
void kit_threads(struct kit *kit, unsigned count, kit_body *body);

/* ---- The parts of the suite: each runs its cases, and returns the number of those that failed
 * ---- */

int contract_entries(void);
int contract_indexes(void);
int contract_scan(void);
int contract_time(void);
int contract_updates(void);
int contract_threads(void);
int contract_durable(void);
