/* The numbers that the server keeps about itself: one row each, in counters.c. Never in a request's
 * way. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

enum counter {
	COUNTER_HTTP_REQUESTS, /* answered, of any status */
	COUNTER_HTTP_2XX,
	COUNTER_HTTP_3XX,
	COUNTER_HTTP_4XX,
	COUNTER_HTTP_5XX,
	COUNTER_HTTP_CONNECTIONS,     /* accepted */
	COUNTER_HTTP_ACCEPT_FAILED,   /* tries, for lack of descriptors or memory */
	COUNTER_HTTP_REFUSED_FRAMING, /* ambiguous framing (spec 2) */
	COUNTER_HTTP_REFUSED_SIZE,    /* body, headers or target beyond a limit */
	COUNTER_HTTP_REFUSED_PEER,    /* not the load balancer */
	COUNTER_HTTP_TIMED_OUT,       /* answered 503 because the store took too long */
	COUNTER_HTTP_LATE,            /* store answers that found nobody */
	COUNTER_STORE_CHANGES,        /* changes over, whatever the outcome */
	COUNTER_STORE_BATCHES,        /* commits that carried them */
	COUNTER_STORE_FAILED_COMMITS,
	COUNTER_STORE_DAMAGED,    /* records refused for their checksum, each time */
	COUNTER_EXPIRIES,         /* entries that became disconnected by expiry */
	COUNTER_REMOVALS,         /* entries forgotten after their retention */
	COUNTER_UPDATES_TAKEN,    /* pending updates handed to a reader */
	COUNTER_UPDATES_RETURNED, /* … that came back, since the answer did not leave */
	COUNTER_UPDATES_REFUSED, /* polls answered {} because the news could not be taken durably */
	COUNTER_CASSANDRA_STATEMENTS,      /* sent, those of batches each */
	COUNTER_CASSANDRA_ROUNDS,          /* of statements sent at once */
	COUNTER_CASSANDRA_LIGHT,           /* lightweight transactions */
	COUNTER_CASSANDRA_DOWNGRADES,      /* statements sent again for one copy */
	COUNTER_CASSANDRA_RETRIES,         /* of a statement, by the client itself */
	COUNTER_CASSANDRA_SPECULATIONS,    /* a second node was asked because the first was slow */
	COUNTER_CASSANDRA_CONFLICTS,       /* claims set aside */
	COUNTER_CASSANDRA_CLAIMS_DEGRADED, /* claims made without a quorum */
	COUNTER_COUNT,
};

/* Zero-initialised is ready. Shared by all threads of one server. */
struct counters {
	_Atomic uint64_t values[COUNTER_COUNT];
};

static inline void counter_add(struct counters *counters, enum counter counter, uint64_t n)
{
	atomic_fetch_add_explicit(&counters->values[counter], n, memory_order_relaxed);
}

static inline uint64_t counter_get(const struct counters *counters, enum counter counter)
{
	return atomic_load_explicit(&counters->values[counter], memory_order_relaxed);
}

/* name: as in Prometheus, without prefix and with _total; help: one sentence. */
struct counter_row {
	const char *name;
	const char *help;
};
extern const struct counter_row counter_rows[COUNTER_COUNT];
