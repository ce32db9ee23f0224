/* The numbers that the server keeps about itself: one row each, in counters.c. Never in a request's
 * way. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "monitor/histogram.h"
#include "monitor/requests.h"

enum counter {
	COUNTER_HTTP_REQUESTS, /* answered, of any status */
	COUNTER_HTTP_2XX,
	COUNTER_HTTP_3XX,
	COUNTER_HTTP_4XX,
	COUNTER_HTTP_5XX,
	COUNTER_HTTP_CONNECTIONS,         /* accepted */
	COUNTER_HTTP_REFUSED_CONNECTIONS, /* closed at once: too many in all */
	COUNTER_HTTP_REFUSED_ADDRESS,     /* closed at once: too many from one address */
	COUNTER_HTTP_CLOSED_SLOW_RECEIVE, /* the request took too long to come */
	COUNTER_HTTP_CLOSED_SLOW_SEND,    /* the answer took too long to leave */
	COUNTER_HTTP_ACCEPT_FAILED,       /* tries, for lack of descriptors or memory */
	COUNTER_HTTP_REFUSED_FRAMING,     /* ambiguous framing (spec 2) */
	COUNTER_HTTP_REFUSED_SIZE,        /* body, headers or target beyond a limit */
	COUNTER_HTTP_REFUSED_ID,          /* an id in a path beyond its limit */
	COUNTER_HTTP_REFUSED_DEPTH,       /* a body nested too deeply */
	COUNTER_HTTP_REFUSED_PEER,        /* not the load balancer */
	COUNTER_HTTP_REFUSED_LATE,        /* past the deadline that they came with */
	COUNTER_SHED_SEARCHES,            /* refused since too many requests waited */
	COUNTER_SHED_CREATES,
	COUNTER_SHED_READS,
	COUNTER_SHED_MEMORY,    /* what needs memory, since there is too little */
	COUNTER_HTTP_TIMED_OUT, /* answered 503 because the store took too long */
	COUNTER_HTTP_LATE,      /* store answers that found nobody */
	COUNTER_STORE_CHANGES,  /* changes over, whatever the outcome */
	COUNTER_STORE_BATCHES,  /* commits that carried them */
	COUNTER_STORE_FAILED_COMMITS,
	COUNTER_STORE_DAMAGED,    /* records refused for their checksum, each time */
	COUNTER_EXPIRIES,         /* entries that became disconnected by expiry */
	COUNTER_REFUSED_FULL,     /* registrations, since there are entries_max */
	COUNTER_REFUSED_CROWDED,  /* … since one user, name or reporter has so many */
	COUNTER_REFUSED_ANSWER,   /* answers that would be larger than answer_max_bytes */
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
	struct request_counts requests;
	struct histogram_values histograms[HISTOGRAM_COUNT];
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
