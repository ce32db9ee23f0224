/* The inside of the Cassandra store: what its parts share. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "monitor/counters.h"
#include "store/cassandra_entry.h"
#include "store/cassandra_keys.h"
#include "store/cassandra_owners.h"
#include "store/cassandra_statements.h"
#include "store/store_cassandra.h"

/* Entries due are kept in so many shards, each swept by the server that holds its lease. */
#define CASS_SHARDS 4
#define CASS_DUE_BUCKET_S 60
#define CASS_PENDING_BUCKET_US (10 * 1000000LL)
#define CASS_LEASE_TTL_S 10
/* Servers' clocks are apart by less: what is due by ours within it may be swept by another one now.
 */
#define CASS_DUE_MARGIN_S 3
/* Nobody adds a row to a bucket that ended so long ago, but those who register it anew. */
#define CASS_BUCKET_CLOSES_S 120
/* No operation lasts longer: a row of this age that its entry does not know is left over. */
#define CASS_ROW_YOUNG_US (30 * 1000000LL)
/* A claim without an entry is left alone for so long: its owner may be on the way. Much longer than
 * any operation lasts. */
#define CASS_CLAIM_GRACE_S 60
#define CASS_CLAIM_ABANDON_MS 20000 /* its owner gives up by then */

/* kinds of a row in due, besides those of entries: a claim whose entry was not there; one that was
 * made without a quorum, to be settled. */
#define CASS_DUE_CLAIM 2
#define CASS_DUE_PLAIN_CLAIM 3
static inline bool cass_due_is_claim(int32_t kind)
{
	return kind == CASS_DUE_CLAIM || kind == CASS_DUE_PLAIN_CLAIM;
}

/* Whether and why the store can serve. */
enum cass_state {
	CASS_CONNECTING, /* not yet, or not any more: the keeper is at it */
	CASS_READY,
	CASS_STOPPING,
};

struct cass_counts {
	int64_t hyperties;
	int64_t data_objects;
	int64_t pending;
};

struct cass_sweeper; /* cassandra_sweeper.c's: shards, leases, where each stands */
struct cass_taker;   /* cassandra_taker.c's: buckets known, takes that wait for their turn */
struct cass_keeper;  /* cassandra_keeper.c's: the thread that connects, measures clocks, counts */

struct store_cassandra {
	struct store store;
	struct store_cassandra_options options; /* texts are owned */
	enum cql_consistency consistency;
	enum cql_consistency serial_consistency;
	struct clock *clock;       /* not owned */
	struct counters *counters; /* not owned */
	struct cass_claim server;  /* who we are among the servers; new at each start */

	_Atomic int state; /* enum cass_state; changed by cass_become_ready() and store_stop() */
	/* There from CASS_READY on, and until the store is freed. */
	struct cql *cql;
	const struct cql_statement *statements[CASS_STATEMENT_COUNT];

	/* Lifetime time in milliseconds is the steady clock plus this; INT64_MIN: not measured. */
	_Atomic int64_t clock_offset_ms;
	_Atomic int64_t lifetime_ms;    /* the latest that was told: it never goes back */
	_Atomic int64_t stamp_us;       /* the latest timestamp that was given out */
	_Atomic int64_t real_offset_us; /* what the nodes' wall clocks are ahead of ours */

	_Atomic uint32_t nodes, nodes_up; /* as the keeper last saw */
	_Atomic int64_t degraded_ms; /* steady: when a statement was last sent for ONE; 0: never */
	_Atomic int64_t refusal_ms;  /* steady: when a refused statement was last logged */
	_Atomic bool dead;           /* a test stopped it at a step */
	_Atomic bool doubtful;       /* something failed midway: counts may be off */

	struct cass_keys keys;     /* one change of a key at a time */
	struct cass_owners owners; /* the cache of who owns which id */
	struct cass_sweeper *sweeper;
	struct cass_taker *taker;
	struct cass_keeper *keeper;

	pthread_mutex_t jobs_lock; /* for jobs; state is set to CASS_STOPPING under it, too */
	pthread_cond_t jobs_over;
	unsigned jobs;

	/* What this server added less what it removed, and the sum of the others' as last read. */
	_Atomic int64_t own_hyperties, own_data_objects, own_pending;
	_Atomic int64_t others_hyperties, others_data_objects, others_pending;

	pthread_mutex_t reason_lock;
	char reason[160]; /* why not ready; "" if it is */
};

static inline struct store_cassandra *store_cassandra_of(struct store *store)
{
	return (struct store_cassandra *)store;
}

/* The keeper has a session, and statements[] are prepared in it. False if the store is closing: the
 * session stays the keeper's. */
bool cass_become_ready(struct store_cassandra *cassandra, struct cql *cql);

/* ---- Time ---- */

struct moment store_cassandra_now(struct store *store);
/* A timestamp for a write: now, but above `above` and above all that this server gave out. */
int64_t cass_stamp(struct store_cassandra *cassandra, int64_t above);

/* ---- Where rows stand ---- */

/* Of an entry's rows in due. */
int32_t cass_shard_of(struct entry_key key);
static inline int64_t cass_due_bucket(int64_t due_s)
{
	return due_s / CASS_DUE_BUCKET_S;
}
static inline int64_t cass_pending_bucket(int64_t news)
{
	return news / CASS_PENDING_BUCKET_US;
}

/* ---- Verbs, by file ---- */

/* cassandra_read.c */
int store_cassandra_get(struct store *store, struct entry_key key, struct store_read *read);
int store_cassandra_list(struct store *store, enum store_index index, struct slice key,
			 struct store_read *read);
int store_cassandra_scan(struct store *store, struct store_scan *scan);
/* Also what only one copy has, as after a cut; STORE_UNAVAILABLE while one is missing. */
int store_cassandra_scan_all_copies(struct store *store, struct store_scan *scan);
/* cassandra_change.c */
int store_cassandra_change(struct store *store, struct store_change *change);
/* cassandra_sweep.c */
int store_cassandra_sweep(struct store *store, struct store_sweep *sweep);
/* cassandra_sweeper.c */
int cass_sweeper_new(struct store_cassandra *cassandra, struct cass_sweeper **ret_sweeper);
/* Begins to give back the leases of shards, in a job of the store's own: we leave. NULL is fine. */
void cass_sweeper_leave(struct cass_sweeper *sweeper);
void cass_sweeper_free(struct cass_sweeper *sweeper); /* NULL is fine, like the next two */
/* cassandra_take.c */
int store_cassandra_take_updates(struct store *store, struct store_take *take);
/* cassandra_peek.c */
int store_cassandra_peek_updates(struct store *store, struct store_peek *peek);
/* cassandra_settle.c */
void store_cassandra_settle_updates(struct store *store, uint64_t token, enum store_settle how);
/* cassandra_taker.c */
int cass_taker_new(struct store_cassandra *cassandra, struct cass_taker **ret_taker);
/* cassandra_settle.c. Begins to give back what is leased and was not settled, likewise. */
void cass_taker_leave(struct cass_taker *taker);
void cass_taker_free(struct cass_taker *taker);
/* An entry has come back whose pending update this server may have leased. If so, that is noted,
 * settling will not count it, and it is counted as gone here, once. False: we have no lease on it.
 */
bool cass_taker_note_dropped(struct cass_taker *taker, int64_t news, struct entry_key key);
/* A token of ours whose lease is settled: what it still marks is not pending any more. */
bool cass_taker_has_settled(struct cass_taker *taker, uint64_t token);
/* cassandra_keeper.c */
int cass_keeper_new(struct store_cassandra *cassandra, struct cass_keeper **ret_keeper);
/* Ends the thread; the session is closed by the store afterwards. */
void cass_keeper_stop(struct cass_keeper *keeper);
void cass_keeper_free(struct cass_keeper *keeper);
void store_cassandra_health(struct store *store, struct store_health *ret_health);
void store_cassandra_count(struct store *store, struct store_count *ret_count);

/* Some that belong to the cluster do not answer. */
bool cass_nodes_are_missing(const struct store_cassandra *cassandra);
/* A statement was sent for one copy this short a time ago, or nodes are missing. */
bool cass_is_degraded(struct store_cassandra *cassandra, int64_t lasts_ms);

/* Notes that this server added (or removed) an entry. */
static inline void cass_count_entry(struct store_cassandra *cassandra, enum entry_kind kind,
				    int64_t change)
{
	atomic_fetch_add(kind == ENTRY_HYPERTY ? &cassandra->own_hyperties
					       : &cassandra->own_data_objects,
			 change);
}

/* Something failed midway, and counts may be off: they are to be counted again. */
static inline void cass_note_doubt(struct store_cassandra *cassandra)
{
	atomic_store(&cassandra->doubtful, true);
}

/* Notes an entry whose row is not what a store writes: counts and logs. */
void cass_note_damage(struct store_cassandra *cassandra, struct entry_key key);
