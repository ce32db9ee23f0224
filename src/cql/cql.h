/*
 * A client of Cassandra's query language: one session that knows the cluster. It finds the nodes
 * from a few, follows those that join and leave, reconnects by itself, and sends each statement to
 * a node that has the data. Knows nothing of registries.
 *
 * The work is done by the scylla crate (src/cql/client, a static library); this header is its C
 * face. Values go in and rows come out in the protocol's own encoding (native protocol 4 §6): texts
 * and blobs as their bytes, bigint as eight bytes and int as four, the most significant first;
 * lists as int count, then int length and bytes of each.
 *
 * A statement is executed by a request, a struct that the caller embeds in its own and keeps in
 * place until it is over. cql_execute() never waits. complete() is called exactly once for each, on
 * the client's one thread, possibly before cql_execute() has returned; it must not block, and may
 * submit further requests.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct cql;
struct cql_statement;
struct cql_rows;

enum cql_result {
	CQL_DONE = 0,
	CQL_UNAVAILABLE, /* too few replicas are up for the consistency asked for: nothing was done
			  */
	CQL_TIMED_OUT, /* too few replicas answered in time, or none; a write may have been done */
	CQL_UNREACHABLE, /* no node could be asked; a write may have been done if a connection broke
			  */
	CQL_OVERLOADED,  /* the cluster says so; nothing was done */
	CQL_REFUSED,     /* the cluster says that the request is wrong, or not allowed: a defect, a
			    schema that is not ours, rights that are missing */
	CQL_CLOSED,      /* the session is being closed */
};

enum cql_consistency {
	CQL_ONE,
	CQL_LOCAL_ONE,
	CQL_QUORUM,
	CQL_LOCAL_QUORUM,
	CQL_SERIAL, /* of a read: sees every lightweight transaction that is over */
	CQL_LOCAL_SERIAL,
	CQL_ALL,
};

/* ---- The session ---- */

struct cql_options {
	const char *contact_points; /* addresses or names, with commas between them, each with :PORT
				       if it is not port; an IPv6 one in brackets then */
	uint16_t port;
	const char *data_centre; /* whose nodes are asked first; "": all alike */
	const char *user;        /* "": none */
	const char *password;
	const char *tls_ca;          /* PEM file; "": no TLS. A node's certificate must be signed by
					it, and have the node's address */
	const char *tls_certificate; /* of the client, PEM file; "": none */
	const char *tls_key;
	uint32_t connect_timeout_ms; /* of each contact point */
	uint32_t request_timeout_ms; /* of one statement, speculation and retries included */
	uint32_t speculation_ms;     /* an idempotent statement that is not answered by then is sent
					to another node, too, and then to a third; 0: never */
};

/*
 * Connects to the first contact point that answers, and learns the others. 0, or a negative errno
 * with a sentence in ret_reason that names node and cause: -EACCES if user or password are refused,
 * -EINVAL if an option cannot be used (say, no such file, no such data centre), -EHOSTUNREACH
 * otherwise. Blocks.
 */
int cql_connect(const struct cql_options *options, struct cql **ret_cql, char *ret_reason,
		size_t reason_size);
/* Completes what is pending as CQL_CLOSED, at the latest; no complete() runs afterwards. Not from
 * complete(). NULL is fine. Blocks. */
void cql_free(struct cql *cql);

/* What is known of the nodes. Never waits. */
struct cql_health {
	uint32_t nodes;
	uint32_t nodes_up; /* of them, those with a connection */
};
void cql_health(struct cql *cql, struct cql_health *ret_health);

/* Counted since the session began. Never waits. */
struct cql_figures {
	uint64_t retries;      /* of a request, on the same or another node */
	uint64_t speculations; /* a second node was asked because the first one was slow */
	uint64_t errors;       /* requests that were not CQL_DONE */
};
void cql_figures(struct cql *cql, struct cql_figures *ret_figures);

/* ---- Statements ---- */

/*
 * Prepares text on the nodes. Names in it must carry their keyspace. An idempotent one is retried
 * and speculated upon by itself. 0, or a negative errno with a sentence: -EINVAL if the cluster
 * refuses it, -EHOSTUNREACH. Blocks. The session owns it. With an equal text: the same statement.
 */
int cql_prepare(struct cql *cql, const char *text, bool idempotent,
		const struct cql_statement **ret_statement, char *ret_reason, size_t reason_size);

/* Runs a statement without values, once, and waits until the nodes agree on the schema: for
 * migrations. As cql_prepare(). Blocks. */
int cql_run(struct cql *cql, const char *text, char *ret_reason, size_t reason_size);

/* A value, borrowed until cql_execute() returns. */
struct cql_value {
	const void *data; /* NULL: null, unless unset */
	uint32_t len;
	bool unset; /* the column is left as it is */
};

enum cql_batch {
	CQL_SINGLE,   /* exactly one statement */
	CQL_UNLOGGED, /* several, of one partition: they are applied together */
	CQL_LOGGED,   /* several, of any partitions: all of them, in the end */
};

struct cql_bound {
	const struct cql_statement *statement;
	const struct cql_value *values; /* as many as it has markers */
	size_t count;
};

struct cql_request {
	void (*complete)(struct cql_request *request); /* set by the caller, like all up to rows */
	enum cql_consistency consistency;
	enum cql_consistency serial_consistency; /* of lightweight transactions: CQL_SERIAL or
						    CQL_LOCAL_SERIAL */
	uint32_t timeout_ms;                     /* 0: that of the session */
	uint32_t page_rows;                      /* 0: all rows in one page */
	struct slice page;                       /* ret_page of the page before; absent: the first.
						    Borrowed until cql_execute() returns */

	/* Valid from complete() on. */
	enum cql_result result;
	struct cql_rows
		*rows;    /* of a CQL_DONE that has rows; the caller frees it. NULL otherwise */
	char error[160];  /* unless CQL_DONE: what the client or the cluster says */
	int32_t received; /* CQL_UNAVAILABLE: replicas alive; CQL_TIMED_OUT: that answered; or -1
			   */
};

/* Executes one statement, or several as a batch. Never waits. */
void cql_execute(struct cql *cql, enum cql_batch batch, const struct cql_bound *bound, size_t count,
		 struct cql_request *request);

/* Completes (CQL_DONE) after so many milliseconds, at the earliest; at cql_free() at once, as
 * CQL_CLOSED. */
void cql_wait(struct cql *cql, uint32_t ms, struct cql_request *request);

/* ---- Rows ---- */

/* The next row: as many values as the statement selects, pointing into rows. False at the end. */
bool cql_rows_next(struct cql_rows *rows, struct cql_value *ret_values, size_t count);
size_t cql_rows_count(const struct cql_rows *rows);
/* Where the next page begins, pointing into rows; absent at the end. */
struct slice cql_rows_page(const struct cql_rows *rows);
void cql_rows_free(struct cql_rows *rows); /* NULL is fine */

/* ---- The nodes' clocks ---- */

struct cql_node_time {
	char address[64];
	int64_t wall_ms;     /* of the node, milliseconds since 1970 */
	int64_t asked_ms;    /* CLOCK_BOOTTIME here when it was asked, */
	int64_t answered_ms; /* and when it had answered */
};
/*
 * Asks each node that is up for its time; those that answered in timeout_ms are told, at most
 * count. How many that are. Blocks.
 */
size_t cql_node_times(struct cql *cql, uint32_t timeout_ms, struct cql_node_time *ret_times,
		      size_t count);
