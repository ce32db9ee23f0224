/*
 * Between the two parts of the client: the C one (cql.c), which callers see, and the Rust one
 * (client/src), which speaks with the cluster.
 *
 * The C part queues jobs; the Rust part takes them, does them on the thread that runs it, and hands
 * each back to cql_job_done() exactly once. Everything that both threads touch goes through the
 * queue's lock, so that the thread sanitizer sees their order. It does not see what Rust code does
 * to order its own, so it is told to look away from there.
 */
#pragma once

#include "cql/cql.h"

enum cql_job_kind {
	CQL_JOB_CONNECT, /* the first one, handed over by cql_client_run() */
	CQL_JOB_EXECUTE,
	CQL_JOB_WAIT, /* for timeout_ms */
	CQL_JOB_PREPARE,
	CQL_JOB_RUN,
	CQL_JOB_TIMES,
};

/* One statement of an execution. */
struct cql_job_bound {
	const struct cql_statement *statement;
	const char *values; /* as a frame has them: of each its length as an int, then its bytes */
	size_t len;
	size_t count;
};

/* Its layout is known to client/src/ffi.rs. */
struct cql_job {
	struct cql_job *next; /* the queue's */
	uint32_t kind;
	uint32_t batch;
	uint32_t consistency;
	uint32_t serial_consistency;
	uint32_t timeout_ms;
	uint32_t page_rows;
	uint32_t idempotent;               /* of CQL_JOB_PREPARE */
	const struct cql_options *options; /* of CQL_JOB_CONNECT */
	const struct cql_job_bound *bound;
	size_t bound_count;
	const char *text; /* a statement, or where the page begins: may be absent */
	size_t text_len;
	struct cql_node_time *times; /* room for the answers of CQL_JOB_TIMES */
	size_t times_count;
};
_Static_assert(sizeof(struct cql_job) == 96, "client/src/ffi.rs has the same");

/* How a job ended. Borrowed until cql_job_done() returns, but for answer. */
struct cql_outcome {
	int32_t result;   /* an enum cql_result, or a negative errno of a job that is no request */
	int32_t received; /* as in struct cql_request */
	const char *reason; /* unless it went well */
	size_t reason_len;
	void *answer; /* struct cql_rows, or struct cql_statement; may be absent */
	size_t count; /* of times that were filled in */
};
_Static_assert(sizeof(struct cql_outcome) == 40, "client/src/ffi.rs has the same");

/* ---- What the Rust part offers ---- */

struct cql_client;

struct cql_client *cql_client_new(void);
void cql_client_free(struct cql_client *client);
/* Does connect, and then the jobs of cql until cql_jobs_take() says that it is over, or at once if
 * connect failed. Whatever it had taken by then is done as CQL_CLOSED. */
void cql_client_run(struct cql_client *client, struct cql *cql, struct cql_job *connect);
/* There is something to take. From any thread. */
void cql_client_wake(struct cql_client *client);
void cql_client_health(struct cql_client *client, struct cql_health *ret_health);
void cql_client_figures(struct cql_client *client, struct cql_figures *ret_figures);

/* ---- What the C part offers ---- */

/* All that is queued, in its order. NULL: the next one queued wakes the client. */
struct cql_job *cql_jobs_take(struct cql *cql, bool *ret_closing);
void cql_job_done(struct cql_job *job, const struct cql_outcome *outcome);
/* A further thread of the Rust part begins, and ends. */
void cql_thread_began(void);
void cql_thread_ends(void);
/* CLOCK_BOOTTIME. */
int64_t cql_steady_ms(void);
