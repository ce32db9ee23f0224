/*
 * A job: what an operation does, as rounds of statements. All statements of a round are sent at
 * once; when the last one is over, the job's next step runs, on the client's thread. Steps of one
 * job never run at the same time.
 *
 *	cass_round(job, "change.read", on_read);
 *	ask = cass_ask(job, CASS_HYPERTY_GET, (struct cql_value[]){…}, 2);
 *	cass_round_go(job);          (on_read() may have run when this returns)
 *
 * A statement asks for the store's consistency first. If too few nodes are there for it, it is sent
 * again for ONE, which is counted, and seen as "degraded": rather an answer from one copy than
 * none. Lightweight transactions are not: their outcome may be unknown.
 */
#pragma once

#include "base/arena.h"
#include "store/cassandra_statements.h"
#include "store/cassandra_store.h"

struct cass_claiming;
struct cass_job;
typedef void cass_step(struct cass_job *job);

struct cass_job {
	struct store_cassandra *store;
	struct arena arena;       /* lives as long as the job */
	struct store_op *op;      /* completed by cass_job_end(); NULL for one of the store's own */
	cass_step *next;          /* the step behind this round */
	const char *step;         /* name of this round */
	_Atomic unsigned waiting; /* statements of this round, and 1 until cass_round_go() */
	struct cass_ask *asks;    /* of all rounds; their rows are freed with the job */
	struct cass_claiming *claiming; /* cassandra_claims.c's: the claim that is being made */
	int64_t began_ms;               /* steady */
	_Atomic bool failed;            /* out of memory, or a statement that must be done is not */
	_Atomic bool for_one;           /* one copy had to do, of what was read or written */
	bool once;                      /* nothing is sent again: the values are gone by then */
	bool exact; /* one copy only does while nodes are missing, not because it takes long */
};

/* One statement, or a batch, on its way. In the job's arena. */
struct cass_ask {
	struct cql_request request; /* its rows are there from the next step on */
	struct cass_job *job;
	struct cass_ask *next;
	enum cql_batch batch;
	struct cql_bound *bound;
	size_t count;
	bool light;       /* a lightweight transaction, or a read at SERIAL */
	bool optional;    /* may fail without the job failing */
	unsigned for_one; /* how often it was sent again for ONE */
};

/*
 * A job for an operation: calloc of size bytes, with the job first. NULL if the store cannot do
 * anything now (not connected, closing, out of memory): the operation is STORE_UNAVAILABLE. The
 * verb returns STORE_PENDING once it has a job.
 */
void *cass_job_new(struct store_cassandra *store, size_t size, struct store_op *op);
/* Frees the job and all it holds, then completes its operation with that result. Nothing of the
 * job may be used afterwards. */
void cass_job_end(struct cass_job *job, int result);

/* Begins a round. Called from a step, or by the verb. */
void cass_round(struct cass_job *job, const char *step, cass_step *next);
/* Each value is copied, the data it leads to must stay until the round is over. NULL when out of
 * memory: the job has failed, nothing is sent. */
struct cass_ask *cass_ask(struct cass_job *job, enum cass_statement statement,
			  const struct cql_value *values, size_t count);
/* As cass_ask(); failure is not the job's. */
struct cass_ask *cass_ask_optional(struct cass_job *job, enum cass_statement statement,
				   const struct cql_value *values, size_t count);
/* A lightweight transaction. Its result is the caller's to judge: CQL_TIMED_OUT and CQL_UNREACHABLE
 * mean unknown. */
struct cass_ask *cass_ask_light(struct cass_job *job, enum cass_statement statement,
				const struct cql_value *values, size_t count);
/* A read that sees every lightweight transaction; to be judged by the caller, too. */
struct cass_ask *cass_ask_serial(struct cass_job *job, enum cass_statement statement,
				 const struct cql_value *values, size_t count);
/* A read of every copy; to be judged by the caller, too. */
struct cass_ask *cass_ask_all(struct cass_job *job, enum cass_statement statement,
			      const struct cql_value *values, size_t count);
/* A page of a read. */
struct cass_ask *cass_ask_page(struct cass_job *job, enum cass_statement statement,
			       const struct cql_value *values, size_t count, uint32_t rows,
			       struct slice page);
/* The same of every copy; to be judged by the caller. */
struct cass_ask *cass_ask_page_all(struct cass_job *job, enum cass_statement statement,
				   uint32_t rows, struct slice page);
/* At most so many rows of a read; optional as above. */
struct cass_ask *cass_ask_rows(struct cass_job *job, enum cass_statement statement,
			       const struct cql_value *values, size_t count, uint32_t rows,
			       bool optional);
/* Statements of one partition, applied together: collect them, then send. */
struct cass_batch {
	struct cass_job *job;
	struct cql_bound *bound;
	size_t count;
	size_t capacity;
};
#define CASS_BATCH_MAX 100
void cass_batch_init(struct cass_batch *batch, struct cass_job *job);
/* Sends by itself when CASS_BATCH_MAX are collected. */
void cass_batch_add(struct cass_batch *batch, enum cass_statement statement,
		    const struct cql_value *values, size_t count);
void cass_batch_send(struct cass_batch *batch);
/* Waits, as a member of the round. */
void cass_ask_pause(struct cass_job *job, uint32_t ms);
/* Everything of the round has been asked for: next() runs when all is over, perhaps at once. The
 * caller must not touch the job afterwards. */
void cass_round_go(struct cass_job *job);

/* The next row of an answer; false at its end, and if there is none. */
bool cass_ask_next(struct cass_ask *ask, struct cql_value *ret_values, size_t count);
/* Whether a lightweight transaction was applied. Consumes the first row; values of the row that was
 * there instead are what cql_rows_next() gave, behind the first one. */
bool cass_ask_applied(struct cass_ask *ask, struct cql_value *ret_values, size_t count);
