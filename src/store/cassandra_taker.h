/*
 * Who holds which pending updates on this server, and what is known of their buckets.
 *
 * Takes and settlements of one server have their turn one after the other; those of different
 * servers meet in the lease "take". What is leased is marked in its row, so that nobody else is
 * told; who holds what is kept here, in memory: after a crash the marks run out.
 */
#pragma once

#include <pthread.h>

#include "store/cassandra_lease.h"
#include "store/cassandra_rows.h"

/* A bucket is drained if nothing was in it when nobody added to it any more. */
#define CASS_PENDING_SETTLES_US (15 * 1000000LL)

/* A pending update that is leased. */
struct cass_news {
	int64_t news;
	struct entry_key key;
	struct slice owner; /* "" of a data object */
	int64_t written_us; /* the highest timestamp of its row */
	bool dropped;       /* came back to life, and is counted as gone */
};

struct cass_news_lease {
	struct cass_news_lease *next;
	uint64_t token;
	int64_t until_s; /* lifetime time */
	uint32_t count;
	struct cass_news news[]; /* the oldest first; texts stand behind them */
};

/* Statements about rows of pending, for batches of one partition each. */
void cass_news_next_in_batch(struct cass_batch *batch, int64_t *bucket,
			     const struct cass_news *news);
/* Each with a timestamp above all that the row has. */
void cass_news_mark(struct cass_batch *batch, struct cass_news *news, uint64_t token,
		    int64_t until_s);
void cass_news_remove(struct cass_batch *batch, const struct cass_news *news);

/* One who wants a turn. Embedded by its owner. */
struct cass_turn {
	void (*begin)(struct cass_turn *turn);
	struct cass_turn *next;
};

struct cass_known_bucket {
	int64_t bucket;
	bool drained;
};

struct cass_taker {
	struct store_cassandra *store;
	pthread_mutex_t lock; /* for all up to next_token */
	struct cass_news_lease *leases;
	struct cass_turn *turns;      /* who waits */
	struct cass_turn **turns_end; /* while there is one */
	bool busy;                    /* one has its turn */
	bool beginning;               /* a thread begins those that wait */
	uint64_t next_token;          /* its upper half is this server's */
	/* Of whoever has its turn: */
	struct cass_lease lease;
	struct cass_known_bucket *known; /* ascending */
	size_t known_count;
};

/* begin() runs at once, or when those before are over. */
void cass_turn_take(struct cass_taker *taker, struct cass_turn *turn);
/* By a job that has not ended: the taker lives as long as there is one. */
void cass_turn_over(struct cass_taker *taker);

/* Room for a lease on so many, whose texts have so many bytes. NULL when out of memory. */
struct cass_news_lease *cass_news_lease_new(uint32_t count, size_t text_bytes);
uint64_t cass_taker_token(struct cass_taker *taker);
/* The taker owns it from now on. */
void cass_taker_add(struct cass_taker *taker, struct cass_news_lease *lease);
/* The caller owns it; NULL if there is none. */
struct cass_news_lease *cass_taker_remove(struct cass_taker *taker, uint64_t token);
