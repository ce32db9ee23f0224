/*
 * Who holds which pending updates. A lease is a range of numbers: what joins later has a higher
 * one, so nobody else's news falls into it. Kept in memory only: after a crash all are pending
 * again. Not thread-safe: its owner holds a lock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct lmdb_lease {
	struct lmdb_lease *next;
	uint64_t token;
	uint64_t first;
	uint64_t last;
	uint32_t count;  /* entries that were shown */
	int64_t until_s; /* lifetime time */
	bool sent;       /* to be removed by the writer; never shown again */
	bool removing;   /* the writer's: its rows go with the transaction at hand */
};

struct lmdb_leases {
	struct lmdb_lease *first;
	unsigned count;
	uint64_t next_token;
};

void lmdb_leases_deinit(struct lmdb_leases *leases);

/* NULL when out of memory. Owned by leases. */
struct lmdb_lease *lmdb_leases_add(struct lmdb_leases *leases, uint64_t first, uint64_t last,
				   int64_t until_s);
struct lmdb_lease *lmdb_leases_find(struct lmdb_leases *leases, uint64_t token);
void lmdb_leases_remove(struct lmdb_leases *leases, struct lmdb_lease *lease);

/* Forgets those that ran out unsettled: what they held is pending again. */
void lmdb_leases_lapse(struct lmdb_leases *leases, int64_t now_s);

/* The lease that holds the number, or NULL. */
const struct lmdb_lease *lmdb_leases_holding(const struct lmdb_leases *leases, uint64_t number);
/* Lowest first number of a lease above number; UINT64_MAX if there is none. */
uint64_t lmdb_leases_next_after(const struct lmdb_leases *leases, uint64_t number);
